"""Ten years of daily snapshots over made-up facts (`make_scale_data`).

Figures are computed by the metrics themselves on the days on which facts change, on the day before the next
change, and in the middle where those two differ. In between a figure stays as it was, or moves by an equal
step each day, as a median age does; where the middle does not bear that out, the stretch is halved and
computed again. So a day in between holds what the metric would compute (tests/house/test_scale.py samples
days).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from oversight.exchange.scale import Made, ScaleRequest, digest_of, rows_insert
from oversight.metrics.base import Facts, Figure, Metric, Subject
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.services.definitions import definitions_record

__all__ = ["YEARS", "register_thin", "scale_snapshots_make", "thin_days"]

YEARS = 10
THIN_MONTHS, THIN_DAYS = 24, 35  # first days of so many months, and each of the last days
Figures = dict[tuple[str, Subject], Figure]  # by metric and subject
ONE_DAY = timedelta(days=1)


def first_day(until: date) -> date:
    return until - timedelta(days=round(365.25 * YEARS))


_thin: list[str] = []


def register_thin(prefix: str) -> None:
    """Figures whose key begins with `prefix` move on every day, because clocks run: nothing in between can be
    carried. They are computed on some days only, `thin_days`; the others have none."""
    _thin.append(prefix)


def is_thin(metric: Metric) -> bool:
    return metric.key.startswith(tuple(_thin))


def thin_days(until: date) -> list[date]:
    """Days on which figures that move daily are computed."""
    days = {until - timedelta(days=n) for n in range(THIN_DAYS)}
    first = until.replace(day=1)
    for _ in range(THIN_MONTHS):
        days.add(first)
        first = (first - ONE_DAY).replace(day=1)
    return sorted(day for day in days if day >= first_day(until))


class _Computed:
    """The figures of single days, computed by the metrics; each day once."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = list(metrics)
        self.days = 0
        self._kept: dict[date, Figures] = {}

    def on(self, day: date) -> Figures:
        if day not in self._kept:
            facts = Facts(day)
            self.days += 1
            self._kept[day] = {
                (metric.key, figure.subject): figure
                for metric in self.metrics
                for figure in metric.figures(facts)
            }
        return self._kept[day]

    def forget_before(self, day: date) -> None:
        self._kept = {key: figures for key, figures in self._kept.items() if key >= day}


def _between(first: date, a: Figures, last: date, b: Figures, day: date) -> Figures:
    """The figures of `day` when each moves by an equal step from `first` to `last`. Same keys in both."""
    share = Decimal((day - first).days) / Decimal((last - first).days)

    def at(x: Decimal | None, y: Decimal | None) -> Decimal | None:
        return x if x is None or y is None or x == y else x + (y - x) * share

    return {
        key: one
        if one == b[key]
        else replace(
            one,
            value=at(one.value, b[key].value),
            numerator=at(one.numerator, b[key].numerator),
            denominator=at(one.denominator, b[key].denominator),
        )
        for key, one in a.items()
    }


def _days(computed: _Computed, first: date, last: date) -> Iterator[tuple[date, date, Figures, Figures]]:
    """Stretches (first, last, figures of both) within which every figure is constant or moves evenly."""
    a, b = computed.on(first), computed.on(last)
    if a == b or (last - first).days < 2:
        yield first, last, a, b
        return
    middle = first + (last - first) // 2
    if a.keys() == b.keys() and _between(first, a, last, b, middle) == computed.on(middle):
        yield first, last, a, b
        return
    yield from _days(computed, first, middle)
    if middle < last:
        yield from _days(computed, middle + ONE_DAY, last)


def _by_day(computed: _Computed, request: ScaleRequest) -> Iterator[tuple[date, Figures]]:
    begins = first_day(request.until)
    starts = sorted({begins, *(day for day in request.changed_on if begins < day <= request.until)})
    for place, start in enumerate(starts):
        end = starts[place + 1] - ONE_DAY if place + 1 < len(starts) else request.until
        if place % 20 == 0:
            request.tell(f"figures up to {start}, {computed.days} days computed")
        for first, last, a, b in _days(computed, start, end):
            day = first
            while day <= last:
                yield day, a if a == b or day == first else _between(first, a, last, b, day)
                day += ONE_DAY
        computed.forget_before(end + ONE_DAY)


def _columns(model: type[Any]) -> list[Any]:
    """What is inserted: all but the key and what the database fills in."""
    return [one for one in model._meta.concrete_fields if not (one.primary_key or one.has_db_default())]


def _values(row: Any, columns: Iterable[Any]) -> list[Any]:
    return [one.get_db_prep_save(getattr(row, one.attname), connection) for one in columns]


def _snapshots(
    days: Iterable[tuple[date, Figures]], counts: dict[date, dict[str, int]], metrics: Iterable[Metric]
) -> Iterator[Any]:
    """Database rows. A figure that stays is prepared once, and dated for each day."""
    columns = _columns(Snapshot)
    dated = next(place for place, one in enumerate(columns) if one.attname == "as_of")
    versions = {metric.key: metric.version for metric in metrics}
    now = timezone.now()
    prepared: dict[tuple[str, Subject], tuple[Figure, list[Any]]] = {}
    for day, figures in days:
        as_of = columns[dated].get_db_prep_save(day, connection)
        n = counts[day] = counts.get(day, {}) | dict.fromkeys(versions, 0)
        for key, figure in figures.items():
            n[key[0]] += 1
            known = prepared.get(key)
            if known is None or known[0] is not figure:
                row = Snapshot(
                    metric=key[0],
                    version=versions[key[0]],
                    as_of=day,
                    level=figure.subject.level,
                    subject=figure.subject.key,
                    numerator=figure.numerator,
                    denominator=figure.denominator,
                    value=figure.value,
                    n=figure.n,
                    reason=figure.reason,
                    computed_at=now,
                )
                known = prepared[key] = (figure, _values(row, columns))
            values = known[1].copy()
            values[dated] = as_of
            yield values


def _fills(counts: dict[date, dict[str, int]]) -> Iterator[list[Any]]:
    columns, now = _columns(DayFill), timezone.now()
    versions = {metric.key: metric.version for metric in all_metrics()}
    for day, by_metric in counts.items():
        for key, n in by_metric.items():
            fill = DayFill(
                metric=key,
                as_of=day,
                state=FillState.DONE,
                version=versions[key],
                filled_at=now,
                n_appended=n,
            )
            yield _values(fill, columns)


@transaction.atomic
def scale_snapshots_make(request: ScaleRequest) -> Made:
    """Every figure of every day up to `request.until`, with the record that the day is filled."""
    daily = [metric for metric in all_metrics() if not is_thin(metric)]
    thin = [metric for metric in all_metrics() if is_thin(metric)]
    computed, some = _Computed(daily), _Computed(thin)
    counts: dict[date, dict[str, int]] = {}
    lines: list[str] = []

    def noted() -> Iterator[tuple[date, Figures]]:
        for day, figures in _by_day(computed, request):
            if day.day == 1:  # the hash goes over first days of months: enough to tell two data sets apart
                lines.append(f"{day} {digest_of(sorted(map(repr, figures.items())))}")
            yield day, figures

    names = [one.attname for one in _columns(Snapshot)]
    n = rows_insert(Snapshot, names, _snapshots(noted(), counts, daily))
    if thin:
        sampled = ((day, some.on(day)) for day in thin_days(request.until))
        n += rows_insert(Snapshot, names, _snapshots(sampled, counts, thin))
    rows_insert(DayFill, [one.attname for one in _columns(DayFill)], _fills(counts))
    definitions_record(metrics=all_metrics())
    request.tell(f"{n:,} snapshots")
    return Made(
        {"days": len(counts), "days computed": computed.days + some.days, "snapshots": n}, digest_of(lines)
    )
