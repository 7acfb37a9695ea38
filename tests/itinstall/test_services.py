"""Requests through their services: submitted, moved, held, corrected, refused."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from itinstall.choices import EntryKind, Party, Priority, RequestState
from itinstall.models import Hold, HoldReason, InstallationRequest, Stage, StageTransition
from itinstall.selectors.requests import clocks_of_request, installation_requests
from itinstall.services import holds, requests
from itinstall.services.sites import site_create
from oversight.access.actors import person, system
from oversight.access.permissions import NotAllowed
from oversight.trail.models import TrailEntry
from tests.factories import AgencyFactory, AgreementFactory, SiteFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]

D = dt.date
LEAD = system("test")
ORDER = ("request", "bids", "isa", "equipment", "install", "access")


def stage(key: str) -> Stage:
    return Stage.objects.get(pk=key)


@pytest.fixture
def request_() -> InstallationRequest:
    agreement = AgreementFactory(model="JEM", signed_on=D(2026, 1, 1))
    site = SiteFactory(agency=agreement.agency)
    return requests.request_create(actor=LEAD, site=site, on=D(2026, 1, 10))


def move_to(request: InstallationRequest, last: str, first_on: dt.date, step: int = 10) -> None:
    for number, key in enumerate(ORDER[1 : ORDER.index(last) + 1]):
        requests.request_move(
            actor=LEAD, request=request, stage=stage(key), on=first_on + dt.timedelta(days=number * step)
        )


def test_a_request_keeps_policy_agreement_and_first_stage(request_) -> None:
    assert (request_.stage_id, request_.stage_on, request_.version) == ("request", D(2026, 1, 10), 1)
    assert request_.policy.target_days == 180
    assert request_.agreement.signed_on == D(2026, 1, 1)
    assert request_.ref.startswith("ITR-")
    assert TrailEntry.objects.filter(verb="installation.submitted").count() == 1


def test_of_several_agreements_the_earliest_that_needs_equipment_starts_the_clock() -> None:
    agency = AgencyFactory()
    AgreementFactory(agency=agency, model="WSO", signed_on=D(2025, 1, 1))
    AgreementFactory(agency=agency, model="TFM", signed_on=D(2025, 6, 1))
    AgreementFactory(agency=agency, model="JEM", signed_on=D(2025, 9, 1))
    request = requests.request_create(actor=LEAD, site=SiteFactory(agency=agency), on=D(2026, 1, 10))
    assert request.agreement.model == "TFM"


def test_a_site_under_a_wso_agreement_alone_has_no_clock() -> None:
    agreement = AgreementFactory(model="WSO", signed_on=D(2025, 1, 1))
    request = requests.request_create(
        actor=LEAD, site=SiteFactory(agency=agreement.agency), on=D(2026, 1, 10)
    )
    hq = UserFactory()
    shown = installation_requests(user=hq).get(pk=request.pk)
    assert request.agreement is None
    assert clocks_of_request(request=shown).elapsed_days is None


def test_a_request_runs_through_its_stages_and_completes(request_) -> None:
    move_to(request_, "access", D(2026, 2, 1))
    requests.request_complete(actor=LEAD, request=request_, on=D(2026, 4, 1))
    request_.refresh_from_db()
    assert (request_.state, request_.closed_on, request_.stage_id) == (
        RequestState.COMPLETED, D(2026, 4, 1), "access",
    )  # fmt: skip
    clocks = clocks_of_request(request=installation_requests(user=UserFactory()).get(pk=request_.pk))
    assert (clocks.elapsed_days, clocks.is_over, clocks.is_late) == (90, True, False)


def test_a_mandatory_stage_is_not_skipped(request_) -> None:
    with pytest.raises(ValidationError, match=r"Bids and circuit must come before ISA"):
        requests.request_move(actor=LEAD, request=request_, stage=stage("isa"), on=D(2026, 2, 1))
    with pytest.raises(ValidationError, match="must come before installation complete"):
        requests.request_complete(actor=LEAD, request=request_, on=D(2026, 2, 1))
    assert StageTransition.objects.count() == 1


@pytest.mark.parametrize(
    ("on", "words"),
    [(D(2026, 1, 9), "before the step that it follows"), (D(2026, 6, 2), "lies in the future")],
)
def test_a_step_is_neither_before_its_predecessor_nor_in_the_future(request_, on, words) -> None:
    with pytest.raises(ValidationError, match=words):
        requests.request_move(actor=LEAD, request=request_, stage=stage("bids"), on=on)
    request_.refresh_from_db()
    assert (request_.stage_id, request_.version) == ("request", 1)


def test_of_two_people_who_move_one_request_the_second_is_told(request_) -> None:
    requests.request_move(actor=LEAD, request=request_, stage=stage("bids"), on=D(2026, 2, 1), version=1)
    with pytest.raises(ValidationError, match="meanwhile") as refused:
        requests.request_move(actor=LEAD, request=request_, stage=stage("bids"), on=D(2026, 2, 2), version=1)
    assert refused.value.code == "outdated"


def test_going_back_needs_a_reason(request_) -> None:
    move_to(request_, "isa", D(2026, 2, 1))
    back = {"actor": LEAD, "request": request_, "stage": stage("bids"), "on": D(2026, 3, 1)}
    with pytest.raises(ValidationError, match="Say why it goes back"):
        requests.request_move(**back)
    requests.request_move(**back, reason="The carrier withdrew its bid.")
    request_.refresh_from_db()
    assert request_.stage_id == "bids"


def test_a_correction_is_a_new_entry_and_the_old_one_stays(request_) -> None:
    move_to(request_, "isa", D(2026, 2, 1))
    wrong = StageTransition.objects.get(request=request_, stage="bids")
    fixed = requests.entry_correct(actor=LEAD, entry=wrong, on=D(2026, 1, 20), reason="The bid is dated so.")
    assert (fixed.sequence, fixed.corrects) == (wrong.sequence, wrong)
    assert list(
        StageTransition.objects.standing().filter(request=request_).values_list("sequence", "on")
    ) == [(1, D(2026, 1, 10)), (2, D(2026, 1, 20)), (3, D(2026, 2, 11))]
    before = StageTransition.objects.known_at(wrong.entered_at).filter(request=request_, sequence=2)
    assert before.get().on == D(2026, 2, 1) or fixed.entered_at <= wrong.entered_at
    with pytest.raises(ValidationError, match="corrected meanwhile"):
        requests.entry_correct(actor=LEAD, entry=wrong, on=D(2026, 1, 21), reason="again")


def test_a_correction_does_not_break_the_order(request_) -> None:
    move_to(request_, "isa", D(2026, 2, 1))
    bids = StageTransition.objects.get(request=request_, stage="bids")
    with pytest.raises(ValidationError, match="before the step that it follows"):
        requests.entry_correct(actor=LEAD, entry=bids, on=D(2026, 2, 12), reason="typo")


def test_a_step_is_taken_back_and_the_request_is_where_it_was(request_) -> None:
    move_to(request_, "isa", D(2026, 2, 1))
    last = StageTransition.objects.get(request=request_, stage="isa")
    requests.entry_withdraw(actor=LEAD, entry=last, reason="Other site meant.")
    request_.refresh_from_db()
    assert (request_.stage_id, request_.stage_on) == ("bids", D(2026, 2, 1))
    requests.request_move(actor=LEAD, request=request_, stage=stage("isa"), on=D(2026, 3, 1))
    first = StageTransition.objects.get(request=request_, sequence=1)
    with pytest.raises(ValidationError, match="begins with"):
        requests.entry_withdraw(actor=LEAD, entry=first, reason="no")


def test_the_database_keeps_history_as_it_was_entered(request_) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StageTransition.objects.update(on=D(2020, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        StageTransition.objects.all().delete()


class TestHolds:
    def begin(self, request, **more):
        why = HoldReason.objects.get(pk="isa-lea")
        return holds.hold_begin(
            actor=LEAD, request=request, why=why, owner=Party.AGENCY, **{"on": D(2026, 2, 1), **more}
        )

    def test_a_hold_shows_until_it_ends(self, request_) -> None:
        hold = self.begin(request_)
        request_.refresh_from_db()
        assert request_.hold == hold
        holds.hold_end(actor=LEAD, hold=hold, on=D(2026, 2, 11))
        request_.refresh_from_db()
        assert request_.hold is None
        assert Hold.objects.standing().get().ends_on == D(2026, 2, 11)

    def test_a_request_does_not_close_on_hold(self, request_) -> None:
        move_to(request_, "access", D(2026, 1, 11), step=1)
        self.begin(request_)
        with pytest.raises(ValidationError, match="End the hold first"):
            requests.request_complete(actor=LEAD, request=request_, on=D(2026, 4, 1))
        with pytest.raises(ValidationError, match="End the hold first"):
            requests.request_cancel(actor=LEAD, request=request_, on=D(2026, 4, 1), reason="given up")

    def test_holds_do_not_overlap(self, request_) -> None:
        self.begin(request_, until=D(2026, 2, 11))
        with pytest.raises(ValidationError, match="Holds do not overlap"):
            self.begin(request_, on=D(2026, 2, 10))
        self.begin(request_, on=D(2026, 2, 11))

    def test_days_net_of_pauses_stand_beside_the_elapsed_ones_and_the_policy_says_which_count(
        self, request_
    ) -> None:
        hq = UserFactory()
        self.begin(request_, until=D(2026, 2, 11))
        shown = installation_requests(user=hq).get(pk=request_.pk)
        clocks = clocks_of_request(request=shown, as_of=D(2026, 3, 2))
        assert (clocks.elapsed_days, clocks.net_days, clocks.counted_days) == (60, 50, 60)
        request_.policy.pausing.add("isa-lea")
        clocks = clocks_of_request(request=shown, as_of=D(2026, 3, 2))
        assert clocks.counted_days == 50

    def test_a_hold_taken_back_is_no_pause(self, request_) -> None:
        hold = self.begin(request_)
        holds.hold_withdraw(actor=LEAD, hold=hold, reason="Other request.")
        request_.refresh_from_db()
        assert request_.hold is None
        assert not Hold.objects.standing().exists()


def test_a_field_pm_changes_assigned_agencies_only_and_no_priorities() -> None:
    from tests.factories import AssignmentFactory, ProgramManagerFactory

    agreement = AgreementFactory(model="JEM", signed_on=D(2026, 1, 1))
    user = UserFactory(role="field_pm")
    manager = ProgramManagerFactory(user=user, valid_from=D(2025, 1, 1))
    AssignmentFactory(program_manager=manager, agency=agreement.agency, valid_from=D(2025, 1, 1))
    site = site_create(actor=person(user), agency=agreement.agency, name="Main jail")
    request = requests.request_create(actor=person(user), site=site, on=D(2026, 1, 10))
    with pytest.raises(NotAllowed):
        requests.request_describe(
            actor=person(user), request=request, priority=Priority.URGENT, note="", agreement=agreement
        )
    foreign = SiteFactory()
    with pytest.raises(type(foreign).DoesNotExist):
        requests.request_create(actor=person(user), site=foreign, on=D(2026, 1, 10))


def test_one_site_has_one_open_request(request_) -> None:
    with pytest.raises(ValidationError, match="open request already"):
        requests.request_create(actor=LEAD, site=request_.site, on=D(2026, 1, 11))
    requests.request_cancel(actor=LEAD, request=request_, on=D(2026, 2, 1), reason="Wrong site.")
    again = requests.request_create(actor=LEAD, site=request_.site, on=D(2026, 2, 2))
    assert again.ref != request_.ref
    assert StageTransition.objects.filter(kind=EntryKind.CANCELLED).count() == 1
