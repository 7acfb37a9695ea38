"""Definitions by version, daily snapshots (append-only), the fill of each day, targets, and gaps."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from oversight.metrics.choices import FillState, Level

__all__ = ["DayFill", "Definition", "Snapshot"]


class Definition(models.Model):
    """A metric's definition as it was when figures of this version were first computed."""

    metric = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    words = models.TextField()
    formula = models.CharField(max_length=300)
    unit = models.CharField(max_length=60)
    source = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["metric", "-version"]
        constraints = [models.UniqueConstraint(fields=["metric", "version"], name="metrics_definition_once")]

    def __str__(self) -> str:
        return f"{self.metric} v{self.version}"


class Snapshot(models.Model):
    """One figure of one date as it was computed. Never changed: a newer row supersedes it.

    Example: agreements.listed, as of 2026-05-18, state TX: 387, computed 2026-05-19 04:10 UTC.
    """

    metric = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField()
    as_of = models.DateField()
    level = models.CharField(max_length=8, choices=Level)
    subject = models.CharField(max_length=64, blank=True)
    numerator = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    value = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    n = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=120, blank=True)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["metric", "level", "subject", "as_of", "-id"], name="snapshot_series_idx"),
            models.Index(fields=["as_of", "metric", "-id"], name="snapshot_day_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.level} {self.subject} {self.as_of}"


class DayFill(models.Model):
    """Whether a metric's snapshots of a date are up to date. Locked while they are written."""

    metric = models.CharField(max_length=80)
    as_of = models.DateField()
    state = models.CharField(max_length=8, choices=FillState, default=FillState.STALE)
    version = models.PositiveSmallIntegerField(default=0)
    filled_at = models.DateTimeField(null=True)
    n_appended = models.PositiveIntegerField(default=0, help_text="Snapshots that the last fill appended.")
    milliseconds = models.PositiveIntegerField(default=0)
    stale_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-as_of", "metric"]
        constraints = [models.UniqueConstraint(fields=["metric", "as_of"], name="metrics_dayfill_once")]
        indexes = [models.Index(fields=["state", "as_of"], name="dayfill_state_idx")]

    def __str__(self) -> str:
        return f"{self.metric} {self.as_of}: {self.state}"
