"""Free days of installers against the obvious way: look at each day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinstall.calendars import Busy, Workspan, business_days_within, days_taken, free_days
from oversight.periods.calendars import CalendarUnknown, FederalCalendar

D = dt.date
HOLIDAYS = [D(2026, 1, 1), D(2026, 1, 19), D(2026, 2, 16), D(2026, 5, 25), D(2026, 12, 25)]
CALENDAR = FederalCalendar.from_days(HOLIDAYS)
days = st.dates(D(2026, 1, 1), D(2026, 3, 31))
lengths = st.integers(1, 20)


@st.composite
def workspans(draw, number: int) -> Workspan:
    busy = [
        Busy(start, start + dt.timedelta(days=draw(lengths)), draw(st.booleans()))
        for start in draw(st.lists(days, max_size=4))
    ]
    first = draw(days)
    end = draw(st.none() | lengths.map(lambda n: first + dt.timedelta(days=n)))
    return Workspan(number, first, end, busy)


def slowly(one: Workspan, first: dt.date, end: dt.date) -> list[dt.date]:
    free, day = [], first
    while day < end:
        works = one.first <= day and (one.end is None or day < one.end)
        away = any(span.first <= day < span.end for span in one.busy)
        if works and not away and day.weekday() < 5 and day not in HOLIDAYS:
            free.append(day)
        day += dt.timedelta(days=1)
    return free


@given(one=workspans(1), other=workspans(2), first=days, length=st.integers(0, 60))
def test_free_days_are_the_business_days_on_which_nothing_is_planned(one, other, first, length) -> None:
    end = first + dt.timedelta(days=length)
    found = free_days(installers=[one, other], first=first, end=end, calendar=CALENDAR)
    assert {key: list(value) for key, value in found.items()} == {
        1: slowly(one, first, end),
        2: slowly(other, first, end),
    }


@given(one=workspans(1), first=days, length=st.integers(0, 60))
def test_business_days_taken_and_free_add_up_for_who_works_throughout(one, first, length) -> None:
    end = first + dt.timedelta(days=length)
    always = Workspan(1, D(2026, 1, 1), None, one.busy)
    free = free_days(installers=[always], first=first, end=end, calendar=CALENDAR)[1]
    taken = days_taken(one.busy, first, end) & set(business_days_within(first, end, CALENDAR))
    assert len(free) + len(taken) == CALENDAR.business_days(first, end)


def test_days_whose_holidays_are_not_known_are_not_guessed() -> None:
    with pytest.raises(CalendarUnknown):
        free_days(
            installers=[Workspan(1, D(2026, 1, 1))],
            first=D(2026, 12, 1),
            end=D(2027, 2, 1),
            calendar=CALENDAR,
        )


def test_an_installer_of_another_year_is_free_on_no_day_of_this_one() -> None:
    gone = Workspan(7, D(2025, 1, 1), D(2026, 1, 1))
    assert free_days(installers=[gone], first=D(2026, 1, 5), end=D(2026, 1, 9), calendar=CALENDAR) == {7: ()}
