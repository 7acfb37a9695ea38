"""Program managers and the agencies they are responsible for. More follows with staffing models."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from agreements.models import Agency, FieldOffice
from oversight.periods.models import DatedModel, DatedQuerySet
from oversight.trail.models import TrailEntry
from staffing.choices import AssignmentRole

__all__ = ["Assignment", "KnownQuerySet", "ProgramManager"]


class KnownQuerySet(DatedQuerySet):
    """Rows that, once entered, change in nothing but their end; the trail keeps each earlier end."""

    def known_on(self, day: date, *, known_at: datetime | None = None) -> Self:
        """Those that hold on `day`, as was known at `known_at` (aware); None: as is known now."""
        if known_at is None:
            return self.active_on(day)
        later = TrailEntry.objects.filter(
            object_type=self.model._meta.label_lower,
            object_id=Cast(models.OuterRef("pk"), models.CharField()),
            at__gt=known_at,
            before__has_key="valid_to",
        ).order_by("pk")
        # The first change after that instant says in "before" what the end was then; ISO days sort as text.
        then = later.annotate(end=KT("before__valid_to")).values("end")[:1]
        rows = self.filter(created_at__lte=known_at, valid_from__lte=day).annotate(
            changed_later=models.Exists(later), end_then=models.Subquery(then)
        )
        untouched = models.Q(changed_later=False)
        untouched &= models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=day)
        touched = models.Q(changed_later=True)
        touched &= models.Q(end_then__isnull=True) | models.Q(end_then__gt=day.isoformat())
        return rows.filter(untouched | touched)


class ProgramManager(DatedModel):
    """A field program manager (PM) at one field office over a span of days.

    Example: PM 017 at Houston from 2017-06-01. The same person at another office is another row.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="program_managers",
        help_text="Sign-in, where there is one.",
    )
    name = models.CharField(max_length=120)
    office = models.ForeignKey(FieldOffice, on_delete=models.PROTECT, related_name="program_managers")
    is_synthetic = models.BooleanField(default=False, help_text="Made up for the sample.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = KnownQuerySet.as_manager()  # type: ignore[misc]  # as that of DatedModel, and more

    class Meta(DatedModel.Meta):
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.office})"


class Assignment(DatedModel):
    """A program manager's responsibility for one agency over a span of days.

    Example: PM 017 is primary for Example County SO from 2017-06-01 until 2018-01-15 (excluded).
    """

    program_manager = models.ForeignKey(ProgramManager, on_delete=models.PROTECT, related_name="assignments")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=8, choices=AssignmentRole, default=AssignmentRole.PRIMARY)
    is_synthetic = models.BooleanField(default=False, help_text="Made up for the sample.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = KnownQuerySet.as_manager()  # type: ignore[misc]  # as that of DatedModel, and more

    class Meta(DatedModel.Meta):
        ordering = ["agency", "valid_from"]
        constraints = [
            *DatedModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["agency"],
                condition=models.Q(role="primary", valid_to__isnull=True),
                name="staffing_assignment_one_open_primary",
                violation_error_message="The agency already has a primary program manager. End that first.",
            ),
        ]
        indexes = [
            models.Index(fields=["program_manager", "agency"], name="assignment_pm_idx"),
            # What began or ended between two days.
            models.Index(fields=["valid_from"], name="assignment_from_idx"),
            models.Index(fields=["valid_to"], name="assignment_to_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.program_manager.name}: {self.agency.name}"
