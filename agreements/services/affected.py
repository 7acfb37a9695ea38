"""Which days a change of facts touches: those on which a figure may be another than before.

Days are told apart by what figures read of them: what stands on the day, what happened in a window up to it,
and which list was the newest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from agreements.choices import Status

__all__ = ["EXITS", "DayRange", "Event", "Span", "changed_days", "days_until_next", "merged", "window_days"]

DayRange = tuple[date, date | None]  # first day, first day no longer in it; None: open
Span = tuple[str, date, date | None]  # status, begins_on, ends_on
Event = tuple[str, date, int]  # status, begins_on, the list that says so
END = date.max
# How long an agreement has been pending is a figure too: another first day changes every day of the span.
AGING = frozenset({Status.PENDING})
EXITS = frozenset({Status.REMOVED, Status.SUPERSEDED})


def changed_days(old: Iterable[Span], new: Iterable[Span]) -> list[DayRange]:
    """The day ranges on which the two histories of one agreement differ, in order.

    A history says at most one status a day. Pending since another day differs too. Ranges are half-open.
    """
    old, new = list(old), list(new)
    edges = sorted({edge for _, begins, ends in (*old, *new) for edge in (begins, ends or END)})
    found = [
        (begins, None if ends == END else ends)
        for begins, ends in pairwise(edges)
        if _standing(old, begins) != _standing(new, begins)
    ]
    return merged(found)


def _standing(spans: list[Span], day: date) -> tuple[str, date | None] | None:
    """The status on the day, and since when where that counts."""
    return next(
        (
            (status, begins if status in AGING else None)
            for status, begins, ends in spans
            if begins <= day < (ends or END)
        ),
        None,
    )


def window_days(old: Iterable[Event], new: Iterable[Event], *, days: int) -> list[DayRange]:
    """The days whose last `days` days, themselves included, hold a first listing or an exit of one of the
    histories only. A few too many where an agreement left twice, or left the pending list."""
    differing = _counted(old) ^ _counted(new)
    return merged((begins, begins + timedelta(days=days)) for _, begins, _ in differing)


def _counted(events: Iterable[Event]) -> set[Event]:
    """Exits, and the first listing."""
    events = list(events)
    listed = [event for event in events if event[0] == Status.ACTIVE]
    exits = {event for event in events if event[0] in EXITS}
    return exits | ({min(listed, key=lambda event: event[1])} if listed else set())


def days_until_next(days: Iterable[date], steps: Sequence[date]) -> list[DayRange]:
    """From each of `days` to the next of `steps` (in order): while a list was the newest."""
    found = []
    for day in days:
        place = bisect_right(steps, day)
        found.append((day, steps[place] if place < len(steps) else None))
    return merged(found)


def merged(ranges: Iterable[DayRange]) -> list[DayRange]:
    """The same days in as few ranges as there are, in order."""
    result: list[DayRange] = []
    for begins, ends in sorted(ranges, key=lambda item: item[0]):
        if result and begins <= (result[-1][1] or END):
            last = result[-1][1]
            longer = None if last is None or ends is None else max(last, ends)
            result[-1] = (result[-1][0], longer)
        else:
            result.append((begins, ends))
    return result
