"""Figures of the newest computed day, for the home page: read from snapshots, never computed on the way.

Each figure comes with its day, the change against a week before, and the address that explains it. A
figure whose day is not computed, or must be computed again because facts changed, is not shown at all:
the page says so instead. Three queries at most, whatever the size of the register.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote

from django.core.cache import cache as kept
from django.db.models import Count, F, Func, IntegerField, Q, Subquery

from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Kind, Metric, Subject
from oversight.metrics.choices import FillState, Level
from oversight.metrics.models import DayFill, Snapshot, Target
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.targets import is_met, target_of

__all__ = ["NATION", "DayFigures", "Shown", "read_figures"]

NATION = Subject(Level.NATION)
LEVELS = (Level.NATION, Level.OFFICE, Level.STATE, Level.MODEL, Level.STAGE)
# An older day is no answer to "now": the page says that figures must be computed, and shows none.
OLDEST_DAYS = 7
CHANGE_DAYS = 7
FORM = 1  # of the rows that are kept: counted up with them, so that none of older code is read
KEPT_SECONDS = 3600
NUMBER = IntegerField()

_SAMPLE = Subject(Level.NATION, "sample"), dt.date(1999, 12, 31)


@cache
def _address(metric: str, version: int) -> str:
    """The address of a metric's figures with places for level, subject and day: a page has hundreds."""
    subject, day = _SAMPLE
    address = figure_url(metric=metric, subject=subject, as_of=day, version=version)
    return address.replace(f"{subject.level}/{subject.key}/{day}", "{}/{}/{}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as a page shows it. `value` None: there is none, for `reason`. `before`: a week earlier."""

    metric: Metric
    subject: Subject
    as_of: dt.date
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    reason: str
    before_on: dt.date
    before: Decimal | None = None
    target: Target | None = None
    is_stored: bool = True  # False: a count that no record of the subject stands behind, so no row either

    @property
    def delta(self) -> Decimal | None:
        """The change since `before_on`; None where one of the two is not known."""
        if self.value is None or self.before is None:
            return None
        return self.value - self.before

    @property
    def met(self) -> bool | None:
        """Whether it meets its target; None without a target or a value."""
        if self.target is None or self.value is None:
            return None
        return is_met(self.target, self.value)

    @property
    def href(self) -> str:
        """The page that explains it, for this day and definition."""
        if not self.is_stored:
            return ""
        pattern = _address(self.metric.key, self.metric.version)
        return pattern.format(self.subject.level, quote(self.subject.key or "-"), self.as_of)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The figures of one day. `as_of` None: no day of the last week is computed.

    `n_stale`: days that wait to be computed again, in all. `waiting`: metrics that `as_of` does not have yet.
    `mark`: another one whenever a value, or which of them count, is another.
    """

    today: dt.date
    as_of: dt.date | None
    computed_at: dt.datetime | None = None
    n_stale: int = 0
    waiting: tuple[str, ...] = ()
    figures: Mapping[tuple[str, Subject], Shown] = field(default_factory=dict)
    mark: str = ""

    @property
    def before_on(self) -> dt.date | None:
        """The day that changes are counted from."""
        return self.as_of - dt.timedelta(days=CHANGE_DAYS) if self.as_of else None

    @property
    def is_today(self) -> bool:
        return self.as_of == self.today

    def get(self, metric: str, subject: Subject = NATION) -> Shown | None:
        """None: not computed for this day, or the metric has no such subject on it.

        A count is stored for subjects that have one; where the day is computed and there is none, it is 0.
        """
        found = self.figures.get((metric, subject))
        if found is not None or self.as_of is None or self.before_on is None or metric in self.waiting:
            return found
        known = get_metric(metric)
        if known.kind != Kind.COUNT or subject.level not in known.levels:
            return None
        zero = Decimal(0)
        return Shown(known, subject, self.as_of, zero, zero, None, 0, "", self.before_on, is_stored=False)

    def subjects(self, metric: str, level: str) -> list[Subject]:
        """Whom the metric has a figure of at `level`, by key."""
        return sorted(subject for key, subject in self.figures if key == metric and subject.level == level)


@dataclass(frozen=True, slots=True)
class _Day:
    done: frozenset[str]  # metrics computed with today's definition, and nothing has changed since
    filled_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose figures are read: those of `as_of`, and those a week before that changes are counted from."""

    metrics: Mapping[str, Metric]
    as_of: dt.date
    now: _Day
    before_on: dt.date
    then: _Day

    def mark(self, n_stored: int) -> str:
        """Told by all that the figures are read by. Snapshots are only ever added: `n_stored` of them are
        the same ones as long as it is the same number, in whatever order they were committed."""
        versions = sorted((key, self.metrics[key].version) for key in self.now.done)
        told = (FORM, self.as_of, versions, self.now.filled_at, sorted(self.then.done), self.then.filled_at)
        return hashlib.sha256(repr((told, n_stored)).encode()).hexdigest()


def read_figures(*, today: dt.date) -> DayFigures:
    """The newest day of the last week that has all metrics; else the newest that has some of them."""
    metrics = {metric.key: metric for metric in all_metrics()}
    days, n_stale, n_stored = _days(metrics, today)
    recent = [day for day in sorted(days, reverse=True) if (today - day).days < OLDEST_DAYS]
    whole = [day for day in recent if len(days[day].done) == len(metrics)]
    as_of = next(iter(whole or [day for day in recent if days[day].done]), None)
    if as_of is None:
        return DayFigures(today, None, n_stale=n_stale, waiting=tuple(sorted(metrics)))
    before_on = as_of - dt.timedelta(days=CHANGE_DAYS)
    earlier = days.get(before_on, _Day(frozenset(), None))
    asked = _Asked(metrics, as_of, days[as_of], before_on, earlier)
    mark = asked.mark(n_stored)
    return DayFigures(
        today=today,
        as_of=as_of,
        computed_at=days[as_of].filled_at,
        n_stale=n_stale,
        waiting=tuple(sorted(set(metrics) - days[as_of].done)),
        figures=_with_targets(_figures(asked, _rows(asked, mark)), as_of),
        mark=mark,
    )


def _days(metrics: Mapping[str, Metric], today: dt.date) -> tuple[dict[dt.date, _Day], int, int]:
    """The last two weeks' days, how many days are stale in all, and how many snapshots those two weeks have.
    One query."""
    first = today - dt.timedelta(days=OLDEST_DAYS + CHANGE_DAYS)
    stale = DayFill.objects.filter(state=FillState.STALE, filled_at__isnull=False).order_by()
    n_stale = stale.values("state").annotate(n=Count("as_of", distinct=True)).values("n")
    stored = Snapshot.objects.filter(as_of__gte=first, as_of__lte=today).order_by()
    n_stored = stored.annotate(stored=Func(F("pk"), function="COUNT", output_field=NUMBER)).values("stored")
    rows = DayFill.objects.filter(as_of__gte=first, as_of__lte=today, metric__in=list(metrics)).order_by()
    done: dict[dt.date, set[str]] = {}
    filled: dict[dt.date, dt.datetime] = {}
    total = n = 0
    for key, as_of, state, version, filled_at, waiting, n_now in rows.values_list(
        "metric", "as_of", "state", "version", "filled_at",
        Subquery(n_stale, output_field=NUMBER), Subquery(n_stored, output_field=NUMBER),
    ):  # fmt: skip
        total, n = waiting or 0, n_now
        done.setdefault(as_of, set())
        if state == FillState.DONE and version == metrics[key].version:
            done[as_of].add(key)
            filled[as_of] = max(filled_at, filled.get(as_of, filled_at))
    return {day: _Day(frozenset(keys), filled.get(day)) for day, keys in done.items()}, total, n


def _rows(asked: _Asked, mark: str) -> list[tuple[Any, ...]]:
    """Snapshots of the day, and the nation's and models' of `before_on`, in the order they were computed.
    One query; none while nothing has been computed since."""
    key = f"console.figures.{mark}"
    found: list[tuple[Any, ...]] | None = kept.get(key)
    if found is None:
        now = Q(as_of=asked.as_of, metric__in=list(asked.now.done), level__in=LEVELS)
        then = Q(
            as_of=asked.before_on, metric__in=list(asked.then.done), level__in=[Level.NATION, Level.MODEL]
        )
        rows = Snapshot.objects.filter(now | then).order_by("pk")
        found = list(
            rows.values_list(
                "metric", "level", "subject", "as_of", "version",
                "value", "numerator", "denominator", "n", "reason",
            )
        )  # fmt: skip
        kept.set(key, found, KEPT_SECONDS)
    return found


def _figures(asked: _Asked, rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, Subject], Shown]:
    """The newest snapshot of each figure; the nation's and models' with those of `before_on`."""
    before: dict[tuple[str, Subject], tuple[Decimal | None, int]] = {}
    shown: dict[tuple[str, Subject], Shown] = {}
    for key, level, name, day, version, value, numerator, denominator, n, reason in rows:
        subject, metric = Subject(level, name), asked.metrics[key]
        if day == asked.before_on:
            before[key, subject] = value, version
        elif version == metric.version:
            shown[key, subject] = Shown(
                metric, subject, asked.as_of, value, numerator, denominator, n, reason, asked.before_on
            )
    return shown | {
        key: replace(shown[key], before=value)
        for key, (value, version) in before.items()
        # Two definitions do not compare.
        if key in shown and version == shown[key].metric.version
    }


def _with_targets(
    figures: dict[tuple[str, Subject], Shown], day: dt.date
) -> dict[tuple[str, Subject], Shown]:
    """With the targets that hold on the day. One query."""
    targets: dict[str, list[Target]] = {}
    for target in Target.objects.active_on(day):
        targets.setdefault(target.metric, []).append(target)
    found = {
        (key, subject): replace(item, target=found_target)
        for (key, subject), item in figures.items()
        if key in targets and (found_target := target_of(targets[key], subject, day))
    }
    return figures | found
