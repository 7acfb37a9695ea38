"""The catalogue of figures, and one metric's values for every subject of a level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Max, QuerySet

from oversight.metrics.base import NATION, Metric, Subject
from oversight.metrics.choices import Level
from oversight.metrics.models import DayFill, Snapshot, Target
from oversight.metrics.registry import all_metrics
from oversight.metrics.subjects import level_names
from oversight.metrics.targets import Verdict, is_met, target_of

__all__ = ["Entry", "Value", "catalogue", "newest_day", "values_of"]

LATE = timedelta(days=400)  # older figures are found by their day; the catalogue is of now


@dataclass(frozen=True, slots=True)
class Entry:
    """A metric with its national figure on the newest day it has. `snapshot` None: not computed lately."""

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


def newest_day(*, metric: str, on_or_before: date) -> date | None:
    """The newest day for which a metric was computed; None: there is none. One query."""
    days = _filled(on_or_before).filter(metric=metric).order_by("-as_of")
    return days.values_list("as_of", flat=True).first()


def _filled(on_or_before: date) -> QuerySet[DayFill]:
    """Days that were computed: every metric has a national figure then, be it one without a value."""
    return DayFill.objects.filter(filled_at__isnull=False, as_of__lte=on_or_before).order_by()


def catalogue(*, today: date) -> list[Entry]:
    """Every metric, in the order of their keys. Three queries."""
    late = _filled(today).filter(as_of__gt=today - LATE)
    days = dict(late.values_list("metric").annotate(newest=Max("as_of")))
    # Mostly one and the same day. Sorted here: asked for an order, SQLite would walk the whole table in it.
    found = Snapshot.objects.filter(as_of__in=set(days.values()), metric__in=days, level=Level.NATION)
    national = sorted(found.order_by(), key=lambda row: row.pk)
    # The newest row of each metric comes last and stays.
    rows = {row.metric: row for row in national if row.as_of == days[row.metric]}
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
    rows = Snapshot.objects.filter(as_of=as_of, metric=metric.key, level=level).order_by()
    found = {row.subject: row for row in sorted(rows, key=lambda row: row.pk)}
    targets = list(Target.objects.filter(metric=metric.key, level=level))
    values = []
    for key, name in level_names(level).items():
        subject = Subject(level, key)
        row = found.get(key)
        values.append(Value(subject, name, row, _verdict(metric, targets, subject, row)))
    return values
