"""Moving several requests on: all or none, by the rules of one, in a fixed number of statements."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from itinstall.models import HoldReason, InstallationRequest, StageTransition
from itinstall.services import bulk, holds, requests
from itinstall.services.bulk import Move, MovesRefused, moves_plan, requests_move
from oversight.access.actors import person
from oversight.access.permissions import NotAllowed
from oversight.trail.models import TrailEntry
from tests.factories import AssignmentFactory, FieldOfficeFactory, ProgramManagerFactory, UserFactory
from tests.itinstall.installations import SYSTEM, agency_of, request_in, stage

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]
D = dt.date


def moves(*rows: InstallationRequest) -> list[Move]:
    return [Move(row.pk, row.version) for row in rows]


def test_what_bulk_writes_is_what_one_by_one_writes() -> None:
    several, alone = [request_in("bids") for _ in range(3)], request_in("bids")
    on = {"stage": stage("isa"), "on": D(2026, 3, 1), "reason": "Letter"}
    requests_move(actor=SYSTEM, moves=moves(*several), **on)
    requests.request_move(actor=SYSTEM, request=alone, **on)
    alone.refresh_from_db()
    kept = ("state", "stage_id", "stage_on", "closed_on", "hold_id", "version")
    fields = ("sequence", "kind", "stage", "on", "reason", "corrects", "is_withdrawal")
    one = StageTransition.objects.filter(request=alone).values_list(*fields)
    told = TrailEntry.objects.filter(verb="installation.moved", object_id=str(alone.pk)).latest("pk")
    for row in several:
        row.refresh_from_db()
        assert [getattr(row, name) for name in kept] == [getattr(alone, name) for name in kept]
        assert list(StageTransition.objects.filter(request=row).values_list(*fields)) == list(one)
        entry = TrailEntry.objects.filter(verb="installation.moved", object_id=str(row.pk)).latest("pk")
        assert (entry.before, entry.after, entry.reason) == (told.before, told.after, told.reason)


def test_one_refusal_refuses_all_and_says_of_each_what_is_wrong() -> None:
    good, early, skips = request_in("bids"), request_in("bids", step=60), request_in("request")
    done = request_in("access", complete=True)
    with pytest.raises(MovesRefused, match="3 of 4 cannot move") as refused:
        requests_move(
            actor=SYSTEM, moves=moves(good, early, skips, done), stage=stage("isa"), on=D(2026, 2, 1)
        )
    problems = {outcome.pk: " ".join(outcome.problems) for outcome in refused.value.outcomes}
    assert problems[good.pk] == ""
    assert "2026-02-01 is before the step that it follows" in problems[early.pk]
    assert "Bids and circuit must come before ISA" in problems[skips.pk]
    assert "The request has ended" in problems[done.pk]
    assert not StageTransition.objects.filter(on=D(2026, 2, 1)).exists()
    plan = moves_plan(
        actor=SYSTEM, moves=moves(good, early, skips, done), stage=stage("isa"), on=D(2026, 2, 1)
    )
    assert [outcome.problems for outcome in plan] == [o.problems for o in refused.value.outcomes]


def test_going_back_needs_a_reason_also_for_several() -> None:
    row = request_in("isa")
    with pytest.raises(MovesRefused) as refused:
        requests_move(actor=SYSTEM, moves=moves(row), stage=stage("bids"), on=D(2026, 3, 1))
    assert "Say why it goes back" in refused.value.outcomes[0].problems[0]
    requests_move(
        actor=SYSTEM, moves=moves(row), stage=stage("bids"), on=D(2026, 3, 1), reason="Bid withdrawn"
    )
    row.refresh_from_db()
    assert row.stage_id == "bids"


def test_a_request_that_somebody_else_changed_refuses_all() -> None:
    first, second = request_in("bids"), request_in("bids")
    seen = moves(first, second)
    holds.hold_begin(
        actor=SYSTEM, request=second, why=HoldReason.objects.get(pk="bids"), owner="vendor", on=D(2026, 2, 1)
    )
    with pytest.raises(MovesRefused) as refused:
        requests_move(actor=SYSTEM, moves=seen, stage=stage("isa"), on=D(2026, 3, 1))
    assert [outcome.is_outdated for outcome in refused.value.outcomes] == [False, True]
    first.refresh_from_db()
    assert first.stage_id == "bids"


def test_a_field_pm_moves_the_assigned_ones_and_no_others() -> None:
    manager = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    mine, near, far = agency_of(), agency_of(), agency_of("miami")
    AssignmentFactory(program_manager=manager, agency=mine)
    rows = [request_in("bids", agency=agency) for agency in (mine, near, far)]
    actor, on = person(manager.user), {"stage": stage("isa"), "on": D(2026, 3, 1)}
    with pytest.raises(MovesRefused) as refused:
        requests_move(actor=actor, moves=moves(*rows), **on)
    assert [bool(outcome.problems) for outcome in refused.value.outcomes] == [False, True, True]
    assert [outcome.request is None for outcome in refused.value.outcomes] == [False, True, True]
    assert len(requests_move(actor=actor, moves=moves(rows[0]), **on)) == 1
    with pytest.raises(NotAllowed):
        requests_move(actor=person(UserFactory(role="auditor")), moves=moves(rows[1]), **on)


def test_the_number_of_statements_does_not_grow() -> None:
    def statements(n: int) -> int:
        rows = [request_in("bids") for _ in range(n)]
        with CaptureQueriesContext(connection) as captured:
            requests_move(actor=SYSTEM, moves=moves(*rows), stage=stage("isa"), on=D(2026, 3, 1))
        return len(captured)

    assert statements(2) == statements(12)


def test_too_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 1)
    with pytest.raises(ValidationError, match="At most 1"):
        requests_move(
            actor=SYSTEM, moves=moves(request_in(), request_in()), stage=stage("isa"), on=D(2026, 3, 1)
        )
