"""Filling days with snapshots, and marking days stale when facts of the past change."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange.choices import JobState
from oversight.exchange.jobs import enqueue
from oversight.exchange.locks import one_at_a_time
from oversight.exchange.models import Job
from oversight.metrics.base import Facts, Figure, Metric, Subject
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Definition, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.selectors import days_without_snapshots, newest_snapshots
from oversight.trail.services import record

__all__ = [
    "BACKFILL",
    "DayRange",
    "FillResult",
    "day_fill",
    "days_compute_start",
    "days_mark_stale",
    "range_fill",
    "stale_days_fill",
]

BACKFILL = "metrics.backfill"  # the kind of job
MOST_DAYS = 1100  # in one job: three years and some days
PROGRAM_BEGINS = date(1996, 1, 1)  # the act that section 287(g) came with is of 1996 (OIG-18-77)
BATCH = 500
DayRange = tuple[date, date | None]  # first day, first day no longer in it; None: open


@dataclass(frozen=True, slots=True)
class FillResult:
    as_of: date
    n_metrics: int  # that were computed
    n_appended: int  # snapshots


@transaction.atomic
def day_fill(*, as_of: date, metrics: Sequence[Metric] | None = None) -> FillResult:
    """Compute the metrics whose fill of `as_of` is missing, stale or outdated; append what differs.

    One transaction: a killed process leaves the day as it was. Two workers on one day: the second waits for
    the lock and finds nothing to do. Filling again appends nothing.
    """
    wanted = {metric.key: metric for metric in (all_metrics() if metrics is None else metrics)}
    DayFill.objects.bulk_create(
        [DayFill(metric=key, as_of=as_of) for key in wanted], ignore_conflicts=True, batch_size=BATCH
    )
    fills = DayFill.objects.select_for_update().filter(as_of=as_of, metric__in=wanted).order_by("pk")
    due = [
        fill for fill in fills if fill.state != FillState.DONE or fill.version != wanted[fill.metric].version
    ]
    if not due:
        return FillResult(as_of, 0, 0)
    facts = Facts(as_of)
    known = newest_snapshots(as_of=as_of, metrics=[fill.metric for fill in due])
    appended = 0
    for fill in due:
        start = time.perf_counter()
        metric = wanted[fill.metric]
        rows = _differing(metric, as_of, metric.figures(facts), known)
        Snapshot.objects.bulk_create(rows, batch_size=BATCH)
        fill.state, fill.version, fill.stale_reason = FillState.DONE, metric.version, ""
        fill.filled_at, fill.n_appended = timezone.now(), len(rows)
        fill.milliseconds = round((time.perf_counter() - start) * 1000)
        fill.save()
        appended += len(rows)
    _record_definitions([wanted[fill.metric] for fill in due])
    return FillResult(as_of, len(due), appended)


def _differing(
    metric: Metric, as_of: date, figures: Iterable[Figure], known: dict[tuple[str, Subject], Snapshot]
) -> list[Snapshot]:
    """Snapshots for the figures that are new or other than the newest of that day; and for subjects that
    had a figure and have none now."""
    rows = []
    seen = set()
    for figure in figures:
        seen.add(figure.subject)
        old = known.get((metric.key, figure.subject))
        if old is None or _parts(old) != (*_parts(figure), metric.version):
            rows.append(_snapshot(metric, as_of, figure))
    for (key, subject), old in known.items():
        if key == metric.key and subject not in seen and old.reason != GONE:
            rows.append(_snapshot(metric, as_of, Figure(subject, None, reason=GONE)))
    return rows


GONE = "no longer a figure"


def _parts(item: Figure | Snapshot) -> tuple[object, ...]:
    own = (item.value, item.numerator, item.denominator, item.n, item.reason)
    return (*own, item.version) if isinstance(item, Snapshot) else own


def _snapshot(metric: Metric, as_of: date, figure: Figure) -> Snapshot:
    return Snapshot(
        metric=metric.key,
        version=metric.version,
        as_of=as_of,
        level=figure.subject.level,
        subject=figure.subject.key,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
        n=figure.n,
        reason=figure.reason,
    )


def _record_definitions(metrics: Iterable[Metric]) -> None:
    Definition.objects.bulk_create(
        (
            Definition(
                metric=metric.key,
                version=metric.version,
                name=metric.name,
                words=metric.words,
                formula=metric.formula,
                unit=metric.unit,
                source=metric.source,
            )
            for metric in metrics
        ),
        ignore_conflicts=True,
    )


def days_mark_stale(*, ranges: Iterable[DayRange], reason: str, prefix: str = "") -> int:
    """Mark filled days within `ranges` for recomputation, for metrics whose key begins with `prefix`.

    Call it in the transaction that changes the facts. How many fills were marked.
    """
    days = Q(pk__in=[])
    for begins, ends in ranges:
        part = Q(as_of__gte=begins)
        days |= part if ends is None else part & Q(as_of__lt=ends)
    fills = DayFill.objects.filter(days, metric__startswith=prefix, state=FillState.DONE)
    return fills.update(state=FillState.STALE, stale_reason=reason[:200])


def stale_days_fill(*, most: int = 400) -> list[FillResult]:
    """Fill stale days, the newest first; each day a transaction of its own."""
    days = (
        DayFill.objects.filter(state=FillState.STALE)
        .order_by("-as_of")
        .values_list("as_of", flat=True)
        .distinct()[:most]
    )
    return [day_fill(as_of=day) for day in list(days)]


def range_fill(*, first: date, last: date) -> Iterable[FillResult]:
    """Fill every day from `first` to `last`, both included; resumable: days that are done cost one query."""
    day = first
    while day <= last:
        yield day_fill(as_of=day)
        day += timedelta(days=1)


@transaction.atomic
def days_compute_start(*, actor: Actor, days: Iterable[date]) -> Job:
    """Let a worker compute the figures of `days`; days that have them are left out.

    A job that waits or runs for all of these days already is returned instead of a second one. When no day
    is left the job is started all the same and is over at once. Raises NotAllowed, ValidationError with the
    field `days` (none, too many, in the future, before the program).
    """
    require(actor, "aggregates.view")
    asked = sorted(set(days))
    _check_days(asked)
    one_at_a_time(BACKFILL)
    wanted = days_without_snapshots(days=asked) or asked
    texts = [day.isoformat() for day in wanted]
    waiting = Job.objects.filter(kind=BACKFILL, state__in=[JobState.QUEUED, JobState.RUNNING])
    for job in waiting.order_by("created_at"):
        if set(texts) <= set(job.params.get("days", [])):
            return job
    job = enqueue(actor=actor, kind=BACKFILL, params={"days": texts})
    after = {"first": wanted[0], "last": wanted[-1], "days": len(wanted)}
    record(actor=actor, verb="figures.asked_for", obj=job, after=after)
    return job


def _check_days(days: Sequence[date]) -> None:
    """`days` in order. Raises ValidationError."""
    today = timezone.localdate()
    problem = ""
    if not days:
        problem = "No day was given. Choose at least one."
    elif len(days) > MOST_DAYS:
        problem = f"{len(days):,} days are too many at once. Choose at most {MOST_DAYS:,}."
    elif days[-1] > today:
        problem = f"{days[-1]} is in the future. Figures are of today ({today}) or earlier."
    elif days[0] < PROGRAM_BEGINS:
        problem = f"{days[0]} is before the program: section 287(g) is of 1996. Choose a later day."
    if problem:
        raise ValidationError({"days": problem})
