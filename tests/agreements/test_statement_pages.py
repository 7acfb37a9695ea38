"""Nobody is asked to confirm what would then be refused, and asking enters nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from agreements.models import Agreement, AgreementStatus
from agreements.services.statuses import agreement_suspend
from oversight.access.actors import person
from oversight.trail.models import TrailEntry
from tests.factories import AgreementFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_a_fixed_day")]

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


@pytest.fixture
def _on_a_fixed_day(time_machine) -> None:
    time_machine.move_to(dt.datetime(2026, 9, 1, 16, tzinfo=dt.UTC))


@pytest.fixture
def hq():
    return person(UserFactory(role="hq"))


@pytest.fixture
def agreement() -> Agreement:
    return AgreementFactory(signed_on=dt.date(2026, 1, 5))


@pytest.mark.parametrize("on", ["2999-01-01", "2026-01-04"])
@pytest.mark.parametrize("page", ["suspend", "terminate"])
def test_a_day_that_cannot_be_is_refused_before_anybody_is_asked(client, hq, agreement, page, on):
    client.force_login(hq.user)
    address = reverse(f"agreements:agreement_{page}", args=[agreement.ref])
    response = client.post(address, {"on": on, "reason": "Letter."})
    assert response.status_code == 422
    assert "Is this right?" not in response.content.decode()
    assert f"{on} is" in response.content.decode()


def test_an_end_before_its_suspension_is_refused_before_anybody_is_asked(client, hq, agreement):
    statement = agreement_suspend(actor=hq, agreement=agreement, on=JULY, reason="Letter.")
    client.force_login(hq.user)
    address = reverse("agreements:statement_end", args=[agreement.ref, statement.pk])
    response = client.post(address, {"on": JUNE, "reason": "Letter."})
    assert response.status_code == 422
    assert "It began on 2026-07-01" in response.content.decode()


def test_the_question_enters_nothing(client, hq, agreement):
    client.force_login(hq.user)
    address = reverse("agreements:agreement_suspend", args=[agreement.ref])
    response = client.post(address, {"on": JUNE, "reason": "Letter."})
    assert "Is this right?" in response.content.decode()
    assert not AgreementStatus.objects.exists()
    assert not TrailEntry.objects.exists()
