"""Sites, and what is asked for them: installation requests with their dated history."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, DateField, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from agreements.models import Agency, Agreement
from itinstall.choices import ClockStart, EntryKind, Party, Priority, RequestState
from itinstall.models.entries import Entry
from itinstall.models.policy import HoldReason, InstallationPolicy, Stage

__all__ = ["Hold", "InstallationRequest", "Site", "StageTransition"]


class Site(models.Model):
    """A place of an agency where ICE equipment stands. Example: Main jail, of Example County SO.

    An agency has several; the ISA is signed per site (MOA, IT section).
    """

    ref = models.CharField(max_length=16, unique=True, help_text="Public reference, SIT-XXXXXXXX.")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=300, blank=True)
    is_closed = models.BooleanField(default=False, help_text="No longer used; its past stays.")
    is_synthetic = models.BooleanField(default=False, help_text="Made up for the sample.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["agency", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "name"],
                name="itinstall_site_once",
                violation_error_message="The agency already has a site of this name.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agency.name}: {self.name}"


class InstallationRequestQuerySet(models.QuerySet["InstallationRequest"]):
    def with_clock(self) -> InstallationRequestQuerySet:
        """Annotates `submitted_on` (day of the first entry) and `clock_on` (first day of the clock; NULL
        where
        the policy counts from a signature whose day is not known). The register corrects signing dates, so
        the day is read there, never copied.
        """
        first = StageTransition.objects.standing().filter(request=OuterRef("pk"), sequence=1).order_by()
        # The one that an agreement was joined to is looked up for those that were joined; hardly any are.
        joined_to = Agreement.objects.filter(pk=OuterRef("agreement__merged_into")).order_by()
        signed = Case(
            When(agreement__merged_into__isnull=True, then=F("agreement__signed_on")),
            default=Coalesce(Subquery(joined_to.values("signed_on")), "agreement__signed_on"),
        )
        return self.annotate(submitted_on=Subquery(first.values("on")[:1])).annotate(
            clock_on=Case(
                When(policy__clock_start=ClockStart.SUBMITTED, then=F("submitted_on")),
                default=signed,
                output_field=DateField(),
            )
        )


class InstallationRequest(models.Model):
    """A request to OCIO to equip one site. Example: ITR-7K3Q9XZP, Main jail, open in ISA since 2026-01-12.

    Its history is in `StageTransition` and `Hold`; `state`, `stage`, `stage_on` and `hold` repeat what stands
    there today, for lists. `version` counts writes, so that two people do not move one request at once.
    """

    ref = models.CharField(max_length=16, unique=True, help_text="Public reference, ITR-XXXXXXXX.")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="requests")
    agreement = models.ForeignKey(
        Agreement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="installation_requests",
        help_text="Whose signature starts the clock: the earliest of the agency’s that needs equipment.",
    )
    policy = models.ForeignKey(InstallationPolicy, on_delete=models.PROTECT, related_name="requests")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.OPEN)
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+", help_text="The last one.")
    stage_on = models.DateField(help_text="First day of the last stage.")
    closed_on = models.DateField(null=True, blank=True, help_text="Completed or cancelled.")
    hold = models.ForeignKey(
        "itinstall.Hold",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The one that is open.",
    )
    version = models.PositiveIntegerField(default=1)
    is_synthetic = models.BooleanField(default=False, help_text="Made up for the sample.")
    created_at = models.DateTimeField(default=timezone.now)

    objects = InstallationRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="itinstall_request_closed_has_day",
                condition=Q(state=RequestState.OPEN, closed_on__isnull=True)
                | (~Q(state=RequestState.OPEN) & Q(closed_on__isnull=False, hold__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(state=RequestState.OPEN),
                name="itinstall_request_one_open_per_site",
                violation_error_message="The site has an open request already.",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "stage", "stage_on", "id"], name="itrequest_board_idx"),
            models.Index(fields=["stage_on", "id"], name="itrequest_stage_on_idx"),
            models.Index(fields=["-state", "stage_on", "id"], name="itrequest_open_first_idx"),
            models.Index(fields=["site", "state"], name="itrequest_site_state_idx"),
            # All that a clock is counted from, agreements in their order, and what else lists are sorted by:
            # a sort needs no row that it does not show.
            models.Index(
                fields=["policy", "agreement", "closed_on", "hold", "stage_on", "site", "priority"],
                name="itrequest_sorts_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref}, {self.site}"


class StageTransition(Entry):
    """One dated step of a request: a stage begun, or its end. Append-only; see `Entry`.

    `sequence` is the place of the step in the request's history, 1 = submitted; a correction keeps the
    place of what it corrects. Days never fall from one place to the next.
    """

    request = models.ForeignKey(InstallationRequest, on_delete=models.PROTECT, related_name="transitions")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=EntryKind, default=EntryKind.STAGE)
    stage = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()

    class Meta:
        ordering = ["request", "sequence", "pk"]
        constraints = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                name="itinstall_transition_stage_or_end",
                condition=Q(kind=EntryKind.STAGE, stage__isnull=False)
                | (~Q(kind=EntryKind.STAGE) & Q(stage__isnull=True)),
            ),
            models.UniqueConstraint(
                fields=["request", "sequence"],
                condition=Q(corrects__isnull=True),
                name="itinstall_transition_place_once",
            ),
        ]
        indexes = [
            models.Index(fields=["request", "sequence", "on"], name="transition_request_idx"),
            models.Index(fields=["kind", "on"], name="transition_kind_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.stage or self.get_kind_display()} on {self.on}"


class Hold(Entry):
    """A span of days on which work on a request stopped, with reason and owner. Append-only; see `Entry`.

    Ending a hold is an entry that corrects the open one. Spans of one request do not overlap.
    """

    request = models.ForeignKey(InstallationRequest, on_delete=models.PROTECT, related_name="holds")
    why = models.ForeignKey(HoldReason, on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(max_length=8, choices=Party, help_text="Who has to act.")
    begins_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="First day no longer on hold. Empty: still.")

    class Meta:
        ordering = ["request", "begins_on", "pk"]
        constraints = [
            *Entry.Meta.constraints,
            models.CheckConstraint(
                name="itinstall_hold_range",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("begins_on")),
                violation_error_message="The end is on or before the start.",
            ),
        ]
        indexes = [models.Index(fields=["request", "begins_on"], name="hold_request_idx")]

    def __str__(self) -> str:
        return f"{self.why} from {self.begins_on}"
