"""Marking filled days for recomputation, in the transaction that changes the facts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import Q

from oversight.exchange.locks import one_at_a_time
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill
from oversight.metrics.registry import all_metrics

__all__ = [
    "FACTS",
    "DayRange",
    "days_mark_stale",
    "fill_soon",
    "metric_days_mark_stale",
    "outdated_mark_stale",
]

log = logging.getLogger(__name__)

DayRange = tuple[date, date | None]  # first day, first day no longer in it; None: open
# Who fills a day holds it with others, who marks days holds it alone until the new facts are in. So no fill
# can read the old facts and be done after the days were marked: its figures would stay wrong unnoticed.
FACTS = "metrics.facts"


def days_mark_stale(
    *, ranges: Iterable[DayRange], reason: str, prefix: str = "", metrics: Sequence[str] | None = None
) -> int:
    """Mark filled days within `ranges`, for `metrics` or those whose key begins with `prefix` (default: all).

    Call it in the transaction that changes the facts, after the change; a worker fills the days again as
    soon as that is in. How many fills were marked. Raises RuntimeError outside a transaction.
    """
    days = _within(ranges)
    if not days:
        return 0
    which = days & Q(metric__startswith=prefix)
    return _mark(which if metrics is None else which & Q(metric__in=metrics), reason)


def metric_days_mark_stale(*, days: Mapping[tuple[str, ...], Iterable[DayRange]], reason: str) -> int:
    """The same for several metrics at once, each group on its own days: one statement."""
    which = Q()
    for metrics, ranges in days.items():
        if within := _within(ranges):
            which |= Q(metric__in=metrics) & within
    return _mark(which, reason) if which else 0


def _within(ranges: Iterable[DayRange]) -> Q:
    days = Q()
    for begins, ends in ranges:
        part = Q(as_of__gte=begins)
        days |= part if ends is None else part & Q(as_of__lt=ends)
    return days


def _mark(which: Q, reason: str) -> int:
    one_at_a_time(FACTS)
    fills = DayFill.objects.filter(which, state=FillState.DONE)
    marked = fills.update(state=FillState.STALE, stale_reason=reason[:200])
    if marked:
        transaction.on_commit(fill_soon, robust=True)
    return marked


def outdated_mark_stale() -> int:
    """Mark the days that were filled under an older definition than the one in use; how many fills.

    One query when there are none. Without it a trend would show figures of two definitions side by side.
    """
    older = Q()
    for metric in all_metrics():
        older |= Q(metric=metric.key) & ~Q(version=metric.version)
    fills = DayFill.objects.filter(older, state=FillState.DONE).order_by()
    if not older or not fills.exists():
        return 0
    with transaction.atomic():
        one_at_a_time(FACTS)
        marked = fills.update(state=FillState.STALE, stale_reason="the definition changed")
        transaction.on_commit(fill_soon, robust=True)
    return marked


def fill_soon() -> None:
    """Tell a worker. When the queue cannot be reached the scheduler does it some minutes later."""
    from oversight.metrics.tasks import fill_stale

    try:
        fill_stale.apply_async(retry=False)  # a person may wait for the answer
    except Exception:
        log.warning("queue not reachable; stale days are filled by the scheduled task", exc_info=True)
