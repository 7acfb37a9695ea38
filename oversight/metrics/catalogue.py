"""The catalogue of figures, and one metric's values for every subject of a level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, Q

from oversight.metrics.base import NATION, Metric, Subject
from oversight.metrics.choices import Level
from oversight.metrics.models import Snapshot, Target
from oversight.metrics.registry import all_metrics
from oversight.metrics.selectors import newest_snapshots
from oversight.metrics.subjects import level_names
from oversight.metrics.targets import Verdict, is_met, target_of

__all__ = ["Entry", "Value", "catalogue", "newest_days", "values_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A metric with its national figure on the newest day it has. `snapshot` None: never computed."""

    metric: Metric
    snapshot: Snapshot | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Value:
    """One subject's figure. `snapshot` None: the subject has none on the day."""

    subject: Subject
    name: str
    snapshot: Snapshot | None
    verdict: Verdict | None

    @property
    def value(self) -> Decimal | None:
        return self.snapshot.value if self.snapshot else None


def newest_days(*, on_or_before: date) -> dict[str, date]:
    """Metric → the newest day with a national figure. One query."""
    rows = Snapshot.objects.filter(level=Level.NATION, subject="", as_of__lte=on_or_before)
    return dict(rows.order_by().values_list("metric").annotate(newest=Max("as_of")))


def catalogue(*, today: date) -> list[Entry]:
    """Every metric, in the order of their keys. Three queries."""
    days = newest_days(on_or_before=today)
    wanted = Q(pk__in=[])
    for key, day in days.items():
        wanted |= Q(metric=key, as_of=day)
    newest = (
        Snapshot.objects.filter(wanted, level=Level.NATION, subject="")
        .order_by()
        .values("metric")
        .annotate(newest=Max("pk"))
    )
    rows = {row.metric: row for row in Snapshot.objects.filter(pk__in=newest.values("newest"))}
    targets = list(Target.objects.filter(level=Level.NATION))
    return [
        Entry(metric, rows.get(metric.key), _verdict(metric, targets, NATION, rows.get(metric.key)))
        for metric in all_metrics()
    ]


def _verdict(
    metric: Metric, targets: Iterable[Target], subject: Subject, row: Snapshot | None
) -> Verdict | None:
    """Met or missed on the day, without since when: that takes the trend, on the figure's own page."""
    if row is None:
        return None
    target = target_of((item for item in targets if item.metric == metric.key), subject, row.as_of)
    if target is None:
        return None
    return Verdict(target, None if row.value is None else is_met(target, row.value))


def values_of(*, metric: Metric, level: str, as_of: date) -> list[Value]:
    """Every subject of a level by name, with its figure on the day where it has one. Three queries."""
    found = newest_snapshots(as_of=as_of, metrics=[metric.key])
    targets = list(Target.objects.filter(metric=metric.key, level=level))
    values = []
    for key, name in level_names(level).items():
        subject = Subject(level, key)
        row = found.get((metric.key, subject))
        values.append(Value(subject, name, row, _verdict(metric, targets, subject, row)))
    return values
