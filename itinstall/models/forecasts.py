"""Forecasts as they were computed: kept, never changed, so that what was promised can be held against
what came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

__all__ = ["Forecast"]


class Forecast(models.Model):
    """One simulation: what was assumed, what it rests on, what came out. Example: 2026-05-18, seed 287,
    500 runs.

    `parameters`: what was asked for (installers, changed stage durations, new agreements a month);
    `samples`: how
    many observed durations each stage rests on, and what was assumed where there were too few; `results`: the
    backlog's days, and per request its P50 and P80.
    """

    as_of = models.DateField()
    seed = models.PositiveIntegerField()
    runs = models.PositiveIntegerField()
    parameters = models.JSONField(default=dict)
    samples = models.JSONField(default=dict)
    results = models.JSONField(default=dict)
    is_what_if = models.BooleanField(default=False, help_text="Something else than today’s is assumed.")
    refusal = models.CharField(max_length=300, blank=True, help_text="Why there is no forecast.")
    job = models.OneToOneField(
        "exchange.Job", null=True, on_delete=models.PROTECT, related_name="installation_forecast"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["is_what_if", "as_of"], name="forecast_as_of_idx")]

    def __str__(self) -> str:
        return f"Forecast of {self.as_of}, seed {self.seed}"
