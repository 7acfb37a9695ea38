"""Definitions by version, daily snapshots (append-only), the fill of each day, targets, and gaps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from oversight.metrics.choices import Direction, FillState, GapState, Level
from oversight.periods.models import DatedModel

__all__ = ["DayFill", "Definition", "Gap", "Snapshot", "Target"]


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
    because = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text="Which change of facts made it be computed again. Empty: the first time.",
    )

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
        indexes = [
            models.Index(fields=["state", "as_of"], name="dayfill_state_idx"),
            # Hardly any are: from the other index alone SQLite concludes that all may be, and reads all.
            models.Index(
                fields=["as_of"], name="dayfill_stale_idx", condition=models.Q(state=FillState.STALE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.as_of}: {self.state}"


class Target(DatedModel):
    """A value that a figure should reach, or stay within, from a day on.

    Example: agreements.pending_days_median of the nation at most 60, from 2026-10-01, owner "Unit Chief".
    None is preset: GAO-21-186 found that the program has no performance goals.
    """

    metric = models.CharField(max_length=80)
    level = models.CharField(max_length=8, choices=Level)
    subject = models.CharField(max_length=64, blank=True, help_text="Empty: the nation, or every subject.")
    for_every = models.BooleanField(default=False, help_text="For every subject of the level.")
    direction = models.CharField(max_length=8, choices=Direction)
    value = models.DecimalField(max_digits=20, decimal_places=6)
    owner = models.CharField(max_length=120, help_text="Office or role that answers for it.")
    source = models.CharField(max_length=300, help_text="The decision or document it rests on.")
    note = models.TextField(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(DatedModel.Meta):
        ordering = ["metric", "level", "subject", "-valid_from"]
        constraints = [
            *DatedModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["metric", "level", "subject", "for_every", "valid_from"],
                name="metrics_target_once_per_day",
                violation_error_message="There is a target for this figure from that day already.",
            ),
            models.CheckConstraint(
                name="metrics_target_of_one_or_every",
                condition=models.Q(for_every=False) | (models.Q(subject="") & ~models.Q(level=Level.NATION)),
                violation_error_message="A target is for one subject, or for every subject of a level.",
            ),
        ]

    def __str__(self) -> str:
        value = f"{self.value.normalize():f}"
        return f"{self.metric} {self.get_direction_display().lower()} {value} from {self.valid_from}"


class Gap(models.Model):
    """Something that the field does not publish: what is missing, what it weakens, whom to ask what.

    Example: staffing.positions, "Authorized, on-board and vacant program managers". The questions come with
    the product; an answer is entered by headquarters and stays when the questions are loaded again.
    """

    key = models.CharField(max_length=80, unique=True)
    topic = models.CharField(max_length=60)
    missing = models.TextField(help_text="What is not known.")
    effect = models.TextField(help_text="Which figures it blocks or weakens, and how.")
    answerer = models.CharField(max_length=200, help_text="Who could answer.")
    question = models.TextField(help_text="The question to ask.")
    source = models.CharField(max_length=300, help_text="Where it shows that this is not known.")
    order = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=GapState, default=GapState.OPEN)
    answer = models.TextField(blank=True)
    answer_source = models.CharField(max_length=300, blank=True)
    answered_on = models.DateField(null=True, blank=True, help_text="Day the answer was given.")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "key"]

    def __str__(self) -> str:
        return self.key
