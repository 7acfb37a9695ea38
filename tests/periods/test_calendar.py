"""The federal calendar as kept: what the seed holds, who changes it, what the page shows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from oversight.access.actors import person
from oversight.access.permissions import NotAllowed
from oversight.periods import services
from oversight.periods.calendars import add_business_days, business_days, federal_calendar
from oversight.periods.models import Holiday, OfficeZone
from oversight.periods.zones import office_date, office_names, office_zone, office_zones
from oversight.trail.models import TrailEntry
from tests.factories import UserFactory
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
D = dt.date

# 5 U.S.C. 6103 as the Office of Personnel Management prints it, written out by hand.
OPM_2021 = [
    "01-01",
    "01-18",
    "02-15",
    "05-31",
    "06-18",
    "07-05",
    "09-06",
    "10-11",
    "11-11",
    "11-25",
    "12-24",
    "12-31",
]
OPM_2026 = ["01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25"]


@pytest.fixture
def administrator():
    return UserFactory(role="", is_administrator=True)


def off(year: int) -> list[str]:
    days = Holiday.objects.filter(day__year=year).values_list("day", flat=True)
    return [day.strftime("%m-%d") for day in days if day.weekday() < 5]


def test_the_seed_is_the_published_calendar() -> None:
    assert off(2021) == OPM_2021
    assert off(2026) == OPM_2026
    first, last = Holiday.objects.first(), Holiday.objects.last()
    assert (first.day, last.day) == (D(2000, 1, 1), D(2040, 12, 25))
    assert not Holiday.objects.filter(source="").exists()
    assert Holiday.objects.get(day=D(2026, 7, 3)).is_observed
    assert not Holiday.objects.get(day=D(2026, 7, 4)).is_observed


@pytest.mark.parametrize("day", [D(2017, 1, 20), D(2021, 1, 20)])
def test_inauguration_day_is_a_business_day_outside_the_capital(day: dt.date) -> None:
    assert federal_calendar().is_business_day(day)


def test_days_closed_by_a_president_count_and_half_days_do_not() -> None:
    calendar = federal_calendar()
    assert not calendar.is_business_day(D(2018, 12, 5))
    assert "President" in Holiday.objects.get(day=D(2018, 12, 5)).source
    assert calendar.is_business_day(D(2015, 12, 24))


def test_the_fiscal_year_of_2026_by_hand() -> None:
    # 261 weekdays; 11 holidays and 2 days that the President closed in December 2025
    assert business_days(D(2025, 10, 1), D(2026, 10, 1)) == 261 - 11 - 2
    assert business_days(D(2024, 2, 28), D(2024, 3, 1)) == 2  # with 29 February
    assert add_business_days(D(2025, 12, 23), 1) == D(2025, 12, 29)
    assert add_business_days(D(2026, 7, 2), 1) == D(2026, 7, 6)
    assert add_business_days(D(2026, 7, 6), -1) == D(2026, 7, 2)


def test_each_count_is_one_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        business_days(D(2000, 1, 1), D(2040, 12, 31))
    with django_assert_num_queries(1):
        add_business_days(D(2000, 1, 1), 5000)


def test_the_seed_fills_an_empty_table_only() -> None:
    assert services.holidays_load() is False
    Holiday.objects.filter(day=D(2026, 12, 25)).delete()
    assert services.holidays_load() is False
    assert not Holiday.objects.filter(day=D(2026, 12, 25)).exists()
    Holiday.objects.all().delete()
    assert services.holidays_load() is True
    assert off(2026) == OPM_2026


# --- who changes it


def test_administrators_change_holidays_and_every_change_is_in_the_trail(administrator) -> None:
    actor, day = person(administrator), D(2027, 1, 8)
    assert business_days(day, day + dt.timedelta(days=1)) == 1
    holiday = services.holiday_create(actor=actor, day=day, name="Day of Mourning", source="Executive order")
    assert business_days(day, day + dt.timedelta(days=1)) == 0
    services.holiday_change(
        actor=actor,
        holiday=holiday,
        name="National Day of Mourning",
        source="Executive order",
        is_observed=False,
    )
    services.holiday_change(
        actor=actor,
        holiday=holiday,
        name="National Day of Mourning",
        source="Executive order",
        is_observed=False,
    )  # nothing changes, nothing is written
    services.holiday_remove(actor=actor, holiday=holiday, reason="Wrong year")
    assert business_days(day, day + dt.timedelta(days=1)) == 1
    entries = list(TrailEntry.objects.filter(object_type="periods.holiday").order_by("pk"))
    assert [entry.verb for entry in entries] == ["holiday.created", "holiday.changed", "holiday.deleted"]
    assert (entries[1].before, entries[1].after) == (
        {"name": "Day of Mourning"},
        {"name": "National Day of Mourning"},
    )
    assert entries[2].before["day"] == "2027-01-08"
    assert entries[2].reason == "Wrong year"


def test_wrong_holidays_are_refused(administrator) -> None:
    actor = person(administrator)
    for wrong in (
        {"day": D(2026, 12, 25), "name": "Christmas again", "source": "x"},
        {"day": D(2027, 1, 8), "name": " ", "source": "x"},
        {"day": D(2027, 1, 8), "name": "x", "source": ""},
    ):
        with pytest.raises(ValidationError):
            services.holiday_create(actor=actor, **wrong)
    assert not TrailEntry.objects.filter(object_type="periods.holiday").exists()


@pytest.mark.parametrize("role", ["hq", "field_pm", "auditor"])
def test_nobody_else_changes_holidays(role: str) -> None:
    actor, holiday = person(UserFactory(role=role)), Holiday.objects.first()
    for call in (
        lambda: services.holiday_create(actor=actor, day=D(2027, 1, 8), name="x", source="x"),
        lambda: services.holiday_change(actor=actor, holiday=holiday, name="x", source="x", is_observed=True),
        lambda: services.holiday_remove(actor=actor, holiday=holiday),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_the_admin_changes_a_holiday_with_a_reason(client, administrator) -> None:
    client.force_login(administrator)
    holiday = Holiday.objects.get(day=D(2026, 12, 25))
    address = reverse("admin:periods_holiday_change", args=[holiday.pk])
    data = {"day": "2026-12-26", "name": "Christmas", "source": "5 U.S.C. 6103(a)", "reason": "Shorter"}
    assert client.post(address, data).status_code == 302
    holiday.refresh_from_db()
    assert (holiday.day, holiday.name) == (D(2026, 12, 25), "Christmas")
    entry = TrailEntry.objects.get(verb="holiday.changed")
    assert entry.reason == "Shorter"
    assert entry.before["name"] == "Christmas Day"


# --- zones of offices


def test_an_office_without_a_zone_says_that_headquarters_zone_is_assumed() -> None:
    OfficeZone.objects.create(
        office_slug="houston",
        zone="America/Chicago",
        source="Office",
        valid_from=D(2025, 1, 1),
        valid_to=D(2026, 1, 1),
    )
    inside = office_zone(slug="houston", on=D(2025, 12, 31))
    assert (inside.zone, inside.is_assumed) == ("America/Chicago", False)
    for on in (D(2024, 12, 31), D(2026, 1, 1)):
        answer = office_zone(slug="houston", on=on)
        assert (answer.zone, answer.is_assumed) == ("America/New_York", True)
    assert set(office_zones(on=D(2025, 6, 1))) == {"houston"}
    assert office_zones(on=D(2026, 6, 1)) == {}


def test_the_admin_takes_known_zones_of_known_offices_once_a_day(client, administrator) -> None:
    client.force_login(administrator)
    address = reverse("admin:periods_officezone_add")
    good = {
        "office_slug": "houston",
        "zone": "America/Chicago",
        "source": "Office",
        "valid_from": "2025-01-01",
    }
    assert office_names()["houston"] == "Houston"
    for wrong, words in (
        ({"zone": "America/Houston"}, "is no time zone"),
        ({"office_slug": "atlantis"}, "not one of the available choices"),
        ({"valid_to": "2024-12-31"}, "on or before the start"),
    ):
        response = client.post(address, good | wrong)
        assert response.status_code == 200
        assert words in response.content.decode()
    assert client.post(address, good).status_code == 302
    again = client.post(address, good | {"valid_from": "2025-06-01", "zone": "America/Denver"})
    assert "End that first" in again.content.decode()
    assert TrailEntry.objects.filter(object_type="periods.officezone").count() == 1


# --- the page


def test_the_page_shows_a_fiscal_year_with_its_sources(client) -> None:
    client.force_login(UserFactory(role="field_pm"))
    OfficeZone.objects.create(
        office_slug="houston", zone="America/Chicago", source="Office", valid_from=D(2025, 1, 1)
    )
    page = client.get(reverse("periods:calendar"), {"fy": "FY2026"})
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count('<th scope="row" class="date">20') == 14  # 11 holidays, July 4 itself, 2 closings
    assert "Independence Day (observed)" in text
    assert "5 U.S.C. 6103(a)" in text
    assert "<strong>248</strong>" in text
    assert "2026-10-12" not in text
    assert "Edit holidays" not in text
    assert "Assumed</span> America/New_York for 24 field offices: Atlanta, " in text
    assert "America/Chicago" in text


def test_the_page_offers_administrators_to_edit(client, administrator) -> None:
    client.force_login(administrator)
    assert "Edit holidays" in client.get(reverse("periods:calendar")).content.decode()


def test_a_year_that_is_none_or_not_known_is_said_in_words(client) -> None:
    client.force_login(UserFactory())
    wrong = client.get(reverse("periods:calendar"), {"fy": "2026"})
    assert wrong.status_code == 400
    assert "is no fiscal year" in wrong.content.decode()
    later = client.get(reverse("periods:calendar"), {"fy": "FY2050"})
    assert "No holidays are known for FY 2050" in later.content.decode()
    assert "Not known" in later.content.decode()


def test_the_page_costs_the_same_for_every_year(client) -> None:
    client.force_login(UserFactory())
    with baseline_queries("calendar"):
        client.get(reverse("periods:calendar"), {"fy": "FY2030"})


# --- the date at an office


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "houston", "headquarters"),
    [
        (utc(2024, 2, 29, 4, 59), D(2024, 2, 28), D(2024, 2, 28)),
        (utc(2024, 2, 29, 5, 0), D(2024, 2, 28), D(2024, 2, 29)),
        (utc(2024, 2, 29, 6, 0), D(2024, 2, 29), D(2024, 2, 29)),
        (utc(2024, 3, 1, 5, 59), D(2024, 2, 29), D(2024, 3, 1)),
        # Clocks go forward on March 9, 2025, and back on November 2.
        (utc(2025, 3, 9, 5, 59), D(2025, 3, 8), D(2025, 3, 9)),
        (utc(2025, 3, 10, 4, 59), D(2025, 3, 9), D(2025, 3, 10)),
        (utc(2025, 3, 10, 5, 0), D(2025, 3, 10), D(2025, 3, 10)),
        (utc(2025, 11, 2, 4, 59), D(2025, 11, 1), D(2025, 11, 2)),
        (utc(2025, 11, 3, 5, 59), D(2025, 11, 2), D(2025, 11, 3)),
        # A fiscal year begins an hour later in Houston.
        (utc(2025, 10, 1, 4, 30), D(2025, 9, 30), D(2025, 10, 1)),
    ],
)
def test_the_date_at_an_office_is_that_of_its_own_midnight(at, houston, headquarters) -> None:
    OfficeZone.objects.create(
        office_slug="houston", zone="America/Chicago", source="Office", valid_from=D(2020, 1, 1)
    )
    assert office_date(slug="houston", at=at) == houston
    assert office_date(slug="miami", at=at) == headquarters  # nobody entered its zone


def test_the_date_follows_the_zone_that_holds_on_it() -> None:
    zone = {"office_slug": "houston", "source": "Office"}
    OfficeZone.objects.create(
        **zone, zone="America/Chicago", valid_from=D(2024, 1, 1), valid_to=D(2025, 1, 1)
    )
    OfficeZone.objects.create(**zone, zone="Pacific/Honolulu", valid_from=D(2025, 1, 1))
    assert office_date(slug="houston", at=utc(2024, 6, 1, 5, 0)) == D(2024, 6, 1)
    assert office_date(slug="houston", at=utc(2025, 6, 1, 9, 59)) == D(2025, 5, 31)
    assert office_date(slug="houston", at=utc(2023, 6, 1, 4, 0)) == D(2023, 6, 1)  # headquarters' zone


def test_the_date_at_an_office_is_one_query(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        office_date(slug="houston", at=utc(2025, 6, 1, 5, 0))
