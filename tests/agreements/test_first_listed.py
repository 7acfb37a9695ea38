"""When an agency was first on a participating list: by its own names, never by pending lists."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import RequestFactory
from django.urls import reverse

from agreements.choices import ListKind, SupportModel
from agreements.models import AgencyAlias, Observation, PrintedRow
from agreements.selectors.agencies import agency_list
from agreements.services.first_listed import first_listed_differences, first_listed_refresh
from agreements.services.store import CLEANING_VERSION
from agreements.tables.agencies import AgencyTable
from oversight.console.list_query import read_list
from oversight.console.lists import get_list
from oversight.exchange.list_exports import listed_rows
from tests.factories import AgencyFactory, AgreementFactory, PublicationFactory, UserFactory

pytestmark = pytest.mark.django_db
FEBRUARY, MARCH, APRIL = dt.date(2025, 2, 21), dt.date(2025, 3, 31), dt.date(2025, 4, 30)


def a_list(day: dt.date, kind: str = ListKind.PARTICIPATING):
    return PublicationFactory(published_on=day, kind=kind)


def prints(publication, agreement, *, name: str, key: str = "") -> None:
    """`publication` prints `agreement` under `name` (its agency's own name key unless given)."""
    row = PrintedRow.objects.create(
        digest=f"{publication.pk}-{name}", kind=publication.kind, cells={},
        cleaning_version=CLEANING_VERSION, name=name,
        canonical=key or agreement.agency.key_name, state_code="TX", agreement=agreement,
    )  # fmt: skip
    Observation.objects.create(publication=publication, row_number=2, printed_row=row)


def spelled(agency, publication, name: str) -> None:
    """What the register keeps: the first list of either kind with this spelling."""
    AgencyAlias.objects.create(
        agency=agency, name=name, first_publication=publication, last_publication=publication
    )


def first_listed(agency) -> dt.date | None:
    """As an import leaves it, which refreshes the day at its end."""
    first_listed_refresh()
    return agency_list(user=UserFactory()).get(pk=agency.pk).first_listed_on


def test_a_pending_list_is_no_first_listing() -> None:
    agreement = AgreementFactory()
    pending, listed = a_list(FEBRUARY, ListKind.PENDING), a_list(MARCH)
    agreement.first_publication = pending
    agreement.save()
    spelled(agreement.agency, pending, "Alpha SO")
    prints(pending, agreement, name="Alpha SO")
    assert first_listed(agreement.agency) is None
    prints(listed, agreement, name="Alpha SO")
    assert first_listed(agreement.agency) == MARCH


def test_a_pending_spelling_that_was_joined_on_arrival_leaves_the_later_name_its_day() -> None:
    agreement = AgreementFactory(agency=AgencyFactory(key_name="alpah"))
    spelled(agreement.agency, a_list(FEBRUARY, ListKind.PENDING), "Alpah SO")
    listed = a_list(MARCH)
    spelled(agreement.agency, listed, "Alpha SO")
    prints(listed, agreement, name="Alpha SO", key="alpha")
    assert first_listed(agreement.agency) == MARCH


def test_an_agreement_taken_over_does_not_bring_the_other_agencys_day() -> None:
    before, after = AgencyFactory(), AgencyFactory()
    first, later = a_list(FEBRUARY), a_list(APRIL)
    agreement = AgreementFactory(agency=after, first_publication=first)
    spelled(before, first, "Before PD")
    prints(first, agreement, name="Before PD", key=before.key_name)
    spelled(after, later, "After PD")
    prints(later, agreement, name="After PD")
    assert first_listed(after) == APRIL
    assert first_listed(before) == FEBRUARY, "it was on a list, whoever holds the agreement now"


def test_the_lists_of_an_agency_found_to_be_it_count() -> None:
    agency = AgencyFactory()
    double = AgencyFactory(merged_into=agency)
    agreement = AgreementFactory(agency=agency)
    pending, first, later = a_list(dt.date(2025, 1, 9), ListKind.PENDING), a_list(FEBRUARY), a_list(APRIL)
    spelled(agency, pending, "Old name")
    spelled(agency, later, "New name")
    prints(first, agreement, name="Old name", key=double.key_name)
    prints(later, agreement, name="New name")
    assert first_listed(agency) == FEBRUARY


def test_agencies_sort_by_it_and_the_export_says_the_same_day() -> None:
    days = [APRIL, FEBRUARY, MARCH]
    for day in days:
        agreement = AgreementFactory()
        listed = a_list(day)
        spelled(agreement.agency, listed, f"Name {day}")
        prints(listed, agreement, name=f"Name {day}")
    first_listed_refresh()
    query = RequestFactory().get("/", {"sort": "first_listed"}).GET
    reading = read_list(spec=get_list("agencies"), user=UserFactory(), query=query)
    assert [row.first_listed_on for row in reading.queryset] == sorted(days)
    place = list(AgencyTable.base_columns).index("first_listed")
    assert [row[place] for row in listed_rows(AgencyTable, reading.queryset).rows()] == sorted(days)


def test_the_kept_day_is_told_where_it_differs_and_no_row_is_written_where_it_does_not(
    django_assert_num_queries,
) -> None:
    agreement = AgreementFactory()
    AgencyFactory()
    listed = a_list(MARCH)
    prints(listed, agreement, name="Alpha SO")
    assert first_listed_differences() == {agreement.agency_id: MARCH}
    first_listed_refresh()
    with django_assert_num_queries(3):
        first_listed_refresh()
    Observation.objects.all().delete()
    assert first_listed_differences() == {agreement.agency_id: None}


def test_the_export_of_agencies_counts_agreements_in_force_by_model_as_the_page_does(client) -> None:
    agency = AgencyFactory(name="Alpha SO")
    AgencyFactory(name="Beta PD")
    for model in (SupportModel.TFM, SupportModel.JEM):
        AgreementFactory(agency=agency, model=model)
    user = UserFactory()
    rows = list(listed_rows(AgencyTable, agency_list(user=user).order_by("name")).rows())
    place = list(AgencyTable.base_columns).index("in_force")
    assert [row[place] for row in rows] == ["JEM 1, TFM 1", "None"]
    client.force_login(user)
    assert client.get(reverse("agreements:agency_list")).status_code == 200
