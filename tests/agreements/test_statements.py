"""What staff state about one agreement does not contradict itself, in whatever order it is entered."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from agreements.choices import Status
from agreements.models import Agreement
from agreements.services.statuses import (
    agreement_suspend,
    agreement_terminate,
    effective_statuses_refresh,
    statement_end,
    statement_withdraw,
)
from oversight.access.actors import person
from tests.factories import AgreementFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_a_fixed_day")]

JUNE, JULY, AUGUST = dt.date(2026, 6, 1), dt.date(2026, 7, 1), dt.date(2026, 8, 1)


@pytest.fixture
def _on_a_fixed_day(time_machine) -> None:
    time_machine.move_to(dt.datetime(2026, 9, 1, 16, tzinfo=dt.UTC))


@pytest.fixture
def hq():
    return person(UserFactory(role="hq"))


@pytest.fixture
def agreement() -> Agreement:
    return AgreementFactory(signed_on=dt.date(2026, 1, 5))


def refusal(call) -> str:
    with pytest.raises(ValidationError) as refused:
        call()
    return refused.value.message_dict["on"][0]


def test_nothing_follows_an_end(hq, agreement):
    agreement_terminate(actor=hq, agreement=agreement, on=JUNE, reason="Letter.")
    said = refusal(lambda: agreement_suspend(actor=hq, agreement=agreement, on=JULY, reason="Letter."))
    assert said == "It is already terminated from 2026-06-01. If that is wrong, withdraw it first."
    agreement.refresh_from_db()
    assert agreement.status == Status.TERMINATED


@pytest.mark.parametrize("second", [JUNE - dt.timedelta(days=10), JUNE, JULY])
def test_an_agreement_ends_once(hq, agreement, second):
    agreement_terminate(actor=hq, agreement=agreement, on=JUNE, reason="Letter.")
    again = refusal(lambda: agreement_terminate(actor=hq, agreement=agreement, on=second, reason="Other."))
    assert "already terminated from 2026-06-01" in again


def test_an_end_before_a_suspension_is_refused_until_the_suspension_is_withdrawn(hq, agreement):
    later = agreement_suspend(actor=hq, agreement=agreement, on=JULY, reason="Letter.")
    said = refusal(lambda: agreement_terminate(actor=hq, agreement=agreement, on=JUNE, reason="Letter."))
    assert said.startswith("A suspension from 2026-07-01 is entered")
    statement_withdraw(actor=hq, statement=later, reason="Wrong agreement.")
    agreement_terminate(actor=hq, agreement=agreement, on=JUNE, reason="Letter.")


def test_two_suspensions_do_not_overlap(hq, agreement):
    first = agreement_suspend(actor=hq, agreement=agreement, on=JULY, reason="Letter.")
    early = refusal(lambda: agreement_suspend(actor=hq, agreement=agreement, on=JUNE, reason="Letter."))
    assert early == "A suspension from 2026-07-01 is already entered; withdraw it first."
    late = refusal(lambda: agreement_suspend(actor=hq, agreement=agreement, on=AUGUST, reason="Letter."))
    assert late == "It is already suspended since 2026-07-01."
    statement_end(actor=hq, statement=first, on=AUGUST, reason="Reinstated.")
    agreement_suspend(actor=hq, agreement=agreement, on=AUGUST, reason="Again.")


def test_a_suspended_agreement_may_end_and_is_then_ended(hq, agreement):
    agreement_suspend(actor=hq, agreement=agreement, on=JUNE, reason="Letter.")
    agreement_terminate(actor=hq, agreement=agreement, on=JULY, reason="Letter.")
    agreement.refresh_from_db()
    assert (agreement.status, agreement.status_on) == (Status.TERMINATED, JULY)


def test_of_two_doubles_found_to_be_one_the_end_wins(hq, agreement):
    double = AgreementFactory(signed_on=dt.date(2026, 1, 5))
    agreement_terminate(actor=hq, agreement=double, on=JUNE, reason="Letter.")
    agreement_suspend(actor=hq, agreement=agreement, on=JULY, reason="Letter.")
    Agreement.objects.filter(pk=double.pk).update(merged_into=agreement)
    effective_statuses_refresh(on=AUGUST, only=[agreement.pk])
    agreement.refresh_from_db()
    assert agreement.status == Status.TERMINATED
