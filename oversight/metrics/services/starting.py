"""Letting a worker compute past days: those that somebody asks for, and those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange.choices import JobState
from oversight.exchange.jobs import enqueue
from oversight.exchange.locks import one_at_a_time
from oversight.exchange.models import Job
from oversight.metrics.calendar import days_to_keep
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill
from oversight.metrics.selectors import days_without_snapshots
from oversight.trail.services import record

__all__ = ["BACKFILL", "days_compute_start", "figures_refill_start", "missing_days_compute_start"]

BACKFILL = "metrics.backfill"  # the kind of job
MOST_DAYS = 1100  # in one job: three years and some days
PROGRAM_BEGINS = date(1996, 1, 1)  # the act that section 287(g) came with is of 1996 (OIG-18-77)


@transaction.atomic
def days_compute_start(*, actor: Actor, days: Iterable[date]) -> Job:
    """Let a worker compute the figures of `days`, the newest first; days that have them are left out.

    A job that waits or runs for all of these days already is returned instead of a second one. When no day
    is left the job is started all the same and is over at once. Raises NotAllowed, ValidationError with the
    field `days` (none, too many, in the future, before the program).
    """
    require(actor, "aggregates.view")
    asked = sorted(set(days), reverse=True)
    _check_days(asked)
    one_at_a_time(BACKFILL)
    wanted = sorted(days_without_snapshots(days=asked), reverse=True) or asked
    return _join_or_start(actor, wanted)


def _join_or_start(actor: Actor, wanted: Sequence[date]) -> Job:
    """The unfinished job that has all of `wanted` (the newest first), or a new one. The caller holds the
    lock."""
    texts = [day.isoformat() for day in wanted]
    waiting = Job.objects.filter(kind=BACKFILL, state__in=[JobState.QUEUED, JobState.RUNNING])
    for job in waiting.order_by("created_at"):
        if set(texts) <= set(job.params.get("days", [])):
            return job
    job = enqueue(actor=actor, kind=BACKFILL, params={"days": texts})
    after = {"first": wanted[-1], "last": wanted[0], "days": len(wanted)}
    record(actor=actor, verb="figures.asked_for", obj=job, after=after)
    return job


def _check_days(days: Sequence[date]) -> None:
    """`days`, the newest first. Raises ValidationError."""
    # A person east of headquarters may be a day ahead; their today is no future.
    today = max(timezone.localdate(), timezone.localdate(timezone=timezone.get_default_timezone()))
    problem = ""
    if not days:
        problem = "No day was given. Choose at least one."
    elif len(days) > MOST_DAYS:
        problem = f"{len(days):,} days are too many at once. Choose at most {MOST_DAYS:,}."
    elif days[0] > today:
        problem = f"{days[0]} is in the future. Figures are of today ({today}) or earlier."
    elif days[-1] < PROGRAM_BEGINS:
        problem = f"{days[-1]} is before the program: section 287(g) is of 1996. Choose a later day."
    if problem:
        raise ValidationError({"days": problem})


def missing_days_compute_start(*, actor: Actor) -> Job | None:
    """Let a worker compute the days that should have figures and have none (`calendar.days_to_keep`).

    After days without a worker, new metrics, or a first import. None when no day is missing. At most
    1,100 days, the newest; the next call sees to the others.
    """
    missing = days_without_snapshots(days=days_to_keep(today=timezone.localdate()))
    return days_compute_start(actor=actor, days=missing[-MOST_DAYS:]) if missing else None


@transaction.atomic
def figures_refill_start(*, actor: Actor) -> Job | None:
    """Let a worker compute every day that is missing or stale, as a job that can be watched.

    None when there is no such day. At most 1,100 days, the newest. Raises NotAllowed.
    """
    require(actor, "operations.manage")
    one_at_a_time(BACKFILL)
    stale = DayFill.objects.filter(state=FillState.STALE).order_by().values_list("as_of", flat=True)
    missing = days_without_snapshots(days=days_to_keep(today=timezone.localdate()))
    wanted = sorted({*stale.distinct(), *missing}, reverse=True)[:MOST_DAYS]
    return _join_or_start(actor, wanted) if wanted else None
