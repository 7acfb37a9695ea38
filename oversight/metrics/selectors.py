"""Reading snapshots: the newest of each figure, or as it was known at an earlier time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery

from oversight.metrics.base import Subject
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics

__all__ = [
    "days_without_snapshots",
    "newest_filled_day",
    "newest_snapshots",
    "points",
    "series",
    "snapshot_history",
    "snapshots_of",
]


def _newest(rows: QuerySet[Snapshot], known_at: datetime | None) -> QuerySet[Snapshot]:
    """The superseding row of each figure among `rows`; with `known_at`, as it stood then."""
    if known_at is not None:
        rows = rows.filter(computed_at__lte=known_at)
    ids = rows.order_by().values("metric", "level", "subject", "as_of").annotate(newest=Max("pk"))
    return Snapshot.objects.filter(pk__in=ids.values("newest"))


def newest_snapshots(
    *, as_of: date, metrics: Sequence[str], known_at: datetime | None = None
) -> dict[tuple[str, Subject], Snapshot]:
    """(metric, subject) → the figure of `as_of`. One query."""
    rows = _newest(Snapshot.objects.filter(as_of=as_of, metric__in=metrics), known_at)
    return {(row.metric, Subject(row.level, row.subject)): row for row in rows}


def snapshots_of(
    *, metric: str, subject: Subject, days: Iterable[date], known_at: datetime | None = None
) -> dict[date, Snapshot]:
    """Day → the figure of one subject. One query."""
    rows = Snapshot.objects.filter(
        metric=metric, level=subject.level, subject=subject.key, as_of__in=set(days)
    )
    return {row.as_of: row for row in _newest(rows, known_at)}


def series(
    *, metric: str, subject: Subject, first: date, last: date, known_at: datetime | None = None
) -> list[Snapshot]:
    """The figures of one subject from `first` to `last`, both included, in order. One query."""
    rows = Snapshot.objects.filter(
        metric=metric, level=subject.level, subject=subject.key, as_of__gte=first, as_of__lte=last
    )
    return list(_newest(rows, known_at).order_by("as_of"))


def points(*, metric: str, subject: Subject) -> list[tuple[date, Decimal | None]]:
    """Every day with a figure of one subject, in order, and its value. One query, without instances and in
    the order of the index: a trend of ten years has thousands of days."""
    rows = Snapshot.objects.filter(metric=metric, level=subject.level, subject=subject.key)
    # Of a day's rows the newest comes last and stays.
    return list(dict(rows.order_by("as_of", "pk").values_list("as_of", "value")).items())


def snapshot_history(*, metric: str, subject: Subject, as_of: date) -> QuerySet[Snapshot]:
    """Every version of one figure, newest first: what was shown when."""
    return Snapshot.objects.filter(metric=metric, level=subject.level, subject=subject.key, as_of=as_of)


def _filled(metrics: Sequence[str] | None) -> tuple[QuerySet[DayFill], list[str]]:
    """Fills that were made, stale ones too: their figures stand until newer ones do; and the keys."""
    keys = [metric.key for metric in all_metrics()] if metrics is None else list(metrics)
    return DayFill.objects.filter(metric__in=keys, filled_at__isnull=False), keys


def days_without_snapshots(*, days: Iterable[date], metrics: Sequence[str] | None = None) -> list[date]:
    """Those of `days` on which some of `metrics` (default: all) was never computed, in order. One query."""
    wanted = sorted(set(days))
    if not wanted:
        return []
    fills, keys = _filled(metrics)
    # A range, not a list: SQLite takes a limited number of values.
    counted = (
        fills.filter(as_of__gte=wanted[0], as_of__lte=wanted[-1])
        .order_by()
        .values_list("as_of")
        .annotate(n=Count("metric"))
    )
    whole = {day for day, n in counted if n == len(keys)}
    return [day for day in wanted if day not in whole]


def newest_filled_day(
    *, metrics: Sequence[str] | None = None, on_or_before: date | None = None
) -> date | None:
    """The newest day for which all of `metrics` (default: all) were computed; None: there is none. One query.

    Walks back from the newest fill of one metric and stops at the first day that the others have too.
    """
    fills, keys = _filled(metrics)
    if not keys:
        return None
    same_day = fills.filter(as_of=OuterRef("as_of")).order_by().values("as_of")
    days = fills.filter(metric=keys[0]).annotate(n=Subquery(same_day.annotate(n=Count("pk")).values("n")))
    if on_or_before is not None:
        days = days.filter(as_of__lte=on_or_before)
    return days.filter(n=len(keys)).order_by("-as_of").values_list("as_of", flat=True).first()
