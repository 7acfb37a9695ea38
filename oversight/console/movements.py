"""National figures on two days side by side, from snapshots. Two queries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from oversight.console.figures import NATION
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Metric
from oversight.metrics.choices import FillState, Level
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.words import difference_words, value_words

__all__ = ["MetricLine", "Movements", "day_movements"]


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric on the two days. "–" in `before` and `after`: there was no figure, for the reason given."""

    metric: Metric
    before: str
    after: str
    change: str  # "–" where one of the two is missing
    moved: bool
    before_href: str
    after_href: str


@dataclass(frozen=True, slots=True)
class Movements:
    """`missing`: days whose figures are not computed, or must be computed again. Their cells stay empty."""

    first: dt.date
    last: dt.date
    lines: tuple[MetricLine, ...]
    missing: tuple[dt.date, ...]

    @property
    def n_moved(self) -> int:
        return sum(line.moved for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Value:
    value: Decimal | None
    reason: str


def day_movements(*, first: dt.date, last: dt.date) -> Movements:
    """Every national figure at the end of `first` and of `last`; only figures that are up to date."""
    metrics = {metric.key: metric for metric in all_metrics() if Level.NATION in metric.levels}
    days = [first, last]
    fills = DayFill.objects.filter(as_of__in=days, metric__in=metrics, state=FillState.DONE)
    done = {
        (key, day)
        for key, day, version in fills.values_list("metric", "as_of", "version")
        if version == metrics[key].version
    }
    rows = Snapshot.objects.filter(as_of__in=days, level=Level.NATION, subject="", metric__in=metrics)
    values: dict[tuple[str, dt.date], _Value] = {}
    for key, day, version, value, reason in rows.order_by("pk").values_list(
        "metric", "as_of", "version", "value", "reason"
    ):
        if (key, day) in done and version == metrics[key].version:
            values[key, day] = _Value(value, reason)
    lines = tuple(_line(metric, first, last, values) for metric in metrics.values())
    missing = tuple(day for day in days if any((key, day) not in done for key in metrics))
    return Movements(first, last, lines, missing)


def _line(
    metric: Metric, first: dt.date, last: dt.date, values: dict[tuple[str, dt.date], _Value]
) -> MetricLine:
    before, after = values.get((metric.key, first)), values.get((metric.key, last))
    difference = None
    if before and after and before.value is not None and after.value is not None:
        difference = after.value - before.value
    return MetricLine(
        metric=metric,
        before=_words(metric, before),
        after=_words(metric, after),
        change=difference_words(metric, difference),
        moved=bool(before and after and before.value != after.value),
        before_href=figure_url(metric=metric.key, subject=NATION, as_of=first) if before else "",
        after_href=figure_url(metric=metric.key, subject=NATION, as_of=last) if after else "",
    )


def _words(metric: Metric, found: _Value | None) -> str:
    if found is None:
        return "not computed"
    return value_words(metric, found.value, empty=f"– ({found.reason})")
