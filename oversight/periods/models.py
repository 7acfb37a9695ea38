"""Effective-dated values: what the rules count with, who set it, from when, on what ground."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

__all__ = ["DatedModel", "DatedQuerySet", "Holiday", "OfficeZone", "Parameter"]


class DatedQuerySet(models.QuerySet[Any]):
    """Rows that hold over [valid_from, valid_to); an empty end is open."""

    def active_on(self, day: date) -> Self:
        return self.filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=day), valid_from__lte=day)


class DatedModel(models.Model):
    """Base of rows with a validity range, end excluded."""

    valid_from = models.DateField(help_text="First day on which it holds.")
    valid_to = models.DateField(
        null=True, blank=True, help_text="First day on which it no longer holds. Empty: open."
    )

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_range",
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                violation_error_message="The end is on or before the start.",
            )
        ]


class Parameter(DatedModel):
    """A number that a rule counts with. Example: `roster.missing_days` = 7 days from 2000-01-01."""

    key = models.CharField(max_length=80)
    value = models.DecimalField(max_digits=14, decimal_places=4)
    unit = models.CharField(max_length=40, blank=True)
    source = models.CharField(
        max_length=300, help_text="Report, directive, MOA clause or decision it rests on."
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, help_text="Empty: seed."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(DatedModel.Meta):
        ordering = ["key", "-valid_from"]
        constraints = [
            *DatedModel.Meta.constraints,
            models.UniqueConstraint(fields=["key", "valid_from"], name="periods_parameter_once_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.key} = {self.value.normalize():f} {self.unit} from {self.valid_from}"


class Holiday(models.Model):
    """A day on which federal offices are closed. Example: 2026-07-03, Independence Day (observed).

    Filled once from the law (services.holidays_load), then kept by administrators.
    """

    day = models.DateField(unique=True)
    name = models.CharField(max_length=120)
    is_observed = models.BooleanField(
        default=False, help_text="Stands in for a holiday that falls on a weekend."
    )
    source = models.CharField(max_length=300, help_text="Law or executive order it rests on.")

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class OfficeZone(DatedModel):
    """The time zone that a field office's days are counted in. Example: houston, America/Chicago.

    The office is named by text because this app imports no other.
    """

    office_slug = models.SlugField("field office", max_length=80)
    zone = models.CharField("time zone", max_length=60)
    source = models.CharField(max_length=300, help_text="Who decided it, or where it is written.")

    class Meta(DatedModel.Meta):
        ordering = ["office_slug", "-valid_from"]
        constraints = [
            *DatedModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["office_slug", "valid_from"], name="periods_officezone_once_per_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office_slug}: {self.zone} from {self.valid_from}"
