"""Pages of agencies: tabs, merged references, scope, life line, queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agreements import lifeline
from agreements.choices import ChangeKind, Origin, Status, SupportModel
from agreements.models import AgencyAlias, RegisterChange
from oversight.access.choices import Role
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TABS = ("agency_detail", "agency_life", "agency_changes", "agency_names")


@pytest.fixture
def hq(client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    return user


def a_full_agency(n: int = 1):
    """An agency with `n` of everything that its pages show."""
    agency = AgencyFactory()
    AgencyOfficeFactory(agency=agency)
    for _ in range(n):
        agreement = AgreementFactory(agency=agency, model=SupportModel.TFM)
        AgreementStatusFactory(agreement=agreement)
        publication = PublicationFactory()
        AgencyAlias.objects.create(
            agency=agency, name=f"Spelling {publication.pk}", first_publication=publication,
            last_publication=publication,
        )  # fmt: skip
        RegisterChange.objects.create(
            publication=publication, kind=ChangeKind.CHANGED, agency=agency, agreement=agreement,
            rule="canonical_name", before={"moa_url": ""}, after={"moa_url": "https://example.org/m.pdf"},
        )  # fmt: skip
        manager = ProgramManagerFactory()
        AssignmentFactory(
            agency=agency, program_manager=manager, valid_to=dt.date(2021, 1, 1), is_synthetic=True
        )
    return agency


@pytest.mark.parametrize("tab", TABS)
def test_queries_of_a_tab_do_not_grow_with_its_rows_and_stay_under_the_budget(tab, client, hq) -> None:
    counts = []
    for n in (2, 9):
        agency = a_full_agency(n)
        client.get(reverse(f"agreements:{tab}", args=[agency.ref]))  # what is cached once
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(f"agreements:{tab}", args=[agency.ref])).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("tab", TABS)
def test_a_merged_reference_leads_for_good_to_the_agency_and_says_so(tab, client, hq) -> None:
    root = AgencyFactory()
    double = AgencyFactory(merged_into=root)
    response = client.get(reverse(f"agreements:{tab}", args=[double.ref]))
    assert response.status_code == 301
    assert response["Location"] == reverse(f"agreements:{tab}", args=[root.ref])
    assert (
        f"{double.ref} was found to be the same agency" in client.get(response["Location"]).content.decode()
    )


def test_a_reference_in_small_letters_leads_to_the_page(client, hq) -> None:
    agency = AgencyFactory()
    response = client.get(reverse("agreements:agency_detail", args=[agency.ref.lower()]))
    assert response["Location"] == reverse("agreements:agency_detail", args=[agency.ref])


@pytest.mark.parametrize("tab", TABS)
def test_an_agency_outside_the_scope_is_not_found_like_one_that_does_not_exist(tab, client) -> None:
    pm = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    mine, foreign = AgencyFactory(), AgencyFactory()
    AgencyOfficeFactory(agency=mine, office=pm.office)
    double = AgencyFactory(merged_into=foreign)
    client.force_login(pm.user)
    assert client.get(reverse(f"agreements:{tab}", args=[mine.ref])).status_code == 200
    for ref in (foreign.ref, double.ref, "LEA-NOTTHERE"):
        assert client.get(reverse(f"agreements:{tab}", args=[ref])).status_code == 404


def test_the_tabs_show_names_offices_people_and_changes(client, hq) -> None:
    agency = a_full_agency()
    AgencyFactory(merged_into=agency, ref="LEA-DOUBLE01")
    names = client.get(reverse("agreements:agency_names", args=[agency.ref])).content.decode()
    for text in ("Spelling ", "LEA-DOUBLE01", "Houston", "Synthetic", "2021-01-01"):
        assert text in names
    changes = client.get(reverse("agreements:agency_changes", args=[agency.ref])).content.decode()
    assert "https://example.org/m.pdf" in changes
    assert "Corrected" in changes
    head = client.get(reverse("agreements:agency_detail", args=[agency.ref])).content.decode()
    assert "No PM" in head


def test_the_life_line_has_a_bar_and_a_row_for_each_status(client, hq) -> None:
    agency = AgencyFactory()
    agreement = AgreementFactory(agency=agency)
    AgreementStatusFactory(agreement=agreement, ends_on=dt.date(2025, 6, 1))
    AgreementStatusFactory(agreement=agreement, status=Status.MISSING, begins_on=dt.date(2025, 6, 1))
    AgreementStatusFactory(
        agreement=agreement, status=Status.SUSPENDED, begins_on=dt.date(2025, 7, 1),
        origin=Origin.STAFF, publication=None, entered_by=hq, reason="Letter of 2025-06-30",
    )  # fmt: skip
    response = client.get(reverse("agreements:agency_life", args=[agency.ref]))
    text = response.content.decode()
    assert text.count('class="life__span') == 3
    assert "Letter of 2025-06-30" in text
    bars = response.context["life"].lanes[0].bars
    assert [bar.is_staff for bar in bars] == [False, False, True]
    assert bars[0].x + bars[0].width == pytest.approx(bars[1].x, abs=0.2), "one ends where the next begins"
    assert bars[2].y > bars[1].y, "what staff entered lies below the lists' bar"


def test_a_life_line_without_dates_is_not_drawn() -> None:
    assert lifeline.draw(agreements=[], statements=[], today=dt.date(2026, 1, 1)) is None


def test_search_finds_any_spelling_and_says_which(client, hq) -> None:
    agency = a_full_agency()
    AgencyAlias.objects.update(name="Exampel Cnty Sheriff")
    text = client.get(reverse("console:search"), {"q": "exampel sheriff"}).content.decode()
    assert agency.name.replace("'", "&#x27;") in text
    assert "Also printed as “Exampel Cnty Sheriff”" in text


def test_a_reference_in_the_search_box_opens_its_page(client, hq) -> None:
    agreement = AgreementFactory()
    double = AgencyFactory(merged_into=agreement.agency)
    for text, page in (
        (agreement.ref.lower(), reverse("agreements:agreement_detail", args=[agreement.ref])),
        (agreement.agency.ref, reverse("agreements:agency_detail", args=[agreement.agency.ref])),
        (double.ref, reverse("agreements:agency_detail", args=[agreement.agency.ref])),
    ):
        assert client.get(reverse("console:search"), {"q": text})["Location"] == page


def test_search_keeps_to_the_scope(client) -> None:
    pm = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    foreign = a_full_agency()
    foreign.offices.all().delete()
    agreement = foreign.agreements.get()
    client.force_login(pm.user)
    for text in ("Example", "Spelling", foreign.ref, agreement.ref):
        response = client.get(reverse("console:search"), {"q": text})
        assert response.status_code == 200
        assert "Nothing found" in response.content.decode()


def test_search_of_one_letter_or_nothing_asks_for_more(client, hq) -> None:
    a_full_agency()
    assert "at least 2 characters" in client.get(reverse("console:search"), {"q": "e"}).content.decode()
    assert "Type what you look for" in client.get(reverse("console:search")).content.decode()
