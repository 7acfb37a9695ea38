"""The history of a record, in plain words and within the reader's scope; the whole trail for a few."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from agreements.models import Agency, FieldOffice
from oversight.access.actors import person, system
from oversight.access.models import User
from oversight.exchange.list_exports import listed_rows
from oversight.trail import related
from oversight.trail.models import TrailEntry
from oversight.trail.services import Act, record, record_many
from oversight.trail.tables import TrailTable
from oversight.trail.words import Difference, differences, verb_words
from staffing.models import Assignment
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def field_pm(client: Client) -> User:
    """A PM of Houston, signed in."""
    pm = ProgramManagerFactory(office__slug="houston")
    client.force_login(pm.user)
    return pm.user


def agency_of(slug: str) -> Agency:
    agency = AgencyFactory()
    AgencyOfficeFactory(agency=agency, office=FieldOfficeFactory(slug=slug))
    return agency


def history(agency: Agency) -> str:
    return reverse("trail:history", args=["agreements.agency", agency.ref])


def test_records_are_named_by_reference_never_by_number(client) -> None:
    before, after = AgencyFactory(name="Before PD"), AgencyFactory(name="After PD")
    agreement = AgreementFactory(agency=after)
    values = {"agency_id": before.pk}, {"agency_id": after.pk}
    record(actor=system("test"), verb="agreement.changed", obj=agreement, before=values[0], after=values[1])
    said = f"{before.ref}, Before PD", f"{after.ref}, After PD"
    client.force_login(UserFactory(role="auditor"))
    page = client.get(reverse("trail:entry_list")).content.decode()
    assert all(text in page for text in said)
    shown = client.get(reverse("trail:history", args=["agreements.agreement", agreement.ref]))
    assert all(text in shown.content.decode() for text in said)
    (row,) = listed_rows(TrailTable, TrailEntry.objects.all()).rows()
    assert f"Agency: {said[0]} → {said[1]}" in row


def test_a_record_outside_the_scope_is_not_named(client, field_pm) -> None:
    mine, foreign = agency_of("houston"), agency_of("miami")
    record(
        actor=system("test"), verb="agency.merged", obj=mine,
        before={"merged_into_id": None}, after={"merged_into_id": foreign.pk},
    )  # fmt: skip
    shown = client.get(history(mine)).content.decode()
    assert "Merged into" in shown
    assert "agency outside your area" in shown
    assert foreign.ref not in shown


def test_each_changed_field_stands_in_a_line_of_its_own(client) -> None:
    after = {"valid_from": "2026-01-01", "name": "Jane Roe", "office": "Houston"}
    record(actor=system("test"), verb="x.created", obj=ProgramManagerFactory(), after=after)
    client.force_login(UserFactory(role="auditor"))
    page = client.get(reverse("trail:entry_list")).content.decode()
    assert page.count('<li><span class="change">') == 3


def test_differences_are_in_words() -> None:
    agreement = AgreementFactory()
    entry = record(
        actor=system("test"),
        verb="agreement.suspended",
        obj=agreement,
        before={
            "status": "active",
            "review_due_on": None,
            "same": 1,
            "is_synthetic": False,
            "gone": ["a", "b"],
        },
        after={
            "status": "suspended",
            "review_due_on": dt.date(2025, 6, 2),
            "same": 1,
            "is_synthetic": True,
            "created_at": dt.datetime(2025, 6, 2, 3, 30, tzinfo=dt.UTC),
            "other_thing": {"part_one": 2},
        },
    )
    entry.refresh_from_db()
    assert verb_words(entry.verb) == "Agreement suspended"
    assert differences(entry) == [  # the model's fields in their order, then the rest by name
        Difference("Status", "Active", "Suspended"),
        Difference("Review due on", None, "2025-06-02"),
        Difference("Is synthetic", "no", "yes"),
        Difference("Created at", None, "2025-06-01 23:30"),  # headquarters' evening before
        Difference("Gone", "a, b", None),
        Difference("Other thing", None, "part one: 2"),
    ]


def test_history_says_who_when_what_and_why(client: Client, field_pm: User) -> None:
    agency = agency_of("houston")
    record(
        actor=person(field_pm),
        verb="agency.corrected",
        obj=agency,
        before={"name": "Old name"},
        after={"name": "New name"},
        reason="Letter of 2025-06-02",
        request_id="request-0001",
    )
    page = client.get(history(agency)).content.decode()
    for text in (
        "Agency corrected",
        field_pm.display_name,
        "Old name",
        "New name",
        "Letter of",
        "request-0001",
    ):
        assert text in page
    assert "<h1" in page
    part = client.get(history(agency), headers={"HX-Request": "true"}).content.decode()
    assert "New name" in part
    assert "<h1" not in part


def test_a_record_nobody_touched_says_so(client: Client, field_pm: User) -> None:
    assert "Nobody has changed this record." in client.get(history(agency_of("houston"))).content.decode()


def test_history_of_a_record_outside_the_scope_does_not_exist(client: Client, field_pm: User) -> None:
    foreign = agency_of("miami")
    record(actor=system("test"), verb="agency.corrected", obj=foreign, after={"name": "Secret"})
    assert client.get(history(foreign)).status_code == 404
    client.force_login(UserFactory(role="hq"))
    assert "Secret" in client.get(history(foreign)).content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/history/agreements.agency/NOPE/",
        "/history/agreements.nothing/1/",
        "/history/nonsense/1/",
        "/history/trail.trailentry/1/",
        "/history/access.user/1/",
        "/history/agreements.publication/abc/",
        "/history/agreements.publication/99999999999999999999999/",
        "/history/exchange.job/not-a-uuid/",
    ],
)
def test_unknown_records_do_not_exist(client: Client, field_pm: User, address: str) -> None:
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 405


def test_accounts_are_for_those_who_read_the_trail(client: Client) -> None:
    person_ = UserFactory(first_name="Pat", last_name="Example")
    address = reverse("trail:history", args=["access.user", person_.pk])
    for role, expected in (("hq", 404), ("auditor", 200)):
        client.force_login(UserFactory(role=role))
        assert client.get(address).status_code == expected
    client.force_login(UserFactory(role="", is_administrator=True))
    assert client.get(address).status_code == 200


def test_long_histories_come_in_pages(client: Client, field_pm: User) -> None:
    agency = agency_of("houston")
    acts = [Act(verb="agency.corrected", obj=agency, after={"name": f"Name {n:03d}."}) for n in range(120)]
    record_many(actor=system("test"), acts=acts)
    seen, address = [], history(agency)
    for _ in range(3):
        page = client.get(address).content.decode()
        seen += [n for n in range(120) if f"Name {n:03d}." in page]
        before = page.split("?before=")
        address = f"{history(agency)}?before={before[1].split(chr(34))[0]}" if len(before) > 1 else ""
    assert sorted(seen) == list(range(120))
    assert len(seen) == 120
    assert address == ""
    assert client.get(f"{history(agency)}?before=x").status_code == 404
    assert client.get(f"{history(agency)}?before=99999999999999999999").status_code == 404


def test_related_records_appear_only_within_the_scope(
    client: Client, field_pm: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(related, "_related", {})
    related.register_related(FieldOffice, {Assignment: "program_manager__office"})
    houston = FieldOffice.objects.get(slug="houston")
    mine = AssignmentFactory(program_manager=field_pm.program_managers.get(), agency=agency_of("houston"))
    foreign = AssignmentFactory(program_manager__office=houston, agency=agency_of("miami"))
    for assignment in (mine, foreign):
        record(actor=system("test"), verb="assignment.begun", obj=assignment)
    with django_assert_num_queries(1):
        found = list(related.history_with_related(obj=houston, user=field_pm))
    assert [entry.object_id for entry in found] == [str(mine.pk)]
    hq = UserFactory(role="hq")
    assert related.history_with_related(obj=houston, user=hq).count() == 2


def test_the_whole_trail_is_for_auditors_and_administrators(client: Client) -> None:
    record(actor=system("import_roster"), verb="roster.imported", obj=AgencyFactory(), reason="weekly list")
    address = reverse("trail:entry_list")
    for role, expected in (("hq", 403), ("field_pm", 403), ("", 403), ("auditor", 200)):
        client.force_login(UserFactory(role=role))
        assert client.get(address).status_code == expected
    assert "weekly list" in client.get(address).content.decode()


def test_the_trail_is_filtered_in_its_address(client: Client) -> None:
    auditor = UserFactory(role="auditor")
    client.force_login(auditor)
    agency = AgencyFactory(name="First SO")
    record(actor=person(auditor), verb="agency.corrected", obj=agency, reason="reason one")
    record(actor=system("nightly"), verb="office.changed", obj=FieldOfficeFactory(), reason="reason two")
    cases = {
        f"actor={auditor.pk}": "one",
        "by_system=true": "two",
        "verb=office": "two",
        "object_type=agreements.agency": "one",
        f"object_id={agency.pk}&object_type=agreements.agency": "one",
        "q=First": "one",
    }
    for query, expected in cases.items():
        page = client.get(f"{reverse('trail:entry_list')}?{query}").content.decode()
        other = {"one": "two", "two": "one"}[expected]
        assert f"reason {expected}" in page, query
        assert f"reason {other}" not in page, query
    future = client.get(reverse("trail:entry_list") + "?since=2999-01-01").content.decode()
    assert "reason one" not in future
    assert "reason two" not in future


def test_the_trail_page_costs_the_same_however_long_the_trail(
    client: Client, django_assert_max_num_queries
) -> None:
    client.force_login(UserFactory(role="auditor"))
    people = [UserFactory() for _ in range(5)]
    for n in range(40):
        record(
            actor=person(people[n % 5]), verb="agency.corrected", obj=AgencyFactory(), after={"name": str(n)}
        )
    with django_assert_max_num_queries(12):
        client.get(reverse("trail:entry_list"))
    assert TrailEntry.objects.count() == 40
