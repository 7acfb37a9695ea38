"""A month of one installer as a page shows it: weeks of days, each with what it goes to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from itinstall.models import InstallationVisit, Installer, InstallerAbsence
from oversight.periods.calendars import FederalCalendar

__all__ = ["Month", "MonthDay", "Week", "weeks_of"]

_TEXT = re.compile(r"(\d{4})-(\d{2})")
FIRST_YEAR, LAST_YEAR = 2000, 2100
DAYS = 7


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month. `text`: as in addresses, 2026-03."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month | None:
        """None when it is no month of the years 2000 to 2100."""
        found = _TEXT.fullmatch(text)
        if found is None or not text.isascii():
            return None
        year, number = int(found[1]), int(found[2])
        return cls(year, number) if FIRST_YEAR <= year <= LAST_YEAR and 1 <= number <= 12 else None

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def end(self) -> date:
        """The first day of the next month."""
        return self.next.first

    @property
    def next(self) -> Month:
        return Month(self.year + 1, 1) if self.number == 12 else Month(self.year, self.number + 1)

    @property
    def previous(self) -> Month:
        return Month(self.year - 1, 12) if self.number == 1 else Month(self.year, self.number - 1)

    @property
    def text(self) -> str:
        return f"{self.year}-{self.number:02d}"

    @property
    def words(self) -> str:
        """Example: March 2026."""
        return f"{self.first:%B} {self.year}"


@dataclass(frozen=True, slots=True)
class MonthDay:
    """One day. `kind`: free, away, visit, holiday, weekend, off (does not work here), unknown, outside."""

    day: date
    kind: str
    visits: Sequence[InstallationVisit] = field(default=())
    absence: InstallerAbsence | None = None
    holiday: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday."""

    monday: date
    days: Sequence[MonthDay]


@dataclass(frozen=True, slots=True)
class _Facts:
    month: Month
    installer: Installer
    absences: Sequence[InstallerAbsence]
    visits: Sequence[InstallationVisit]
    holidays: Mapping[date, str]
    calendar: FederalCalendar

    def day(self, day: date) -> MonthDay:
        one = self.installer
        if Month.of(day) != self.month:
            return MonthDay(day, "outside")
        if day < one.valid_from or (one.valid_to is not None and day >= one.valid_to):
            return MonthDay(day, "off")
        away = next((a for a in self.absences if a.begins_on <= day < a.ends_on), None)
        there = tuple(v for v in self.visits if v.begins_on <= day < v.ends_on)
        holiday = self.holidays.get(day, "")
        return MonthDay(day, self._kind(day, away, there), there, away, holiday)

    def _kind(self, day: date, away: InstallerAbsence | None, there: Sequence[InstallationVisit]) -> str:
        if there:
            return "visit"
        if away is not None:
            return "away"
        if day.weekday() >= 5:
            return "weekend"
        if day in self.holidays:
            return "holiday"
        return "free" if self.calendar.known is not None and day in self.calendar.known else "unknown"


def weeks_of(
    *,
    month: Month,
    installer: Installer,
    absences: Sequence[InstallerAbsence],
    visits: Sequence[InstallationVisit],
    holidays: Mapping[date, str],
    calendar: FederalCalendar,
) -> list[Week]:
    """The weeks that share a day with `month`, from Monday on. `holidays`: day → name."""
    facts = _Facts(month, installer, absences, visits, holidays, calendar)
    monday = month.first - timedelta(days=month.first.weekday())
    weeks = []
    while monday < month.end:
        weeks.append(Week(monday, [facts.day(monday + timedelta(days=n)) for n in range(DAYS)]))
        monday += timedelta(days=DAYS)
    return weeks
