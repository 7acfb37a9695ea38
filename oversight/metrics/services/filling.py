"""Computing the figures of a day and keeping what differs from what was kept before."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from oversight.exchange.locks import together
from oversight.metrics.base import Facts, Figure, Metric, Subject
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.selectors import newest_snapshots
from oversight.metrics.services.definitions import definitions_record
from oversight.metrics.services.marking import FACTS
from oversight.metrics.services.writing import fills_update, snapshots_insert

__all__ = ["FAILED", "GONE", "FillResult", "day_fill", "days_wait", "range_fill", "stale_days_fill"]

log = logging.getLogger(__name__)

GONE = "no longer a figure"
FAILED = "failed: "  # what a stale fill's reason begins with when its metric could not be computed
Known = dict[tuple[str, Subject], Snapshot]


@dataclass(frozen=True, slots=True)
class FillResult:
    """What a fill did. `failed`: keys of metrics that could not be computed; they stay stale."""

    as_of: date
    n_metrics: int  # that were computed
    n_appended: int  # snapshots
    failed: tuple[str, ...] = field(default=())


def day_fill(*, as_of: date, metrics: Sequence[Metric] | None = None) -> FillResult:
    """Compute the metrics whose fill of `as_of` is missing, stale or outdated; append what differs.

    One transaction: a killed process leaves the day as it was. Two workers on one day: the second waits for
    the lock and finds nothing to do. Filling again appends nothing. A metric with a defect is left stale and
    logged; the others are kept.
    """
    wanted = {metric.key: metric for metric in (all_metrics() if metrics is None else metrics)}
    if len(_done(DayFill.objects.filter(as_of=as_of), wanted)) == len(wanted):
        return FillResult(as_of, 0, 0)  # without a transaction: on SQLite that would wait for its turn
    return _fill(as_of, wanted)


def _done(fills: Iterable[DayFill], wanted: dict[str, Metric]) -> set[str]:
    """Keys of `wanted` that need no fill."""
    return {
        fill.metric
        for fill in fills
        if fill.metric in wanted
        and fill.state == FillState.DONE
        and fill.version == wanted[fill.metric].version
    }


@transaction.atomic
def _fill(as_of: date, wanted: dict[str, Metric]) -> FillResult:
    together(FACTS)
    # In one order, here and below: two fills of one day must not wait for each other's rows.
    keys = sorted(wanted)
    DayFill.objects.bulk_create([DayFill(metric=key, as_of=as_of) for key in keys], ignore_conflicts=True)
    fills = list(DayFill.objects.select_for_update().filter(as_of=as_of, metric__in=keys).order_by("metric"))
    done = _done(fills, wanted)
    due = [fill for fill in fills if fill.metric not in done]
    if not due:
        return FillResult(as_of, 0, 0)
    known = newest_snapshots(as_of=as_of, metrics=[fill.metric for fill in due])
    now = _now(known)
    facts = Facts(as_of)
    rows: list[Snapshot] = []
    failed = []
    for fill in due:
        try:
            found = _fill_one(fill, wanted[fill.metric], facts, known, now)
        except (InterfaceError, OperationalError):
            raise  # the database is away or busy: nothing was computed
        except Exception as error:
            log.exception("figures of %s for %s cannot be computed", fill.metric, as_of)
            fill.state, fill.stale_reason = FillState.STALE, f"{FAILED}{type(error).__name__}"
            failed.append(fill.metric)
        else:
            rows += found
    snapshots_insert(rows)
    fills_update(due)
    definitions_record(metrics=[wanted[fill.metric] for fill in due])
    return FillResult(as_of, len(due) - len(failed), len(rows), tuple(failed))


def _fill_one(fill: DayFill, metric: Metric, facts: Facts, known: Known, now: datetime) -> list[Snapshot]:
    """Compute one metric; set what its fill says. The snapshots to append."""
    start = time.perf_counter()
    with transaction.atomic():  # a statement that fails must not take the other metrics with it
        rows = _differing(metric, facts.as_of, metric.figures(facts), known)
    for row in rows:
        row.computed_at, row.because = now, fill.stale_reason
    fill.state, fill.version, fill.stale_reason = FillState.DONE, metric.version, ""
    fill.filled_at, fill.n_appended = now, len(rows)
    fill.milliseconds = round((time.perf_counter() - start) * 1000)
    return rows


def _now(known: Known) -> datetime:
    """Now, but never before the figures that are superseded: a clock that is set back must not reorder what
    was shown."""
    return max([timezone.now(), *(row.computed_at for row in known.values())])


def _differing(metric: Metric, as_of: date, figures: Iterable[Figure], known: Known) -> list[Snapshot]:
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


def stale_days_fill(*, most: int = 400, seconds: float | None = None) -> list[FillResult]:
    """Fill stale days, the newest first; each day a transaction of its own.

    At most `most` days, and none begun after `seconds`. Days of metrics that failed before come last, so
    that a defect does not keep the others waiting.
    """
    began = time.monotonic()
    stale = DayFill.objects.filter(state=FillState.STALE).order_by("-as_of").values_list("as_of", flat=True)
    days = [*stale.exclude(_failed()).distinct()[:most], *stale.filter(_failed()).distinct()[:most]]
    results = []
    for day in list(dict.fromkeys(days))[:most]:
        if seconds is not None and time.monotonic() - began >= seconds:
            break
        results.append(day_fill(as_of=day))
    return results


def days_wait() -> bool:
    """Whether days wait to be computed again, but for those of metrics that failed."""
    return DayFill.objects.filter(state=FillState.STALE).exclude(_failed()).exists()


def _failed() -> Q:
    return Q(stale_reason__startswith=FAILED)


def range_fill(*, first: date, last: date) -> Iterator[FillResult]:
    """Fill every day from `first` to `last`, both included; resumable: days that are done cost one query."""
    day = first
    while day <= last:
        yield day_fill(as_of=day)
        day += timedelta(days=1)
