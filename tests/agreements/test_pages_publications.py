"""Pages of published lists and field offices: changes, files, exact cells, areas, scope, queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agreements.choices import ChangeKind
from agreements.models import Duplicate, FieldOfficeArea, PublicationFile, RegisterChange
from agreements.views.cells import CellText
from oversight.access.choices import Role
from tests.agreements.test_pages_agreements import printed
from tests.factories import (
    AgencyOfficeFactory,
    AgreementFactory,
    AssignmentFactory,
    CountyFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    StateFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def hq(client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    return user


def a_list(n: int = 1):
    """A publication with `n` of everything that its pages show."""
    publication = PublicationFactory(row_count=n, flags=[{"code": "x", "message": "The date is odd."}])
    for place in range(n):
        agreement = AgreementFactory()
        printed(agreement, publication, place + 2)
        kind = (ChangeKind.ADDED, ChangeKind.CHANGED)[place % 2]
        RegisterChange.objects.create(
            publication=publication, kind=kind, agency=agreement.agency, agreement=agreement,
            rule="canonical_name", before={"type": "County"}, after={"type": "Municipality"},
        )  # fmt: skip
        Duplicate.objects.create(publication=publication, agreement=agreement, rows=[2, 3], identical=False)
        PublicationFile.objects.create(
            publication=publication, file_name=f"list-{publication.pk}-{place}.xlsx",
            sha256=f"{place:064x}", size=1234,
            ordered_at=publication.ordered_at, published_on=publication.published_on, basis="modified",
        )  # fmt: skip
    return publication


@pytest.mark.parametrize("name", ["publication_detail", "publication_rows"])
def test_queries_do_not_grow_with_what_a_list_changed(name, client, hq) -> None:
    counts = []
    for n in (2, 9):
        address = reverse(f"agreements:{name}", args=[a_list(n).pk])
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


def test_a_list_shows_changes_by_kind_files_findings_and_duplicates(client, hq) -> None:
    publication = a_list(2)
    address = reverse("agreements:publication_detail", args=[publication.pk])
    text = client.get(address).content.decode()
    for shown in ("All 2", "Added 1", "Corrected 1", f"{1:064x}", "The date is odd.", "Under two spellings"):
        assert shown in text
    only = client.get(address, {"kind": "changed"})
    assert [line.change.kind for line in only.context["changes"]] == ["changed"]
    assert client.get(address, {"kind": "nonsense"}).status_code == 404


def test_neighbors_lead_to_the_list_before_and_after_of_the_same_kind(client, hq) -> None:
    first, second = PublicationFactory(sequence=1001), PublicationFactory(sequence=1002)
    PublicationFactory(kind="pending", sequence=1003)
    context = client.get(reverse("agreements:publication_detail", args=[second.pk])).context
    assert (context["before"], context["after"]) == (first, None)


@pytest.mark.parametrize("query", ["after=zz", "before=zz"])
def test_a_damaged_page_mark_shows_the_first_rows_and_says_so(client, hq, query) -> None:
    publication = a_list(2)
    for name in ("publication_rows", "publication_detail"):
        response = client.get(f"{reverse(f'agreements:{name}', args=[publication.pk])}?{query}")
        assert response.status_code == 200
        assert "is damaged. The first rows are shown." in response.content.decode()
        assert len(response.context["paged"].rows) == 2


def test_counts_and_what_a_list_was_dated_by_are_in_words(client, hq) -> None:
    publication = PublicationFactory(row_count=1843, basis="stamp")
    assert "1,843" in client.get(reverse("agreements:publication_list")).content.decode()
    shown = client.get(reverse("agreements:publication_detail", args=[publication.pk])).content.decode()
    assert "the stamp in its name" in shown


def test_a_row_shows_its_cells_verbatim_with_odd_blanks_made_visible(client, hq) -> None:
    publication = PublicationFactory()
    agreement = AgreementFactory()
    printed(agreement, publication, 5, agency="  Example\u00a0Co ", signed="05/082025", signed_is_date=False,
            extra=[["J", "note"]], type="", county=None)  # fmt: skip
    text = client.get(reverse("agreements:observation_detail", args=[publication.pk, 5])).content.decode()
    for shown in ("··Example⍽Co·", "05/082025", "no such column", "empty", "note", agreement.ref, "moa.pdf"):
        assert shown in text
    assert client.get(reverse("agreements:observation_detail", args=[publication.pk, 6])).status_code == 404


@pytest.mark.parametrize(
    ("text", "seen", "odd"),
    [
        ("plain", "plain", False), (" a b ", "·a b·", True), ("\u00a0", "⍽", True), ("\nBay", "⏎\nBay", True),
        ("a\u00a0b", "a⍽b", True), ("", "", False), ("aba ", "aba·", True),
    ],
)  # fmt: skip
def test_blanks_are_shown_only_where_an_eye_would_miss_them(text: str, seen: str, odd: bool) -> None:
    cell = CellText("X", text)
    assert (cell.visible, cell.has_edge_space) == (seen, odd)


def test_a_field_pm_sees_rows_and_changes_of_the_own_area_only(client) -> None:
    pm = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    publication = a_list(2)
    mine, foreign = (change.agreement for change in publication.changes.order_by("pk"))
    AgencyOfficeFactory(agency=mine.agency, office=pm.office)
    client.force_login(pm.user)
    detail = client.get(reverse("agreements:publication_detail", args=[publication.pk]))
    rows = client.get(reverse("agreements:publication_rows", args=[publication.pk]))
    for response in (detail, rows):
        assert mine.ref in response.content.decode()
        assert foreign.ref not in response.content.decode()
        assert foreign.agency.name.replace("'", "&#x27;") not in response.content.decode()
        assert "in your area only" in response.content.decode()
    assert client.get(reverse("agreements:observation_detail", args=[publication.pk, 2])).status_code == 200
    assert client.get(reverse("agreements:observation_detail", args=[publication.pk, 3])).status_code == 404


def test_an_office_shows_its_area_by_date_its_figures_and_its_people(client, hq) -> None:
    office = FieldOfficeFactory(slug="example-office")
    texas = StateFactory(code="TX")
    for county, until in ((CountyFactory(fips="48201"), None), (None, dt.date(2024, 1, 1))):
        FieldOfficeArea.objects.create(
            office=office, state=texas, county=county, source="AOR map",
            valid_from=dt.date(2020, 1, 1), valid_to=until,
        )  # fmt: skip
    agreement = AgreementFactory()
    AgencyOfficeFactory(agency=agreement.agency, office=office)
    AgreementFactory(agency=agreement.agency)
    AssignmentFactory(
        agency=agreement.agency, program_manager=ProgramManagerFactory(name="PM 017", office=office)
    )
    response = client.get(reverse("agreements:office_detail", args=[office.pk]))
    text = response.content.decode()
    assert (response.context["office"].n_agencies, response.context["office"].n_in_force) == (1, 2)
    for shown in ("Harris County", "Whole state", "2024-01-01", "PM 017", "Synthetic"):
        assert shown in text
    listed = client.get(reverse("agreements:office_list"), {"q": "example"}).content.decode()
    assert "TX (1 county)" in listed
    assert client.get(reverse("agreements:office_detail", args=["atlantis"])).status_code == 404
