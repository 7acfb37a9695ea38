"""Which days have snapshots: the days facts come with, ends of months, and every day of late.

Apps say on which days their facts come, under a fixed key: `register_fact_days("agreements", list_days)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from oversight.metrics.selectors import newest_filled_day

__all__ = ["days_to_keep", "fact_days", "register_fact_days"]

DAYS_OF_LATE = 35  # five weeks: the longest step back that the home page offers, and some days
FactDays = Callable[[], Iterable[date]]
_providers: dict[str, FactDays] = {}


def register_fact_days(key: str, days: FactDays) -> None:
    """Add days on which facts come, e.g. those of lists. Raises ValueError when the key is taken."""
    if key in _providers:
        raise ValueError(f"Two parts name days of facts under the key {key!r}.")
    _providers[key] = days


def fact_days() -> list[date]:
    """The days on which facts came, in order."""
    return sorted({day for days in _providers.values() for day in days()})


def days_to_keep(*, today: date) -> list[date]:
    """The days up to `today` that should have figures, in order; none while there are no facts.

    The days of facts; the last day of each month since the first of them; the 35 days up to the newest of
    them and up to `today`; and every day since the newest that has figures, so that no day is lost while
    nobody computes.
    """
    facts = [day for day in fact_days() if day <= today]
    if not facts:
        return []
    days = {*facts, *_month_ends(facts[0], today)}
    newest = newest_filled_day(on_or_before=today)
    for last in (facts[-1], today):
        days.update(last - timedelta(days=number) for number in range(DAYS_OF_LATE))
    if newest is not None:
        days.update(newest + timedelta(days=number) for number in range((today - newest).days + 1))
    return sorted(days)


def _month_ends(first: date, last: date) -> Iterator[date]:
    """Last days of the months from that of `first`, up to and with `last`."""
    month = first.replace(day=1)
    while True:
        month = (month + timedelta(days=31)).replace(day=1)
        end = month - timedelta(days=1)
        if end > last:
            return
        yield end
