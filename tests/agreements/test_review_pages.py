"""The review queue: evidence side by side, answers, and their undoing."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agreements.choices import DecisionState, VerdictKind
from agreements.models import Agency, Agreement, Decision, Verdict
from agreements.services.imports import roster_apply, roster_preview
from agreements.services.statuses import agreement_suspend
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.exchange.uploads import upload_store
from oversight.trail.models import TrailEntry
from tests.agreements.workbooks import row, rows, workbook
from tests.factories import UserFactory
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db

ALBA, ALMA = "Alba Police Department", "Alma Police Department"
DAYS = [dt.date(2025, 3, 3), dt.date(2025, 3, 10), dt.date(2025, 3, 17)]


def take(user, day: dt.date, lines) -> None:
    """Import a list of `day` through the services that pages and jobs use."""
    name = f"participatingAgencies{day:%m%d%Y}am.xlsx"
    actor = person(user)
    upload = upload_store(actor=actor, file=SimpleUploadedFile(name, workbook(lines, on=day)))
    preview = roster_preview(actor=actor, upload=upload)
    roster_apply(actor=actor, roster_import=preview)


@pytest.fixture
def hq(client: Client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    return user


@pytest.fixture
def question(hq) -> Decision:
    """Two neighbors whose names differ by one letter, side by side in two lists."""
    both = [row("Wood", name=ALBA), row("Wood", name=ALMA)]
    take(hq, DAYS[0], [*rows(), both[0]])
    take(hq, DAYS[1], [*rows(), *both])
    take(hq, DAYS[2], [*rows(11), *both])
    return Decision.objects.get(state=DecisionState.OPEN)


@pytest.fixture
def conclusion(hq) -> Decision:
    """A name mistyped on the second list, which a rule joined."""
    take(hq, DAYS[0], [*rows(), row("Wood", name="Hawkins Police Department")])
    take(hq, DAYS[1], [*rows(), row("Wood", name="Hawkinss Police Department")])
    return Decision.objects.get(state=DecisionState.APPLIED)


def words(response) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def listed(response) -> int:
    """How many pairs a list shows."""
    return response.content.count(b'scope="row"')


def show(client: Client, decision: Decision) -> str:
    response = client.get(reverse("agreements:review_detail", args=[decision.pk]))
    assert response.status_code == 200
    return words(response)


def answer(client: Client, decision: Decision, **data: str):
    return client.post(reverse("agreements:review_answer", args=[decision.pk]), data)


def test_two_candidates_stand_side_by_side_with_their_evidence(client, question):
    text = show(client, question)
    assert ALBA in text
    assert ALMA in text
    assert "Wood County" in text
    assert "2025-02-10" in text
    assert "both names stand in one list, on different rows" in text
    assert "They stand together in 2 lists." in text
    assert "A in 3, B in 2, both in 2 of 3 lists" in text


def test_the_queue_lists_open_questions_first_and_filters_by_rule_and_state(client, question):
    address = reverse("agreements:review_list")
    answer(client, question, kind="later")
    take(question.publication.imports.get().created_by, dt.date(2025, 3, 24), [
        *rows(), row("Wood", name=ALBA), row("Wood", name=ALMA), row("Wood", name="Yantis Police Department"),
        row("Wood", name="Yantiss Police Department"),
    ])  # fmt: skip
    page = client.get(address)
    text = words(page)
    assert text.index("Yantis Police Department") < text.index(ALBA)
    assert listed(page) == 2
    assert listed(client.get(address, {"rule": "typo", "us_state": "TX"})) == 2
    assert listed(client.get(address, {"us_state": "FL"})) == 0
    assert listed(client.get(address, {"state": "later"})) == 1


def test_same_is_asked_once_more_before_anything_is_merged(client, question):
    response = answer(client, question, kind="same", reason="One department")
    text = words(response)
    refs = sorted([question.left_agency, question.right_agency], key=lambda agency: agency.pk)
    assert f"Merges {refs[1].ref} into {refs[0].ref}" in text
    assert not Verdict.objects.exists()
    assert Agency.objects.filter(merged_into__isnull=False).count() == 0


def test_same_merges_the_younger_into_the_older_and_undo_parts_them_again(client, question):
    older, younger = sorted([question.left_agency, question.right_agency], key=lambda agency: agency.pk)
    answer(client, question, kind="same", reason="One department", confirmed="true")
    younger.refresh_from_db()
    assert younger.merged_into == older
    text = show(client, question)
    assert "Take the answer back" in text
    assert "One department" in text
    undo = reverse("agreements:review_undo", args=[question.pk])
    assert client.post(undo, {"reason": ""}).status_code == 422
    younger.refresh_from_db()
    assert younger.merged_into == older
    client.post(undo, {"reason": "They are two towns"})
    younger.refresh_from_db()
    question.refresh_from_db()
    assert younger.merged_into is None
    assert question.state == DecisionState.OPEN
    assert "taken back" in show(client, question)
    assert TrailEntry.objects.get(verb="review.undone").reason == "They are two towns"


def test_different_closes_the_question_for_good(client, question, hq):
    answer(client, question, kind="distinct")
    take(hq, dt.date(2025, 3, 24), [*rows(10), row("Wood", name=ALBA), row("Wood", name=ALMA)])
    question.refresh_from_db()
    assert question.state == DecisionState.DISTINCT
    assert not Decision.objects.filter(state=DecisionState.OPEN).exists()


def test_a_question_put_off_stays_answerable(client, question):
    answer(client, question, kind="later")
    question.refresh_from_db()
    assert question.state == DecisionState.LATER
    answer(client, question, kind="distinct")
    question.refresh_from_db()
    assert question.state == DecisionState.DISTINCT
    kinds = Verdict.objects.filter(undone_at__isnull=True).values_list("kind", flat=True)
    assert list(kinds) == [VerdictKind.DISTINCT]


def test_an_answer_that_stands_is_not_overwritten(client, question):
    answer(client, question, kind="distinct")
    response = answer(client, question, kind="same", confirmed="true")
    assert response.status_code == 422
    assert "An answer stands already" in words(response)


def test_an_answer_of_another_kind_is_refused(client, question):
    assert answer(client, question, kind="merge").status_code == 422
    assert not Verdict.objects.exists()


def test_what_a_rule_applied_is_listed_and_can_be_overruled_with_a_reason(client, conclusion):
    listed = words(client.get(reverse("agreements:rule_decision_list")))
    assert "Hawkinss Police Department" in listed
    assert "Typing error" in listed
    refused = answer(client, conclusion, kind="distinct", reason="")
    assert refused.status_code == 422
    assert "Say why the rule is wrong here" in words(refused)
    assert Agency.objects.filter(merged_into__isnull=True, name__startswith="Hawkins").count() == 1
    answer(client, conclusion, kind="distinct", reason="Two bodies of one name")
    assert Agency.objects.filter(merged_into__isnull=True, name__startswith="Hawkins").count() == 2


def test_a_list_against_a_staff_statement_is_shown_with_one_side(client, hq):
    take(hq, DAYS[0], rows())
    agreement = Agreement.objects.first()
    agreement_suspend(
        actor=person(hq), agreement=agreement, on=dt.date(2025, 3, 5), reason="Letter of 2025-03-04"
    )
    take(hq, DAYS[1], [*rows(), row("Wood")])
    decision = Decision.objects.get(state=DecisionState.OPEN)
    text = show(client, decision)
    assert "Staff entered: suspended from 2025-03-05" in text
    assert "The statement stands" in text
    assert agreement.ref in text
    answer(client, decision, kind="distinct")
    agreement.refresh_from_db()
    assert agreement.status == "suspended"


def test_the_next_open_question_is_one_click_away_and_the_last_has_none(client, question, hq):
    assert "Next open review" not in show(client, question)
    more = [row("Wood", name="Yantis Police Department"), row("Wood", name="Yantiss Police Department")]
    take(hq, dt.date(2025, 3, 24), [*rows(), row("Wood", name=ALBA), row("Wood", name=ALMA), *more])
    assert "Next open review" in show(client, question)


@pytest.mark.parametrize(("role", "sees", "decides"), [(Role.AUDITOR, 200, 403), (Role.FIELD_PM, 403, 403)])
def test_only_headquarters_decides(client, question, role, sees, decides):
    client.force_login(UserFactory(role=role))
    page = client.get(reverse("agreements:review_detail", args=[question.pk]))
    assert page.status_code == sees
    assert "Your answer" not in words(page)
    assert answer(client, question, kind="distinct").status_code == decides
    assert client.get(reverse("agreements:review_list")).status_code == sees
    assert not Verdict.objects.exists()


def test_a_review_that_does_not_exist_answers_404(client, hq):
    assert client.get(reverse("agreements:review_detail", args=[999])).status_code == 404


def test_pages_of_reviews_cost_a_constant_number_of_queries(client, question):
    with baseline_queries("reviews.list"):
        client.get(reverse("agreements:review_list"))
    with baseline_queries("reviews.detail"):
        client.get(reverse("agreements:review_detail", args=[question.pk]))


def test_a_date_that_cannot_be_read_is_kept_as_printed_or_put_off_and_nothing_else(client, hq):
    take(hq, DAYS[0], [*rows(), row("Wood", name=ALBA, signed="2025-02-10")])
    take(hq, DAYS[1], [*rows(), row("Wood", name=ALBA, signed="13/45/2026")])
    question = Decision.objects.get(state=DecisionState.OPEN)
    text = show(client, question)
    assert "Keep as printed" in text
    assert "Different" not in text
    assert answer(client, question, kind="distinct").status_code == 422
    agreement = Agreement.objects.get(agency__name=ALBA)
    assert (str(agreement.signed_on), agreement.signed_text) == ("2025-02-10", "13/45/2026")
    page = words(client.get(reverse("agreements:agreement_detail", args=[agreement.ref])))
    assert "2025-02-10 (last printed as “13/45/2026”, which cannot be read)" in page
    answer(client, question, kind="same", confirmed="true")
    question.refresh_from_db()
    assert question.state == VerdictKind.SAME
