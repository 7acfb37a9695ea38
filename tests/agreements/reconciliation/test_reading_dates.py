"""When lists were made, and what cells mean."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from agreements.reconciliation.cleaning import clean, date_of, model_of, type_of
from agreements.reconciliation.geography import adjoining_states
from agreements.reconciliation.lists import date_list, future_guard, list_guard, order_key, row_count_guard
from agreements.reconciliation.types import PARTICIPATING, PENDING, Parameters, Refused

from .support import geography, row

P = Parameters()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dated(name, modified="", newest=None):
    return date_list(name, at(modified) if modified else None, newest, P)


def codes(dating):
    return [flag.code for flag in dating.flags]


def test_the_modified_date_orders_and_the_name_dates():
    found = dated("participatingAgencies09152025am.xlsx", "2025-09-12T18:39:57")
    assert (found.published_on, found.basis, codes(found)) == (date(2025, 9, 15), "modified", [])


def test_a_name_a_year_early_is_flagged_and_not_believed():
    found = dated("participatingAgencies01092025pm.xlsx", "2026-01-08T20:13:31", date(2026, 1, 8))
    assert found.published_on == date(2026, 1, 8)
    assert codes(found) == ["name_date_far", "name_date_before_signing"]


def test_a_name_before_the_newest_signing_is_flagged():
    found = dated("participatingAgencies08022025pm.xlsx", "2025-08-05T20:05:26", date(2025, 8, 4))
    assert codes(found) == ["name_date_before_signing"]


def test_a_malformed_name_is_repaired_and_flagged():
    found = dated("participatingAgencies090022025am.xlsx", "2025-09-02T12:11:44")
    assert (found.published_on, codes(found)) == (date(2025, 9, 2), ["name_date_malformed"])


def test_an_earlier_stamp_beats_the_date_of_a_saved_again_workbook():
    found = dated("participatingAgencies-20250301180751.xlsx", "2025-04-16T16:09:04")
    assert (found.ordered_at, found.basis, found.resaved) == (at("2025-03-01T18:07:51"), "stamp", True)
    early = dated("participatingAgencies-20250221214937.xlsx", "2025-02-21T14:51:12")
    assert (early.basis, early.resaved) == ("modified", False)


def test_late_in_the_evening_it_is_still_the_day_in_new_york():
    assert dated("list.xlsx", "2025-11-05T03:30:00").published_on == date(2025, 11, 4)


def test_am_comes_before_mid_before_pm():
    names = [f"participatingAgencies10172025{part}.xlsx" for part in ("pm", "am", "mid")]
    keys = sorted(order_key(dated(name), name) for name in names)
    assert [key[1] for key in keys] == [0, 1, 2]
    same = [order_key(dated(name, "2025-10-17T12:00:00"), name)[1] for name in names]
    assert same == [2, 0, 1]


def test_a_list_without_any_date_is_refused():
    with pytest.raises(Refused, match="when the list was made"):
        dated("list.xlsx")


def test_far_too_few_rows_can_be_overruled_and_none_cannot():
    row_count_guard(70, 100, P)
    row_count_guard(0, 100, P, kind=PENDING)
    with pytest.raises(Refused) as few:
        row_count_guard(69, 100, P)
    assert few.value.overridable
    with pytest.raises(Refused) as none:
        row_count_guard(0, None, P)
    assert not none.value.overridable


NOW = at("2025-10-22T12:00:00")


@pytest.mark.parametrize(
    ("name", "modified"), [("list.xlsx", "2025-10-24T12:00:00"), ("participatingAgencies10242025am.xlsx", "")]
)
def test_a_list_made_up_to_two_days_ahead_of_the_clock_is_taken(name, modified):
    future_guard(dated(name, modified), at("2025-10-22T13:00:00"))


@pytest.mark.parametrize(
    ("name", "modified", "sentence"),
    [
        ("participatingAgencies10222025am.xlsx", "2099-01-01T12:00:00", "last saved on 2099-01-01"),
        ("list.xlsx", "2025-10-24T12:00:01", "last saved on 2025-10-24"),
        ("participatingAgencies10252025am.xlsx", "", "file's name says 2025-10-25"),
    ],
)
def test_a_list_from_the_future_can_only_be_taken_with_a_reason(name, modified, sentence):
    with pytest.raises(Refused, match=sentence) as ahead:
        future_guard(dated(name, modified), NOW)
    assert ahead.value.overridable


def test_all_that_speaks_against_a_list_is_said_at_once():
    late = dated("list.xlsx", "2099-01-01T12:00:00")
    with pytest.raises(Refused, match=r"has 69 rows.*made in the future") as both:
        list_guard(69, 100, late, kind=PARTICIPATING, now=NOW, parameters=P)
    assert both.value.overridable
    with pytest.raises(Refused, match="no rows") as none:
        list_guard(0, 100, late, kind=PARTICIPATING, now=NOW, parameters=P)
    assert not none.value.overridable
    list_guard(0, 100, dated("list.xlsx", "2025-10-22T12:00:00"), kind=PENDING, now=NOW, parameters=P)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-08-07", "2025-08-07"),
        ("8/7/2025", "2025-08-07"),
        ("05/082025", "2025-05-08"),
        ("8/282025", "2025-08-28"),
        ("45723", "2025-03-07"),
        ("5025-08-07", "2025-08-07"),
        ("8/7/5025", "2025-08-07"),
        ("8/7/20026", "2026-08-07"),
        ("August 7, 2025", "2025-08-07"),
        ("8/7/25", "2025-08-07"),
        ("2025-08-07 00:00:00", "2025-08-07"),
        ("8/7/1995", None),
        ("13/45/2025", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates_in_every_printed_form(text, day):
    assert date_of(text).day == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Warrant Services Officer ", "WSO"),
        ("Warrant Service Office", "WSO"),
        ("Jail Enforcment Model", "JEM"),
        ("Task Force Officer", "TFM"),
        ("Jail & Task Force", "JOINT"),
        ("Cooperation", ""),
        ("", ""),
    ],
)
def test_models(text, model):
    assert model_of(text)[0] == model


def test_types():
    assert [type_of(text)[0] for text in ("Muncipality ", "County ", "State", "State Agency", "#NA", "")] == [
        "municipal", "county", "state", "state", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "county", "agency", "fips", "flag"),
    [
        ("PENNSLYVANIA", "Alleghany County ", "X Police", "42003", "state_typo"),
        ("UTAHJ", "Sevier County", "X Police", "49041", "state_typo"),
        ("TEXAS", "\nHarris County", "X Police", "48201", ""),
        ("TEXAS", "Harris", "X Police", "48201", ""),
        ("TEXAS", "#N/A", "Harris County Sheriff's Office", "48201", ""),
        ("TEXAS", "Bowie County", "Harris County Sheriff's Office", "48201", "county_from_name"),
        ("ARKANSAS", "Bowie County", "Texarkana Police", "", "county_of_adjoining_state"),
        ("MISSOURI", "North County", "North County Police Cooperative", "", "county_unknown"),
        ("VIRGINIA", "Hopewell city", "Hopewell Police", "51670", ""),
        ("LOUISIANA", "Union County", "X Police", "22111", ""),
        ("FLORIDA", "Saint Lucie", "X Police", "12111", ""),
        ("GUAM", "Kattan District", "Office of the Attorney General", "66010", ""),
        ("NORTHERN MARIANA ISLANDS", "#NA", "CNMI Department of Corrections", "", ""),
        ("ATLANTIS", "Harris County", "X Police", "", "state_unknown"),
    ],
)
def test_states_and_counties(state, county, agency, fips, flag):
    found = clean(row(agency, state=state, county=county), geography())
    assert found.county_fips == fips
    assert flag in (*found.flags, "")
    if not flag:
        assert found.flags == ()


def test_borders_are_symmetric():
    borders = adjoining_states()
    assert all(left in borders[right] for left, others in borders.items() for right in others)
    assert len(borders) == 49
