"""Business days of the federal calendar: Monday to Friday without the holidays of the table `Holiday`.

Inauguration Day is no holiday here: 5 U.S.C. 6103(c) gives it to the District of Columbia area alone,
and the program's work lies in field offices all over the country (docs/periods.md).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from oversight.periods.ranges import DayRange

__all__ = ["CalendarUnknown", "FederalCalendar", "add_business_days", "business_days", "federal_calendar"]

WORKDAYS = 5  # Monday is 0


class CalendarUnknown(ValueError):
    """The days asked about lie outside the years whose holidays are known. Nothing is guessed."""


@dataclass(frozen=True, slots=True)
class FederalCalendar:
    """The holidays as read once; counts any number of ranges without asking the database again.

    `closed` holds, in order, the holidays that fall on Monday to Friday. `known` covers the whole
    calendar years from the first to the last holiday.
    """

    closed: tuple[date, ...]
    known: DayRange | None

    @classmethod
    def from_days(cls, days: Iterable[date]) -> FederalCalendar:
        found = sorted(set(days))
        if not found:
            return cls((), None)
        known = DayRange(date(found[0].year, 1, 1), date(found[-1].year + 1, 1, 1))
        return cls(tuple(day for day in found if day.weekday() < WORKDAYS), known)

    def is_business_day(self, day: date) -> bool:
        """Raises CalendarUnknown."""
        self._require_day(day)
        at = bisect_left(self.closed, day)
        return day.weekday() < WORKDAYS and not (at < len(self.closed) and self.closed[at] == day)

    def business_days(self, start: date, end: date) -> int:
        """How many business days [start, end) has. Raises ValueError (reversed range), CalendarUnknown."""
        DayRange(start, end)
        self._require(start, end)
        holidays = bisect_left(self.closed, end) - bisect_left(self.closed, start)
        return _weekdays_before(end) - _weekdays_before(start) - holidays

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, or before it when negative; `day` itself does not count.

        0 gives `day` back, whatever day it is. Raises CalendarUnknown when the answer lies outside.
        """
        self._require_day(day)
        if count == 0:
            return day
        first, end = self._known.start.toordinal(), self._known.end.toordinal()
        if count > 0:
            days = range(day.toordinal() + 1, end)
            at = bisect_left(days, count, key=lambda n: self._between(day.toordinal() + 1, n + 1))
        else:
            days = range(day.toordinal() - 1, first - 1, -1)
            at = bisect_left(days, -count, key=lambda n: self._between(n, day.toordinal()))
        if at == len(days):
            raise self._unknown(f"{abs(count)} business days {'after' if count > 0 else 'before'} {day}")
        return date.fromordinal(days[at])

    def _between(self, start: int, end: int) -> int:
        """Business days between two ordinals, end excluded."""
        return self.business_days(date.fromordinal(start), date.fromordinal(end))

    @property
    def _known(self) -> DayRange:
        if self.known is None:
            raise CalendarUnknown(
                "No federal holidays are known. An administrator runs “manage.py migrate”, which enters them."
            )
        return self.known

    def _require(self, start: date, end: date) -> None:
        if start < self._known.start or end > self._known.end:
            raise self._unknown(f"{start} to {end}")

    def _require_day(self, day: date) -> None:
        if day not in self._known:
            raise self._unknown(str(day))

    def _unknown(self, what: str) -> CalendarUnknown:
        return CalendarUnknown(
            f"{what}: federal holidays are known from {self._known.start} to {self._known.last}. "
            "An administrator adds later years under Holidays."
        )


def _weekdays_before(day: date) -> int:
    """Mondays to Fridays before `day`, counted from 0001-01-01, which was a Monday."""
    weeks, rest = divmod(day.toordinal() - 1, 7)
    return weeks * WORKDAYS + min(rest, WORKDAYS)


def federal_calendar() -> FederalCalendar:
    """The calendar as administrators keep it now. One query; read it once for one piece of work."""
    from oversight.periods.models import Holiday

    return FederalCalendar.from_days(Holiday.objects.order_by().values_list("day", flat=True))


def business_days(start: date, end: date) -> int:
    """Business days of [start, end). One query. Raises ValueError for a reversed range, CalendarUnknown."""
    return federal_calendar().business_days(start, end)


def add_business_days(day: date, count: int) -> date:
    """The `count`-th business day after (negative: before) `day`. One query. Raises CalendarUnknown."""
    return federal_calendar().add_business_days(day, count)
