"""Fiscal years, ranges and business days against slow references; local days around clock changes."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.periods.calendars import CalendarUnknown, FederalCalendar
from oversight.periods.fiscal import FiscalQuarter, FiscalYear, parse_period
from oversight.periods.ranges import DayRange
from oversight.periods.zones import day_bounds, local_date

D = dt.date
DAY = dt.timedelta(days=1)
DAYS = st.dates(D(1977, 1, 1), D(2100, 12, 31))
KNOWN = st.dates(D(2020, 1, 1), D(2026, 12, 31))
HOLIDAYS = st.sets(KNOWN, max_size=80).map(lambda days: days | {D(2020, 1, 1), D(2026, 12, 31)})
EASTERN = "America/New_York"


# --- fiscal years


def slow_fiscal_year(day: dt.date) -> int:
    return day.year + 1 if day.month in (10, 11, 12) else day.year


@given(DAYS)
def test_each_day_lies_in_one_year_and_one_quarter_of_it(day: dt.date) -> None:
    year, quarter = FiscalYear.of(day), FiscalQuarter.of(day)
    assert year.year == slow_fiscal_year(day)
    assert day in year.days
    assert day in quarter.days
    assert [day in part.days for part in year.quarters].count(True) == 1
    assert (
        quarter.number
        == {10: 1, 11: 1, 12: 1, 1: 2, 2: 2, 3: 2, 4: 3, 5: 3, 6: 3, 7: 4, 8: 4, 9: 4}[day.month]
    )
    assert parse_period(str(year)) == year
    assert parse_period(str(quarter)) == quarter


def test_fiscal_year_2026_is_what_the_law_says() -> None:
    year = FiscalYear(2026)
    assert (year.days.start, year.days.last, year.days.end) == (
        D(2025, 10, 1),
        D(2026, 9, 30),
        D(2026, 10, 1),
    )
    assert FiscalYear.of(D(2025, 9, 30)).year == 2025
    assert len(FiscalYear(2024).days) == 366
    assert len(FiscalYear(2026).days) == 365
    assert [quarter.days.start for quarter in year.quarters] == [
        D(2025, 10, 1), D(2026, 1, 1), D(2026, 4, 1), D(2026, 7, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["FY2026", "fy 2026", " FY 2026 "])
def test_a_fiscal_year_is_read_as_people_write_it(text: str) -> None:
    assert parse_period(text) == FiscalYear(2026)


@pytest.mark.parametrize("text", ["FY2026 Q2", "fy2026-q2", "FY2026Q2"])
def test_a_quarter_is_read_as_people_write_it(text: str) -> None:
    assert parse_period(text) == FiscalQuarter(FiscalYear(2026), 2)


@pytest.mark.parametrize(
    "text", ["", "2026", "FY26", "FY2026 Q5", "FY2026 Q0", "FY1950", "FY２０２６", "FY2026 x"]
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"fiscal year"):
        parse_period(text)


# --- ranges


@given(DAYS, DAYS, DAYS, DAYS)
def test_ranges_agree_with_their_days(a: dt.date, b: dt.date, c: dt.date, d: dt.date) -> None:
    left, right = DayRange(*sorted((a, b))), DayRange(*sorted((c, d)))
    # The ends suffice to compare two intervals day by day without listing a century.
    shared = [day for day in {a, b, c, d} if day in left and day in right]
    assert left.overlaps(right) == bool(shared) == right.overlaps(left)
    both = left.intersection(right)
    assert (both is None) == (not shared)
    if both is not None:
        assert both.start in left
        assert both.start in right
        assert len(both) == (min(left.end, right.end) - max(left.start, right.start)).days


@given(KNOWN, st.integers(0, 60))
def test_a_range_has_as_many_days_as_it_counts_and_not_its_end(day: dt.date, n: int) -> None:
    days = DayRange(day, day + n * DAY)
    assert list(days) == [day + k * DAY for k in range(n)]
    assert len(days) == n
    assert days.end not in days
    assert days.last == (days.end - DAY if n else None)
    assert bool(days) == bool(n)


def test_a_reversed_range_is_refused() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        DayRange(D(2025, 1, 2), D(2025, 1, 1))


# --- business days


def slow_count(start: dt.date, end: dt.date, holidays: set[dt.date]) -> int:
    n = 0
    while start < end:
        n += start.weekday() < 5 and start not in holidays
        start += DAY
    return n


def slow_add(day: dt.date, count: int, holidays: set[dt.date]) -> dt.date:
    step = DAY if count > 0 else -DAY
    left = abs(count)
    while left:
        day += step
        left -= day.weekday() < 5 and day not in holidays
    return day


@given(HOLIDAYS, KNOWN, KNOWN)
def test_business_days_are_those_counted_one_by_one(holidays: set[dt.date], a: dt.date, b: dt.date) -> None:
    start, end = sorted((a, b))
    calendar = FederalCalendar.from_days(holidays)
    assert calendar.business_days(start, end) == slow_count(start, end, holidays)
    assert calendar.is_business_day(a) == bool(slow_count(a, a + DAY, holidays))
    if start < end:
        with pytest.raises(ValueError, match="before it starts"):
            calendar.business_days(end, start)


@given(HOLIDAYS, st.dates(D(2021, 6, 1), D(2025, 6, 1)), st.integers(-200, 200))
def test_adding_business_days_is_walking_them(holidays: set[dt.date], day: dt.date, count: int) -> None:
    calendar = FederalCalendar.from_days(holidays)
    found = calendar.add_business_days(day, count)
    assert found == slow_add(day, count, holidays)
    if count > 0:
        assert calendar.business_days(day + DAY, found + DAY) == count
        assert calendar.is_business_day(found)


def test_outside_the_known_years_nothing_is_guessed() -> None:
    calendar = FederalCalendar.from_days([D(2025, 1, 1), D(2025, 12, 25)])
    assert calendar.business_days(D(2025, 1, 1), D(2026, 1, 1)) == 261 - 2
    assert calendar.add_business_days(D(2025, 12, 30), 1) == D(2025, 12, 31)
    for ask in (
        lambda: calendar.business_days(D(2024, 12, 31), D(2025, 2, 1)),
        lambda: calendar.business_days(D(2025, 12, 1), D(2026, 1, 2)),
        lambda: calendar.is_business_day(D(2026, 1, 1)),
        lambda: calendar.add_business_days(D(2025, 12, 30), 2),
        lambda: calendar.add_business_days(D(2025, 1, 3), -2),
        lambda: calendar.add_business_days(D(2026, 1, 1), 0),
    ):
        with pytest.raises(CalendarUnknown, match="known from 2025-01-01 to 2025-12-31"):
            ask()
    with pytest.raises(CalendarUnknown, match="migrate"):
        FederalCalendar.from_days([]).business_days(D(2025, 1, 1), D(2025, 1, 2))


# --- local days


@pytest.mark.parametrize(
    ("at", "zone", "day"),
    [
        # one minute before and at midnight in the East, before and after the clocks change
        (dt.datetime(2025, 3, 9, 4, 59, tzinfo=dt.UTC), EASTERN, D(2025, 3, 8)),
        (dt.datetime(2025, 3, 9, 5, 0, tzinfo=dt.UTC), EASTERN, D(2025, 3, 9)),
        (dt.datetime(2025, 3, 10, 3, 59, tzinfo=dt.UTC), EASTERN, D(2025, 3, 9)),
        (dt.datetime(2025, 3, 10, 4, 0, tzinfo=dt.UTC), EASTERN, D(2025, 3, 10)),
        (dt.datetime(2025, 11, 2, 3, 59, tzinfo=dt.UTC), EASTERN, D(2025, 11, 1)),
        (dt.datetime(2025, 11, 2, 4, 0, tzinfo=dt.UTC), EASTERN, D(2025, 11, 2)),
        (dt.datetime(2025, 11, 3, 4, 59, tzinfo=dt.UTC), EASTERN, D(2025, 11, 2)),
        (dt.datetime(2025, 11, 3, 5, 0, tzinfo=dt.UTC), EASTERN, D(2025, 11, 3)),
        # the same instant on both sides of the date line, of a fiscal year and of a leap day
        (dt.datetime(2025, 10, 1, 4, 30, tzinfo=dt.UTC), EASTERN, D(2025, 10, 1)),
        (dt.datetime(2025, 10, 1, 4, 30, tzinfo=dt.UTC), "America/Chicago", D(2025, 9, 30)),
        (dt.datetime(2024, 2, 29, 9, 59, tzinfo=dt.UTC), "Pacific/Honolulu", D(2024, 2, 28)),
        (dt.datetime(2024, 2, 29, 10, 0, tzinfo=dt.UTC), "Pacific/Honolulu", D(2024, 2, 29)),
        (dt.datetime(2024, 2, 29, 14, 0, tzinfo=dt.UTC), "Pacific/Guam", D(2024, 3, 1)),
    ],
)
def test_the_day_is_the_one_on_the_wall_there(at: dt.datetime, zone: str, day: dt.date) -> None:
    assert local_date(at, zone) == day
    begin, end = day_bounds(day, zone)
    assert begin <= at < end


@pytest.mark.parametrize(
    ("day", "hours"),
    [(D(2025, 3, 8), 24), (D(2025, 3, 9), 23), (D(2025, 11, 2), 25), (D(2024, 2, 29), 24)],
)
def test_a_day_on_which_the_clock_changes_has_an_hour_less_or_more(day: dt.date, hours: int) -> None:
    begin, end = day_bounds(day, EASTERN)
    assert end - begin == dt.timedelta(hours=hours)
    begin, end = day_bounds(day, "America/Phoenix")
    assert end - begin == dt.timedelta(hours=24)


FIRST, LAST = dt.datetime(2000, 1, 1), dt.datetime(2040, 1, 1)  # noqa: DTZ001 - hypothesis takes naive ends
ZONES = st.sampled_from([EASTERN, "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "Pacific/Guam"])


@given(st.datetimes(min_value=FIRST, max_value=LAST), ZONES)
def test_every_instant_lies_in_its_own_local_day_alone(naive: dt.datetime, zone: str) -> None:
    at = naive.replace(tzinfo=dt.UTC)
    day = local_date(at, zone)
    assert str(day) == at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d")
    begin, end = day_bounds(day, zone)
    assert begin <= at < end
    assert day_bounds(day + DAY, zone)[0] == end


def test_a_time_without_a_zone_and_an_unknown_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone, so it is no instant"):
        local_date(dt.datetime(2025, 1, 1), EASTERN)  # noqa: DTZ001 - that is the point
    for name in ("Mars/Olympus", "", "../etc/passwd", "America"):
        with pytest.raises(ValueError, match="is no time zone"):
            local_date(dt.datetime(2025, 1, 1, tzinfo=dt.UTC), name)
