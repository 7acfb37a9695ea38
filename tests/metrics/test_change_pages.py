"""Pages that set or end a target and answer a question: the form, a sentence to confirm, the change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.utils.html import escape

from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.metrics.base import NATION
from oversight.metrics.choices import Direction, GapState
from oversight.metrics.models import Gap, Target
from oversight.metrics.services.targets import NewTarget, target_set
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 6, 1)
GAP = "/gaps/staffing.positions/"
TARGET = {
    "metric": "agreements.pending_days_median", "where": "nation:", "direction": "at_most", "value": "60",
    "valid_from": "2025-06-01", "owner": "Unit Chief", "source": "Memo 7",
}  # fmt: skip
ANSWER = {"answer": "41 positions", "source": "Memo of the Unit Chief", "answered_on": "2026-01-05"}
SENTENCE = (
    "Days pending, median for the nation: at most 60.0 calendar days, from 2025-06-01. "
    "Owner: Unit Chief. Source: Memo 7."
)


@pytest.fixture
def hq():
    return UserFactory(role=Role.HQ)


@pytest.fixture
def ask(client, hq):
    client.force_login(hq)

    def send(path, data, **more):
        response = client.post(path, {**data, **more})
        return response, response.content.decode()

    return send


def a_target(hq, **more):
    values = {
        "metric": "agreements.pending_days_median", "subject": NATION, "direction": Direction.AT_MOST,
        "value": Decimal(60), "valid_from": DAY, "owner": "Unit Chief", "source": "Memo 7",
    }  # fmt: skip
    return target_set(actor=person(hq), new=NewTarget(**{**values, **more}))


def test_a_target_is_set_only_after_its_sentence_is_confirmed(ask, client):
    response, text = ask("/targets/new/", TARGET)
    assert response.status_code == 200
    assert escape(SENTENCE) in text
    assert "Is this right?" in text
    assert "Yes, set target" in text
    assert not Target.objects.exists()
    response, _ = ask("/targets/new/", TARGET, confirmed="yes")
    assert (response.status_code, response["Location"]) == (302, "/targets/")
    assert Target.objects.get().value == Decimal(60)
    assert (
        "is set. To change it, set another one from a later day, or end it."
        in client.get("/targets/").content.decode()
    )


def test_going_back_from_the_question_keeps_what_was_entered(ask):
    response, text = ask("/targets/new/", TARGET, edit="yes")
    assert response.status_code == 200
    assert 'value="Memo 7"' in text
    assert "Set a target" in text
    assert "Is this right?" not in text
    assert not Target.objects.exists()


@pytest.mark.parametrize("confirmed", [{}, {"confirmed": "yes"}])
def test_what_the_form_or_the_service_refuses_is_said_at_the_field(ask, hq, confirmed):
    response, text = ask("/targets/new/", {**TARGET, "owner": ""}, **confirmed)
    assert response.status_code == 422
    assert "Enter an office or a role." in text
    every = {**TARGET, "metric": "staffing.agencies_per_pm", "where": "model:*"}
    response, text = ask("/targets/new/", every, **confirmed)
    assert response.status_code == 422
    assert "#id_where" in text
    assert "is not given at this level" in text
    assert not Target.objects.exists()


def test_nobody_confirms_a_target_that_a_later_one_rules_out(ask, hq):
    a_target(hq, valid_from=DAY + dt.timedelta(days=30))
    response, text = ask("/targets/new/", TARGET)
    assert response.status_code == 422
    assert "There is a target from 2025-07-01 on." in text
    assert "Is this right?" not in text


def test_a_target_ends_after_a_question_that_repeats_the_reason(ask, hq):
    target = a_target(hq)
    data = {"on": "2025-07-01", "reason": "Memo 9"}
    response, text = ask(f"/targets/{target.pk}/end/", data)
    assert response.status_code == 200
    assert "holds until 2025-07-01, that day not included." in text
    assert "Reason: Memo 9" in text
    assert "usa-button--secondary" in text
    assert "Yes, end target" in text
    response, _ = ask(f"/targets/{target.pk}/end/", data, confirmed="yes")
    assert response.status_code == 302
    target.refresh_from_db()
    assert target.valid_to == dt.date(2025, 7, 1)
    response, text = ask(f"/targets/{target.pk}/end/", {**data, "on": "2025-05-01"})
    assert response.status_code == 422
    assert "It holds from 2025-06-01. Choose a later day." in text
    assert ask(f"/targets/{2**63}/end/", data)[0].status_code == 404


def test_an_answer_is_recorded_and_taken_back_each_after_a_question(ask):
    _, text = ask(f"{GAP}answer/", ANSWER)
    assert "Memo of the Unit Chief answered on 2026-01-05: 41 positions" in text
    assert "Yes, record answer" in text
    assert Gap.objects.get(key="staffing.positions").state == GapState.OPEN
    response, _ = ask(f"{GAP}answer/", ANSWER, confirmed="yes")
    assert (response.status_code, response["Location"]) == (302, GAP)
    assert Gap.objects.get(key="staffing.positions").answer == "41 positions"
    _, text = ask(f"{GAP}reopen/", {"reason": "Withdrawn"})
    assert "The question is open again, and the answer no longer shows." in text
    assert ask(f"{GAP}reopen/", {"reason": "Withdrawn"}, confirmed="yes")[0].status_code == 302
    assert Gap.objects.get(key="staffing.positions").state == GapState.OPEN
    response, text = ask(f"{GAP}reopen/", {"reason": "Withdrawn"})
    assert response.status_code == 422
    assert "This question is open." in text


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/targets/new/", '<a href="/targets/" class="usa-breadcrumb__link">'),
        (f"{GAP}answer/", '<a href="/gaps/" class="usa-breadcrumb__link">'),
    ],
)
def test_the_page_stands_below_the_list_that_it_belongs_to(client, hq, path, above):
    client.force_login(hq)
    assert above in client.get(path).content.decode()
