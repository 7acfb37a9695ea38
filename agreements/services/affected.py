"""Which days a change of statements touches: those on which a status is another than before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

__all__ = ["DayRange", "Span", "changed_days", "merged"]

DayRange = tuple[date, date | None]  # first day, first day no longer in it; None: open
Span = tuple[str, date, date | None]  # status, begins_on, ends_on
END = date.max


def changed_days(old: Iterable[Span], new: Iterable[Span]) -> list[DayRange]:
    """The day ranges on which the two histories of one agreement differ, in order.

    A history says at most one status a day. Ranges are half-open.
    """
    old, new = list(old), list(new)
    edges = sorted({edge for _, begins, ends in (*old, *new) for edge in (begins, ends or END)})
    found = [
        (begins, None if ends == END else ends)
        for begins, ends in pairwise(edges)
        if _status(old, begins) != _status(new, begins)
    ]
    return merged(found)


def _status(spans: list[Span], day: date) -> str | None:
    return next((status for status, begins, ends in spans if begins <= day < (ends or END)), None)


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
