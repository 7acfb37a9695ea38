"""Reading snapshots: the newest of each figure, or as it was known at an earlier time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max, QuerySet

from oversight.metrics.base import Subject
from oversight.metrics.models import Snapshot

__all__ = ["newest_snapshots", "series", "snapshot_history"]


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


def series(
    *, metric: str, subject: Subject, first: date, last: date, known_at: datetime | None = None
) -> list[Snapshot]:
    """The figures of one subject from `first` to `last`, both included, in order. One query."""
    rows = Snapshot.objects.filter(
        metric=metric, level=subject.level, subject=subject.key, as_of__gte=first, as_of__lte=last
    )
    return list(_newest(rows, known_at).order_by("as_of"))


def snapshot_history(*, metric: str, subject: Subject, as_of: date) -> QuerySet[Snapshot]:
    """Every version of one figure, newest first: what was shown when."""
    return Snapshot.objects.filter(metric=metric, level=subject.level, subject=subject.key, as_of=as_of)
