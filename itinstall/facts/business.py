"""Business days looked up, for tens of thousands of requests."""

from __future__ import annotations

from datetime import date, datetime

from oversight.periods.calendars import FederalCalendar, federal_calendar

__all__ = ["BusinessDays", "business_days_of_day"]


class BusinessDays:
    """Business days between two days given as numbers, looked up instead of counted."""

    def __init__(self, calendar: FederalCalendar) -> None:
        self.first, self._before = 0, [0]
        if calendar.known is not None:
            self.first = calendar.known.start.toordinal()
            closed = {day.toordinal() for day in calendar.closed}
            for number in range(self.first, calendar.known.end.toordinal()):
                is_open = number % 7 in _WEEKDAYS and number not in closed
                self._before.append(self._before[-1] + is_open)

    def between(self, first: int, end: int) -> int | None:
        """Of [first, end); None where federal holidays are not known."""
        start, stop = first - self.first, end - self.first
        if self.first == 0 or start < 0 or stop >= len(self._before):
            return None
        return self._before[stop] - self._before[start]


_WEEKDAYS = frozenset(range(1, 6))  # 0001-01-01, number 1, was a Monday


def business_days_of_day(_as_of: date, _known_at: datetime | None = None) -> BusinessDays:
    """The calendar as administrators keep it. One statement."""
    return BusinessDays(federal_calendar())
