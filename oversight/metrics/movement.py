"""Why a figure moved: the change between two days, taken apart into records that entered and left.

The effects of the lines add up exactly to the difference of the two values. What records cannot explain
(facts that changed after the figure was computed) is a line of its own, never spread over the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import QuerySet

from oversight.access.models import User
from oversight.access.scope import sees_everything, visible_to
from oversight.metrics.addresses import movement_url
from oversight.metrics.base import MANY, Change, Figure, Kind, Metric, Subject
from oversight.metrics.choices import FillState, Part
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import get_metric
from oversight.metrics.selectors import snapshots_of

__all__ = ["Movement", "MovementLine", "movement"]

PLACES = Decimal("0.000001")
MOST_NAMES = 5
ENTERED, LEFT = "entered", "left"
UNEXPLAINED = "facts changed after the figure was computed"
HIGHER, LOWER = "with a higher value than before", "with a lower value than before"
TOGETHER = "all of this together"


@dataclass(frozen=True, slots=True)
class MovementLine:
    """Some records of one part that entered, left or changed for one reason.

    `n` is signed: left is negative. `effect` is what they add to the value, in the metric's unit; None where
    it cannot be told for these records alone. `names`: of the first few that the person may see.
    """

    label: str
    part: Part
    n: int
    effect: Decimal | None = None
    names: tuple[str, ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """From `before` to `after`; None: the subject has no figure on that day."""

    before: Figure | None
    after: Figure | None
    lines: tuple[MovementLine, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        """After − before, None unless both have a value."""
        if self.before is None or self.after is None:
            return None
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value


def movement(
    *,
    metric: str,
    subject: Subject,
    first: date,
    last: date,
    known_at: datetime | None = None,
    user: User | None = None,
) -> Movement:
    """What moved the figure from `first` to `last`. A constant number of queries (at most 11).

    Names of records are given to `user` for those within the person's scope; without one, no names.
    Raises KeyError for an unknown metric, ValueError when `last` is before `first`.
    """
    if last < first:
        raise ValueError("The last day is before the first.")
    found = get_metric(metric)
    span = _Span(found, subject, first, last, known_at)
    moved = Movement(*_figures(span))
    lines = [line for change in _changes(span) for line in _lines(span, change, user)]
    if found.kind == Kind.STATISTIC:
        lines += _changed(span)
        lines += _together(moved)
    else:
        lines += _unexplained(moved, lines, found.kind)
        lines = _with_effects(moved, lines, found.kind)
    return replace(moved, lines=tuple(lines))


@dataclass(frozen=True, slots=True)
class _Span:
    """What is asked: a metric's figure of one subject on two days."""

    metric: Metric
    subject: Subject
    first: date
    last: date
    known_at: datetime | None

    @property
    def href(self) -> str:
        return movement_url(metric=self.metric.key, subject=self.subject, first=self.first, last=self.last)


# --- the two figures


def _figures(span: _Span) -> tuple[Figure | None, Figure | None]:
    """From snapshots where they are up to date; computed otherwise, and for what was known earlier."""
    metric, subject, known_at = span.metric, span.subject, span.known_at
    days = (span.first, span.last)
    stored: dict[date, Snapshot] = {}
    done: set[date] = set()
    if known_at is None:
        fills = DayFill.objects.filter(metric=metric.key, as_of__in=days, state=FillState.DONE)
        done = set(fills.filter(version=metric.version).values_list("as_of", flat=True))
        stored = snapshots_of(metric=metric.key, subject=subject, days=days)
    computed: dict[date, Figure | None] = {}
    for day in {*days} - done:
        figures = metric.compute(as_of=day, known_at=known_at)
        computed[day] = next((item for item in figures if item.subject == subject), None)
    before, after = (computed[day] if day in computed else _figure(stored.get(day)) for day in days)
    return before, after


def _figure(row: Snapshot | None) -> Figure | None:
    if row is None:
        return None
    subject = Subject(row.level, row.subject)
    return Figure(subject, row.value, row.numerator, row.denominator, row.n, row.reason)


# --- records that entered and left


def _changes(span: _Span) -> Iterable[Change]:
    """Per part, which records are in it on one of the days only. Two queries each."""
    read = partial(span.metric.part_rows, subject=span.subject, known_at=span.known_at)
    then, now = read(as_of=span.first), read(as_of=span.last)
    for part in now:
        entered, left = _only(now[part], then[part]), _only(then[part], now[part])
        yield Change(
            part=part,
            first=span.first,
            last=span.last,
            subject=span.subject,
            known_at=span.known_at,
            entered=frozenset(entered.values_list("pk", flat=True)),
            left=frozenset(left.values_list("pk", flat=True)),
            entered_rows=entered,
            left_rows=left,
        )


def _only(these: QuerySet[Any], those: QuerySet[Any]) -> QuerySet[Any]:
    return these.order_by().exclude(pk__in=those.order_by().values("pk"))


def _lines(span: _Span, change: Change, user: User | None) -> list[MovementLine]:
    """A line per reason: what entered first, the largest first."""
    if not change.entered and not change.left:
        return []
    reasons = span.metric.reasons(change)
    lines = []
    for ids, sign, unnamed in ((change.entered, 1, ENTERED), (change.left, -1, LEFT)):
        by_reason: dict[str, list[Any]] = defaultdict(list)
        for pk in sorted(ids):
            by_reason[reasons.get(pk, unnamed)].append(pk)
        for label, pks in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])):
            lines.append((MovementLine(label, change.part, sign * len(pks), href=span.href), pks))
    names = _names(span, change, [pks for _, pks in lines], user)
    return [
        replace(line, names=tuple(names[pk] for pk in pks if pk in names)[:MOST_NAMES]) for line, pks in lines
    ]


def _names(span: _Span, change: Change, groups: list[list[Any]], user: User | None) -> dict[Any, str]:
    """Id → label of the first few of each group that the person may see. One query."""
    if user is None:
        return {}
    # Whose scope is smaller may see none of the first few.
    most = MOST_NAMES if sees_everything(user) else MANY
    wanted = [pk for pks in groups for pk in pks[:most]]
    records = change.entered_rows.model._default_manager.filter(pk__in=wanted)
    shown = span.metric.row_table(as_of=span.last, subject=span.subject, known_at=span.known_at)
    if shown is not None and shown.label is not None:
        return {item.pk: shown.label(item) for item in shown.prepare(visible_to(records, user))}
    related = [
        field.name
        for field in records.model._meta.concrete_fields
        if field.is_relation and field.name in {"agency", "office"}
    ]
    seen = visible_to(records, user)
    return {item.pk: str(item) for item in (seen.select_related(*related) if related else seen)}


def _changed(span: _Span) -> list[MovementLine]:
    """Records that stayed and bring another amount into a statistic. Two queries."""
    read = partial(span.metric.amounts, subject=span.subject, known_at=span.known_at)
    before, after = read(as_of=span.first), read(as_of=span.last)
    if before is None or after is None:
        return []
    higher = sum(1 for pk in after if pk in before and after[pk] > before[pk])
    lower = sum(1 for pk in after if pk in before and after[pk] < before[pk])
    return [
        MovementLine(label, Part.VALUE, n, href=span.href)
        for label, n in ((HIGHER, higher), (LOWER, lower))
        if n
    ]


# --- effects


def _together(moved: Movement) -> list[MovementLine]:
    """A statistic moves by all its records together: the effect is told once."""
    if moved.difference is None or moved.before is None or moved.after is None:
        return []
    return [MovementLine(TOGETHER, Part.VALUE, moved.after.n - moved.before.n, moved.difference)]


def _size(figure: Figure, part: Part) -> Decimal | None:
    """How many records the figure says that a part holds."""
    if part == Part.VALUE:
        return figure.value
    return figure.numerator if part == Part.NUMERATOR else figure.denominator


def _unexplained(moved: Movement, lines: list[MovementLine], kind: Kind) -> list[MovementLine]:
    """Per part, the difference of the figures' own parts that no record accounts for."""
    if moved.before is None or moved.after is None:
        return []
    more = []
    for part in (Part.NUMERATOR, Part.DENOMINATOR) if kind == Kind.RATIO else (Part.VALUE,):
        then, now = _size(moved.before, part), _size(moved.after, part)
        if then is None or now is None:
            continue
        rest = int(now - then) - sum(line.n for line in lines if line.part == part)
        if rest:
            more.append(MovementLine(UNEXPLAINED, part, rest))
    return more


def _with_effects(moved: Movement, lines: list[MovementLine], kind: Kind) -> list[MovementLine]:
    """Counts: each record is one. Ratios: a change of the numerator is weighed with the mean of 1/denominator
    before and after, one of the denominator with the mean numerator, so that neither comes first
    (the Shapley value of the two). Rounding goes to the line with the largest effect."""
    difference = moved.difference
    if difference is None or moved.before is None or moved.after is None or not lines:
        return lines
    per_record = {Part.VALUE: Decimal(1), **_weights(moved.before, moved.after)}
    effects = [(line.n * per_record[line.part]).quantize(PLACES) for line in lines]
    largest = max(range(len(effects)), key=lambda number: abs(effects[number]))
    effects[largest] += difference - sum(effects)
    return [replace(line, effect=effect) for line, effect in zip(lines, effects, strict=True)]


def _weights(before: Figure, after: Figure) -> dict[Part, Decimal]:
    """What one record of each part of a ratio adds to its value."""
    if not before.denominator or not after.denominator:
        return {}
    then, now = before.denominator, after.denominator
    numerators = ((before.numerator or Decimal(0)) + (after.numerator or Decimal(0))) / 2
    return {
        Part.NUMERATOR: (1 / then + 1 / now) / 2,
        # (1/now − 1/then) / (now − then) = −1 / (then · now), also where they are equal
        Part.DENOMINATOR: -numerators / (then * now),
    }
