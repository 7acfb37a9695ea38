"""What the pipeline is made of: stages, reasons for holds, kinds of equipment, and the policy in force."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils import timezone

from itinstall.choices import ClockStart, Party
from oversight.periods.models import DatedModel

__all__ = ["EquipmentKind", "HoldReason", "InstallationPolicy", "Stage"]


class Stage(models.Model):
    """A stage that a request passes on its way. Example: bids, Bids and circuit, place 2, owner OCIO.

    ICE says that there are four steps; their names are not recoverable (OIG-18-77). The stages are therefore
    rows, marked as assumed, and an administrator may rename, add or retire them.
    """

    key = models.SlugField(primary_key=True, max_length=40)
    place = models.PositiveSmallIntegerField(unique=True, help_text="Order in which stages follow, from 1.")
    name = models.CharField(max_length=60, unique=True)
    words = models.CharField(max_length=300, blank=True, help_text="What happens in it.")
    owner = models.CharField(max_length=8, choices=Party, help_text="Who is to act in it.")
    is_mandatory = models.BooleanField(default=True, help_text="No request may skip it.")
    needs_installer = models.BooleanField(default=False, help_text="An installer works on site in it.")
    needs_isa = models.BooleanField(default=False, help_text="It waits for the site’s ISA.")
    is_active = models.BooleanField(default=True, help_text="Requests may enter it.")
    is_assumed = models.BooleanField(default=True, help_text="Not published: our assumption.")
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["place"]

    def __str__(self) -> str:
        return self.name


class HoldReason(models.Model):
    """Why work on a request stops. Example: isa-lea, ISA waiting on the agency."""

    key = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80, unique=True)
    owner = models.CharField(max_length=8, choices=Party, help_text="Who usually has to act.")
    is_active = models.BooleanField(default=True)
    is_assumed = models.BooleanField(default=True)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EquipmentKind(models.Model):
    """A kind of equipment. What is installed is not published; the starting list is an assumption."""

    key = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=60, unique=True)
    is_active = models.BooleanField(default=True)
    source = models.CharField(max_length=300)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class InstallationPolicy(DatedModel):
    """One version of the rule that installations are held against. Example: 180 days from the MOA's
    signature.

    A request keeps the version in force when it was submitted. No published rule says that a pause stops the
    clock, so `pausing` is empty until headquarters decides otherwise.
    """

    target_days = models.PositiveIntegerField(help_text="Calendar days from the start of the clock.")
    clock_start = models.CharField(max_length=10, choices=ClockStart)
    models_with_equipment = models.JSONField(
        default=list, help_text="Support models whose MOA has an IT clause; others start no clock."
    )
    pausing = models.ManyToManyField(
        HoldReason, blank=True, related_name="policies", help_text="Holds that stop the clock."
    )
    source = models.CharField(max_length=300)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, help_text="Empty: seed."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(DatedModel.Meta):
        ordering = ["-valid_from"]
        verbose_name_plural = "installation policies"
        constraints = [
            *DatedModel.Meta.constraints,
            models.UniqueConstraint(fields=["valid_from"], name="itinstall_policy_once_per_day"),
            models.CheckConstraint(
                name="itinstall_policy_target_positive",
                condition=models.Q(target_days__gt=0),
                violation_error_message="The target is at least one day.",
            ),
        ]

    def __str__(self) -> str:
        start: date = self.valid_from
        return f"{self.target_days} days from {self.get_clock_start_display()}, in force from {start}"
