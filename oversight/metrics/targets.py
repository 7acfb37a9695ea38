"""Whether a figure meets its target, and since when. Pure: figures in, verdicts out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from oversight.metrics.base import Subject
from oversight.metrics.choices import Direction
from oversight.metrics.models import Target

__all__ = ["Point", "Verdict", "is_met", "target_of", "verdict_of"]

Point = tuple[date, Decimal | None]  # a day with a figure, and its value


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of a target on a day. `met` None: no value on that day, so neither met nor missed.

    `since`: the first day of the unbroken run of days with the same answer. `is_open`: no earlier day with a
    value is stored although the target holds longer, so that it may be older.
    """

    target: Target
    met: bool | None
    since: date | None = None
    is_open: bool = False


def is_met(target: Target, value: Decimal) -> bool:
    """A value equal to the target meets it."""
    return value <= target.value if target.direction == Direction.AT_MOST else value >= target.value


def holds(target: Target, day: date) -> bool:
    return target.valid_from <= day and (target.valid_to is None or day < target.valid_to)


def target_of(targets: Iterable[Target], subject: Subject, day: date) -> Target | None:
    """The target of `subject` on `day`: its own, else that for every subject of the level."""
    held = [target for target in targets if target.level == subject.level and holds(target, day)]
    own = (target for target in held if not target.for_every and target.subject == subject.key)
    return next(own, None) or next((target for target in held if target.for_every), None)


def verdict_of(target: Target, points: Sequence[Point], day: date) -> Verdict:
    """The verdict on `day`. `points` in order of days; days without a value neither count nor interrupt."""
    within = [(at, value) for at, value in points if holds(target, at) and at <= day]
    if not within or within[-1][0] != day or within[-1][1] is None:
        return Verdict(target, None)
    valued = [(at, value) for at, value in within if value is not None]
    met = is_met(target, valued[-1][1])
    since = day
    for at, value in reversed(valued):
        if is_met(target, value) != met:
            return Verdict(target, met, since)
        since = at
    return Verdict(target, met, since, is_open=since > target.valid_from)
