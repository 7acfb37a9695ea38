"""Pages of agreements: facts, prints, statements by staff, scope, queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from agreements.choices import ListKind, Origin, Status
from agreements.models import Addendum, AgreementStatus, Observation, PrintedRow
from agreements.services.store import CLEANING_VERSION
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


@pytest.fixture
def hq(client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    return user


def printed(agreement, publication, number: int, **cells) -> Observation:
    texts = {
        "state": "TEXAS", "agency": agreement.agency.name, "type": "County", "county": None,
        "support_type": "Jail Enforcement Model", "signed": "2025-02-01", "signed_is_date": True,
        "moa": "link", "moa_url": "https://example.org/moa.pdf",
        "addendum": None, "addendum_url": "", "extra": [],
    }  # fmt: skip
    row = PrintedRow.objects.create(
        digest=f"{publication.pk}-{number}", kind=ListKind.PARTICIPATING, cells={**texts, **cells},
        cleaning_version=CLEANING_VERSION, name=agreement.agency.name, canonical="x", state_code="TX",
        agreement=agreement, rule="canonical_name",
    )  # fmt: skip
    return Observation.objects.create(publication=publication, row_number=number, printed_row=row)


def page(agreement, name: str = "agreement_detail", *more) -> str:
    return reverse(f"agreements:{name}", args=[agreement.ref, *more])


def test_the_page_shows_facts_addenda_statuses_and_their_sources(client, hq) -> None:
    agreement = AgreementFactory(first_printed_on=dt.date(2025, 1, 7))
    Addendum.objects.create(agreement=agreement, url="https://example.org/addendum.pdf")
    AgreementStatusFactory(agreement=agreement)
    answer = client.get(page(agreement)).content.decode()
    assert 'href="https://example.org/addendum.pdf"' in answer
    text = strip_tags(answer)
    for shown in (
        "2025-02-01",
        "first printed as 2025-01-07",
        "No MOA linked",
        "Participating list of",
    ):
        assert shown in text


def test_every_print_is_listed_also_those_of_a_double_and_leads_to_the_cells(client, hq) -> None:
    agreement = AgreementFactory()
    double = AgreementFactory(agency=agreement.agency, merged_into=agreement)
    one = printed(agreement, PublicationFactory(), 7)
    two = printed(double, PublicationFactory(published_on=dt.date(2025, 4, 1)), 8)
    text = client.get(page(agreement, "agreement_prints")).content.decode()
    for row in (one, two):
        assert reverse("agreements:observation_detail", args=[row.publication_id, row.row_number]) in text


@pytest.mark.parametrize("name", ["agreement_detail", "agreement_prints"])
def test_queries_do_not_grow_with_statements_and_prints(name, client, hq) -> None:
    counts = []
    for n in (2, 9):
        agreement = AgreementFactory()
        for place in range(n):
            AgreementStatusFactory(agreement=agreement, begins_on=dt.date(2025, 3, 1 + place))
            printed(agreement, PublicationFactory(), place + 2)
        client.get(page(agreement, name))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(agreement, name)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12


def test_a_merged_reference_leads_to_the_agreement_it_was_found_to_be(client, hq) -> None:
    agreement = AgreementFactory()
    double = AgreementFactory(agency=agreement.agency, merged_into=agreement)
    response = client.get(page(double))
    assert (response.status_code, response["Location"]) == (301, page(agreement))


class TestStatements:
    def send(self, client, address: str, **data: str):
        return client.post(address, {"on": "2025-06-02", "reason": "Letter of 2025-06-01", **data})

    def test_a_suspension_is_asked_about_before_it_is_entered(self, client, hq) -> None:
        agreement = AgreementFactory()
        asked = self.send(client, page(agreement, "agreement_suspend"))
        assert "Is this right?" in asked.content.decode()
        assert "suspended from 2025-06-02" in asked.content.decode()
        assert not AgreementStatus.objects.exists()
        done = self.send(client, page(agreement, "agreement_suspend"), confirmed="yes")
        assert done["Location"] == page(agreement)
        agreement.refresh_from_db()
        assert (agreement.status, agreement.status_on) == (Status.SUSPENDED, dt.date(2025, 6, 2))
        assert "To undo, withdraw" in client.get(page(agreement)).content.decode()

    def test_going_back_from_the_question_keeps_what_was_entered(self, client, hq) -> None:
        agreement = AgreementFactory()
        text = self.send(client, page(agreement, "agreement_suspend"), edit="yes").content.decode()
        assert 'value="2025-06-02"' in text
        assert "Letter of 2025-06-01" in text

    def test_what_is_wrong_is_said_at_the_field_and_in_a_summary_that_links_to_it(self, client, hq) -> None:
        agreement = AgreementFactory()
        response = self.send(client, page(agreement, "agreement_suspend"), on="soon", reason="")
        text = response.content.decode()
        assert response.status_code == 422
        assert "There are 2 problems" in text
        assert 'href="#id_on"' in text
        assert 'aria-invalid="true"' in text
        assert "Enter a date as year-month-day" in text

    def test_a_day_before_the_signature_is_refused_by_the_service_with_a_remedy(self, client, hq) -> None:
        agreement = AgreementFactory(signed_on=dt.date(2025, 2, 1))
        response = self.send(client, page(agreement, "agreement_terminate"), on="2024-06-02", confirmed="yes")
        assert response.status_code == 422
        assert "is before the MOA was signed" in response.content.decode()
        assert not AgreementStatus.objects.exists()

    def test_reinstating_and_withdrawing_lead_back_to_what_the_lists_say(self, client, hq) -> None:
        agreement = AgreementFactory()
        AgreementStatusFactory(agreement=agreement)
        self.send(client, page(agreement, "agreement_suspend"), confirmed="yes")
        statement = AgreementStatus.objects.get(origin=Origin.STAFF)
        self.send(client, page(agreement, "statement_end", statement.pk), on="2025-07-01", confirmed="yes")
        statement.refresh_from_db()
        assert statement.ends_on == dt.date(2025, 7, 1)
        client.post(
            page(agreement, "statement_withdraw", statement.pk),
            {"reason": "Wrong agency", "confirmed": "yes"},
        )
        statement.refresh_from_db()
        agreement.refresh_from_db()
        assert statement.withdrawn_by == hq
        assert agreement.status == Status.ACTIVE
        assert "it does not count" in client.get(page(agreement)).content.decode()

    def test_a_statement_of_a_list_or_of_another_agreement_cannot_be_withdrawn(self, client, hq) -> None:
        agreement, other = AgreementFactory(), AgreementFactory()
        by_list = AgreementStatusFactory(agreement=agreement)
        self.send(client, page(other, "agreement_suspend"), confirmed="yes")
        foreign = AgreementStatus.objects.get(origin=Origin.STAFF)
        for statement in (by_list, foreign):
            assert client.get(page(agreement, "statement_withdraw", statement.pk)).status_code == 404

    @pytest.mark.parametrize("name", ["agreement_suspend", "agreement_terminate"])
    def test_a_field_pm_states_on_assigned_agencies_only_and_an_auditor_on_none(self, name, client) -> None:
        pm = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
        assigned, seen = AgencyFactory(), AgencyFactory()
        for agency in (assigned, seen):
            AgencyOfficeFactory(agency=agency, office=pm.office)
        AssignmentFactory(agency=assigned, program_manager=pm)
        mine, other = AgreementFactory(agency=assigned), AgreementFactory(agency=seen)
        client.force_login(pm.user)
        assert client.get(page(mine, name)).status_code == 200
        assert page(mine, name) in client.get(page(mine)).content.decode()
        assert client.get(page(other)).status_code == 200
        assert page(other, name) not in client.get(page(other)).content.decode()
        assert self.send(client, page(other, name), confirmed="yes").status_code == 404
        client.force_login(UserFactory(role=Role.AUDITOR))
        assert self.send(client, page(mine, name), confirmed="yes").status_code == 403
        assert not AgreementStatus.objects.exists()
