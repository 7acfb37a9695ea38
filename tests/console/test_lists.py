"""Lists: filters and sort in the address, problems in words, saved views, htmx, scope."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from agreements.choices import Status, SupportModel
from oversight.access.choices import Role
from oversight.access.permissions import MATRIX
from oversight.console.list_query import filters_only, read_list, sort_paths
from oversight.console.lists import all_lists, get_list
from oversight.console.models import SavedView
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    StateFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def hq(client: Client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    return user


def reader_of(spec):
    """Somebody whose role opens the list."""
    return UserFactory(role=next(role for role in Role if role in MATRIX[spec.action]))


def rows(user, key: str, query: str) -> list[str]:
    reading = read_list(spec=get_list(key), user=user, query=QueryDict(query))
    assert not reading.problems, reading.problems
    return [str(row.ref) for row in reading.queryset]


@pytest.mark.parametrize("spec", all_lists(), ids=lambda spec: spec.key)
def test_every_sortable_column_of_every_list_sorts_both_ways(spec, hq) -> None:
    for name in sort_paths(spec):
        for sort in (name, f"-{name}"):
            reading = read_list(spec=spec, user=hq, query=QueryDict(f"sort={sort}"))
            assert reading.problems == []
            list(reading.queryset[:2])


@pytest.mark.parametrize("spec", all_lists(), ids=lambda spec: spec.key)
def test_every_list_opens_and_says_what_to_do_when_it_is_empty(spec, client) -> None:
    client.force_login(reader_of(spec))
    response = client.get(reverse(spec.page))
    assert response.status_code == 200
    if response.context["count"] == 0:
        assert spec.empty in response.content.decode()


@pytest.mark.parametrize("spec", all_lists(), ids=lambda spec: spec.key)
def test_every_filter_has_a_label_and_a_field_in_the_form(spec, client) -> None:
    client.force_login(reader_of(spec))
    text = client.get(reverse(spec.page)).content.decode()
    for name, one in spec.filterset.base_filters.items():
        assert one.label, f"{spec.key}.{name} has no label"
        assert re.search(rf'name="{name}"', text), f"{spec.key}.{name} is not on the page"


@pytest.mark.parametrize(
    "query", ["colour=red", "state=QQ", "status=gone", "sort=secret", "signed_from=soon"]
)
def test_what_an_address_asks_and_the_list_does_not_know_shows_no_rows_and_says_so(query, client, hq) -> None:
    AgreementFactory()
    response = client.get(f"{reverse('agreements:agreement_list')}?{query}")
    text = response.content.decode()
    assert response.status_code == 200
    assert "MOA-TEST" not in text
    assert "No rows are shown" in text
    assert "Leave it out" in text


def test_a_damaged_page_cursor_shows_no_rows_and_a_way_on(client, hq) -> None:
    AgreementFactory()
    text = client.get(f"{reverse('agreements:agreement_list')}?after=zzz").content.decode()
    assert "MOA-TEST" not in text
    assert "damaged" in text


def test_filters_of_agreements_cut_to_what_they_say(hq) -> None:
    texas, florida = StateFactory(code="TX"), StateFactory(code="FL")
    a = AgreementFactory(agency=AgencyFactory(state=texas, name="Alpha County SO"), model=SupportModel.JEM)
    b = AgreementFactory(
        agency=AgencyFactory(state=florida, name="Beta County SO"), model=SupportModel.TFM,
        status=Status.MISSING, signed_on=dt.date(2025, 5, 1), moa_url="https://example.org/b.pdf",
    )  # fmt: skip
    c = AgreementFactory(
        agency=a.agency, model=SupportModel.WSO, status=Status.SUSPENDED, list_status=Status.ACTIVE
    )
    everything = {a.ref, b.ref, c.ref}
    for query, found in {
        "": everything,
        "q=alpha": {a.ref, c.ref},
        f"q={b.ref}": {b.ref},
        "state=FL": {b.ref},
        "model=JEM": {a.ref},
        "model=JEM&model=WSO": {a.ref, c.ref},
        "status=active&status=missing": {a.ref, b.ref},
        "listed=yes": {a.ref, c.ref},
        "listed=no": {b.ref},
        "moa=yes": {b.ref},
        "moa=no": {a.ref, c.ref},
        "signed_from=2025-05-01": {b.ref},
        "signed_until=2025-04-30": {a.ref, c.ref},
        "office=unknown": everything,
        "days=1": everything,
        "since_until=2000-01-01": set(),
    }.items():
        assert set(rows(hq, "agreements", query)) == found, query


def test_filters_of_agencies_speak_about_one_agreement_at_a_time(hq) -> None:
    both, one, none = AgencyFactory(), AgencyFactory(), AgencyFactory()
    AgreementFactory(agency=both, model=SupportModel.JEM, status=Status.REMOVED)
    AgreementFactory(agency=both, model=SupportModel.TFM)
    AgreementFactory(agency=one, model=SupportModel.JEM)
    assert set(rows(hq, "agencies", "model=JEM&in_force=yes")) == {one.ref}
    assert set(rows(hq, "agencies", "model=JEM")) == {one.ref}, "alone it means: in force"
    assert set(rows(hq, "agencies", "listed=yes")) == {both.ref, one.ref}
    assert set(rows(hq, "agencies", "in_force=no")) == {none.ref}
    assert set(rows(hq, "agencies", "pm=no")) == {both.ref, one.ref, none.ref}


def test_an_office_filter_means_the_office_of_today(hq) -> None:
    past, now = AgencyFactory(), AgencyFactory()
    houston = FieldOfficeFactory(slug="houston")
    AgencyOfficeFactory(agency=past, office=houston, valid_to=dt.date(2021, 1, 1))
    AgencyOfficeFactory(agency=now, office=houston)
    assert rows(hq, "agencies", "office=houston") == [now.ref]
    assert rows(hq, "agencies", "office=unknown") == [past.ref]


def test_a_field_pm_sees_the_rows_of_the_own_office_only_and_the_count_agrees(client) -> None:
    pm = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    mine, foreign = AgencyFactory(name="Mine SO"), AgencyFactory(name="Foreign SO")
    AgencyOfficeFactory(agency=mine, office=pm.office)
    AgreementFactory(agency=mine)
    AgreementFactory(agency=foreign)
    client.force_login(pm.user)
    response = client.get(reverse("agreements:agreement_list"))
    assert response.context["count"] == 1
    assert "Mine SO" in response.content.decode()
    assert "Foreign SO" not in response.content.decode()


def test_htmx_gets_the_results_alone_at_the_same_address(client, hq) -> None:
    address = reverse("agreements:agreement_list")
    part = client.get(address, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"data-announce" in part.content
    assert "HX-Request" in part["Vary"]
    back = client.get(address, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" in back.content


def test_chips_name_the_filters_in_force_and_each_link_drops_one(client, hq) -> None:
    StateFactory(code="TX")
    response = client.get(f"{reverse('agreements:agreement_list')}?state=TX&model=JEM&model=WSO&sort=ref")
    chips = {chip.label: chip for chip in response.context["chips"]}
    assert chips["State"].value == "Texas"
    assert chips["State"].query == "model=JEM&model=WSO&sort=ref"
    assert chips["Model"].value == "JEM, WSO"
    assert "No rows match your filters" in response.content.decode()


def test_the_sorted_column_says_so_and_a_click_turns_it_round(client, hq) -> None:
    AgreementFactory()
    text = client.get(f"{reverse('agreements:agreement_list')}?sort=ref").content.decode()
    assert text.count("aria-sort=") == 1
    assert 'aria-sort="ascending"' in text
    assert "sort=-ref" in text


def test_pages_hold_fifty_rows_and_lead_on_and_back(client, hq) -> None:
    agency = AgencyFactory()
    for _ in range(60):
        AgreementFactory(agency=agency)
    address = reverse("agreements:agreement_list")
    first = client.get(address)
    assert len(first.context["page"].rows) == 50
    second = client.get(f"{address}?{first.context['next_query']}")
    assert [second.context["page"].first, len(second.context["page"].rows)] == [51, 10]
    assert "Rows 51–60 of 60" in second.content.decode()
    seen = {row.pk for row in (*first.context["page"].rows, *second.context["page"].rows)}
    assert len(seen) == 60


def test_an_export_link_carries_the_filters_and_not_the_page(client, hq) -> None:
    AgreementFactory(model=SupportModel.JEM)
    text = client.get(f"{reverse('agreements:agreement_list')}?model=JEM&before=end").content.decode()
    assert "list=agreements&amp;format=csv&amp;model=JEM" in text
    assert "before=end&" not in text


def test_filters_only_drops_pages_and_empty_values() -> None:
    kept = filters_only(QueryDict("state=TX&q=&after=abc&print=1&sort=-ref"))
    assert kept.urlencode() == "state=TX&sort=-ref"


class TestSavedViews:
    def save(self, client: Client, **data: str):
        base = {"page": "agreements:agreement_list", "name": "Texas", "query": "state=TX&after=abc"}
        return client.post(reverse("console:view_save"), {**base, **data})

    def test_a_view_keeps_filters_under_a_name_and_leaves_a_trail(self, client, hq) -> None:
        response = self.save(client)
        view = SavedView.objects.get()
        assert (view.owner, view.name, view.query) == (hq, "Texas", "state=TX")
        assert response["Location"] == f"{reverse('agreements:agreement_list')}?state=TX"
        entry = TrailEntry.objects.get(verb="view.saved")
        assert (entry.actor, entry.after["query"]) == (hq, "state=TX")
        assert "Texas" in client.get(reverse("agreements:agreement_list")).content.decode()

    def test_a_taken_or_empty_name_is_refused_with_the_reason(self, client, hq) -> None:
        self.save(client)
        again = self.save(client)
        assert again.status_code == 422
        assert "already have a view of this name" in again.content.decode()
        assert "Enter a name" in self.save(client, name=" ").content.decode()
        assert SavedView.objects.count() == 1

    def test_a_page_that_is_no_list_keeps_no_views(self, client, hq) -> None:
        assert self.save(client, page="admin:index").status_code == 422
        assert not SavedView.objects.exists()

    def test_a_view_gets_another_name_and_keeps_its_filters(self, client, hq) -> None:
        self.save(client)
        self.save(client, name="Taken")
        view = SavedView.objects.get(name="Texas")
        address = reverse("console:view_rename", args=[view.pk])
        assert address in client.get(reverse("console:view_list")).content.decode()
        assert 'value="Texas"' in client.get(address).content.decode()
        for name, words in ((" ", "Enter a name"), ("Taken", "already have a view of this name")):
            refused = client.post(address, {"name": name})
            assert refused.status_code == 422
            assert words in refused.content.decode()
        done = client.post(address, {"name": "Texas today"}, follow=True)
        assert "The view “Texas” is now called “Texas today”." in done.content.decode()
        view.refresh_from_db()
        assert (view.name, view.query) == ("Texas today", "state=TX")
        entry = TrailEntry.objects.get(verb="view.renamed")
        assert (entry.before, entry.after) == ({"name": "Texas"}, {"name": "Texas today"})

    def test_deleting_asks_first_and_leaves_a_trail(self, client, hq) -> None:
        self.save(client)
        address = reverse("console:view_delete", args=[SavedView.objects.get().pk])
        assert "Delete the view “Texas”?" in client.get(address).content.decode()
        assert SavedView.objects.exists()
        client.post(address)
        assert not SavedView.objects.exists()
        assert TrailEntry.objects.get(verb="view.deleted").before["name"] == "Texas"

    def test_nobody_sees_or_deletes_the_view_of_another(self, client, hq) -> None:
        other = SavedView.objects.create(owner=UserFactory(), page="agreements:agreement_list", name="Theirs")
        address = reverse("console:view_delete", args=[other.pk])
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404
        assert client.get(reverse("console:view_rename", args=[other.pk])).status_code == 404
        assert "Theirs" not in client.get(reverse("console:view_list")).content.decode()


def test_one_record_is_counted_in_the_words_of_its_list(client, hq) -> None:
    ProgramManagerFactory(name="PM 017")
    assert client.get(reverse("staffing:program_manager_list")).context["count_words"] == "1 program manager"
    AgencyFactory()
    printed = client.get(reverse("agreements:agency_list"), {"print": "1", "state": "TX"})
    assert printed.context["count_words"] == "1 agency"
    assert re.search(r"State: [^.]*Texas[^.]*\.\s+Made ", printed.content.decode())
