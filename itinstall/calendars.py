"""Free days of installers: business days on which they are neither away nor at a site.

Pure: values in, days out. `selectors.installers.working_spans` makes the values from what is planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oversight.periods.calendars import FederalCalendar

__all__ = ["Busy", "Workspan", "business_days_within", "days_taken", "free_days"]


@dataclass(frozen=True, slots=True)
class Busy:
    """Days [first, end) on which an installer cannot begin anything else. `is_visit`: at a site, not away."""

    first: date
    end: date
    is_visit: bool = False


@dataclass(frozen=True, slots=True)
class Workspan:
    """One installer: works over [first, end), `end` None: with no end in sight. `busy` may overlap.

    `office`: slug of the only field office that the installer works for; "" for everywhere.
    """

    installer: int
    first: date
    end: date | None = None
    busy: Sequence[Busy] = ()
    office: str = ""

    def within(self, first: date, end: date) -> tuple[date, date] | None:
        """What [first, end) shares with the span; None when it is nothing."""
        start, stop = max(first, self.first), end if self.end is None else min(end, self.end)
        return (start, stop) if start < stop else None


def free_days(
    *, installers: Iterable[Workspan], first: date, end: date, calendar: FederalCalendar
) -> dict[int, tuple[date, ...]]:
    """Installer → the business days of [first, end), in order, on which the installer is free.

    Everybody asked about has an entry, also without a free day. Raises CalendarUnknown when federal holidays
    are not known for the range: nothing is guessed.
    """
    workdays = business_days_within(first, end, calendar)
    found = {}
    for one in installers:
        span = one.within(first, end)
        taken = days_taken(one.busy, *span) if span else set()
        found[one.installer] = tuple(
            day for day in workdays if span and span[0] <= day < span[1] and day not in taken
        )
    return found


def business_days_within(first: date, end: date, calendar: FederalCalendar) -> tuple[date, ...]:
    """The business days of [first, end), in order. Raises CalendarUnknown."""
    calendar.business_days(first, end)  # raises where holidays are not known, also for an empty answer
    days = (first + timedelta(days=number) for number in range((end - first).days))
    return tuple(day for day in days if calendar.is_business_day(day))


def days_taken(busy: Iterable[Busy], first: date, end: date) -> set[date]:
    """Days of [first, end) that `busy` takes, weekends and holidays among them."""
    return {
        start + timedelta(days=number)
        for span in busy
        for start in [max(span.first, first)]
        for number in range((min(span.end, end) - start).days)
    }
