"""The federal calendar, a fiscal year at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.periods import selectors
from oversight.periods.calendars import CalendarUnknown, FederalCalendar, federal_calendar
from oversight.periods.fiscal import FiscalQuarter, FiscalYear, parse_period
from oversight.periods.ranges import DayRange
from oversight.periods.zones import assumed

__all__ = ["Calendar"]


@dataclass(frozen=True, slots=True)
class QuarterLine:
    """A quarter and how many business days it has; None where the calendar does not reach."""

    label: str
    days: DayRange
    business_days: int | None


class Calendar(ActionRequired):
    """Holidays of a fiscal year with their source, business days by quarter, zones of field offices."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        today = timezone.localdate()
        year, problem = _asked(request.GET.get("fy", ""), FiscalYear.of(today))
        calendar = federal_calendar()
        zones = selectors.zones_of(user=user, on=today)
        lines = [_line(calendar, str(quarter), quarter.days) for quarter in year.quarters]
        context = {
            "year": year,
            "years": _years(calendar),
            "problem": problem,
            "total": _line(calendar, str(year), year.days),
            "quarters": lines,
            "holidays": selectors.holidays_of(user=user, days=year.days),
            "zones_entered": [line for line in zones if not line.answer.is_assumed],
            "offices_assumed": [line.office for line in zones if line.answer.is_assumed],
            "assumed_zone": assumed().zone,
            "today": today,
            "known": calendar.known,
            "may_change": self.may("reference.change"),
        }
        return render(request, "periods/calendar.html", context, status=400 if problem else 200)


def _asked(text: str, present: FiscalYear) -> tuple[FiscalYear, str]:
    """The year that the address names, or the present one and what was wrong with the address."""
    if not text:
        return present, ""
    try:
        period = parse_period(text)
    except ValueError as error:
        return present, str(error)
    return (period.fiscal_year if isinstance(period, FiscalQuarter) else period), ""


def _years(calendar: FederalCalendar) -> list[FiscalYear]:
    """The fiscal years that lie wholly in the calendar, newest first."""
    if calendar.known is None:
        return []
    return [FiscalYear(year) for year in range(calendar.known.end.year - 1, calendar.known.start.year, -1)]


def _line(calendar: FederalCalendar, label: str, days: DayRange) -> QuarterLine:
    try:
        return QuarterLine(label, days, calendar.business_days(days.start, days.end))
    except CalendarUnknown:
        return QuarterLine(label, days, None)
