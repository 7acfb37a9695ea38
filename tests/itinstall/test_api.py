"""Installations over the API: the pages' own lists, histories and rules, with ETags against lost updates."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from itinstall.choices import EquipmentStatus, IsaStepKind
from itinstall.models import EquipmentKind, Forecast, Hold, InstallationRequest, Stage, StageTransition
from itinstall.services.equipment import equipment_add
from itinstall.services.isas import isa_begin, isa_step
from itinstall.services.requests import request_create, request_move
from oversight.access.actors import person, system
from oversight.access.choices import Role
from oversight.access.services import api_token_create
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    SiteFactory,
    UserFactory,
)
from tests.support.queries import baseline_queries

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]
D = dt.date
LEAD = system("test")
ROOT = "/api/v1/installations/"


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch) -> None:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"read": None, "write": None})


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def add(name: str, day: str = "2026-01-10") -> InstallationRequest:
    agency = AgencyFactory(name=name)
    AgreementFactory(agency=agency, signed_on=D(2026, 1, 1))
    return request_create(actor=LEAD, site=SiteFactory(agency=agency), on=D.fromisoformat(day))


@pytest.fixture
def world():
    own, near, far = add("Own SO"), add("Near SO"), add("Far SO", "2026-02-10")
    houston = FieldOfficeFactory()
    for request in (own, near):
        AgencyOfficeFactory(agency=request.site.agency, office=houston)
    pm = UserFactory(role=Role.FIELD_PM)
    AssignmentFactory(program_manager=ProgramManagerFactory(user=pm, office=houston), agency=own.site.agency)
    hq = UserFactory(role=Role.HQ)
    return SimpleNamespace(
        own=own, near=near, far=far, pm=client_of(pm), hq=client_of(hq), hq_user=hq,
        auditor=client_of(UserFactory(role=Role.AUDITOR)),
    )  # fmt: skip


def act(client: APIClient, request: InstallationRequest, what: str, etag: str | None = "", **body):
    """Posts with the present ETag, another one, or (None) without."""
    address = f"{ROOT}{request.ref}/"
    if etag == "":
        etag = client.get(address)["ETag"]
    headers = {"HTTP_IF_MATCH": etag} if etag else {}
    return client.post(f"{address}{what}/", body, format="json", **headers)


class TestReading:
    def test_the_list_has_the_pages_filters_sort_and_scope(self, world) -> None:
        found = world.hq.get(f"{ROOT}?stage=request&sort=-stage_on").json()["results"]
        assert found[0]["ref"] == world.far.ref
        assert {row["site"]["agency"]["name"] for row in found} == {"Own SO", "Near SO", "Far SO"}
        assert found[0]["counted_days"] == 151
        assert world.hq.get(f"{ROOT}?hold=yes").json()["results"] == []
        assert world.hq.get(f"{ROOT}?nonsense=1").status_code == 400
        assert {row["ref"] for row in world.pm.get(ROOT).json()["results"]} == {
            world.own.ref, world.near.ref,
        }  # fmt: skip

    def test_one_request_has_its_history_and_a_foreign_one_does_not_exist(self, world) -> None:
        found = world.pm.get(f"{ROOT}{world.near.ref}/").json()
        assert (found["state"], found["stage"], found["clock_on"]) == ("open", "request", "2026-01-01")
        assert found["policy"] == {
            "valid_from": "2000-01-01", "target_days": 180, "clock_start": "signed",
        }  # fmt: skip
        (step,) = found["steps"]
        assert (step["sequence"], step["on"], step["stands"], step["entered_by"]) == (
            1, "2026-01-10", True, None,
        )  # fmt: skip
        assert world.pm.get(f"{ROOT}{world.far.ref}/").status_code == 404

    def test_clocks_are_had_for_a_past_day_and_not_for_a_future_one(self, world) -> None:
        address = f"{ROOT}{world.own.ref}/clocks/"
        today = world.hq.get(address).json()
        assert (today["as_of"], today["elapsed_days"], today["is_late"]) == ("2026-06-01", 151, False)
        then = world.hq.get(f"{address}?as_of=2026-02-01").json()
        assert (then["elapsed_days"], then["over_days"], then["target_days"]) == (31, -149, 180)
        for wrong in ("as_of=2026-06-02", "as_of=soon", "on=2026-02-01"):
            assert world.hq.get(f"{address}?{wrong}").status_code == 400, wrong

    def test_an_etag_holds_from_day_to_day_until_somebody_writes(self, world, time_machine) -> None:
        address = f"{ROOT}{world.own.ref}/"
        before = world.hq.get(address)["ETag"]
        time_machine.move_to(dt.datetime(2026, 6, 9, 16, tzinfo=dt.UTC))
        assert world.hq.get(address, HTTP_IF_NONE_MATCH=before).status_code == 304
        act(world.hq, world.own, "move", stage="bids", on="2026-02-01")
        assert world.hq.get(address)["ETag"] != before

    def test_reads_cost_a_fixed_number_of_queries(self, world) -> None:
        for number in range(8):
            add(f"More {number} SO")
        with baseline_queries("api.installations.list"):
            assert len(world.hq.get(ROOT).json()["results"]) == 11
        with baseline_queries("api.installations.detail"):
            world.hq.get(f"{ROOT}{world.own.ref}/")


class TestWriting:
    def test_a_request_goes_through_its_stages_and_completes(self, world) -> None:
        days = {"bids": "2026-02-01", "isa": "2026-02-10", "equipment": "2026-03-01"}
        for stage, on in {**days, "install": "2026-04-01", "access": "2026-04-02"}.items():
            answer = act(world.pm, world.own, "move", stage=stage, on=on)
            assert (answer.status_code, answer.json()["stage"]) == (200, stage)
        answer = act(world.pm, world.own, "complete", on="2026-04-09")
        found = answer.json()
        assert (found["state"], found["closed_on"], found["version"], len(found["steps"])) == (
            "completed", "2026-04-09", 7, 7,
        )  # fmt: skip
        assert StageTransition.objects.latest("pk").entered_by is not None

    def test_of_two_who_move_one_request_the_second_is_told_and_nothing_is_lost(self, world) -> None:
        seen = world.hq.get(f"{ROOT}{world.own.ref}/")["ETag"]
        assert act(world.hq, world.own, "move", seen, stage="bids", on="2026-02-01").status_code == 200
        late = act(world.pm, world.own, "move", seen, stage="bids", on="2026-02-02")
        assert (late.status_code, late.json()["code"]) == (412, "stale")
        assert act(world.hq, world.own, "move", None, stage="isa", on="2026-02-02").status_code == 428
        assert StageTransition.objects.filter(request=world.own).count() == 2

    @pytest.mark.parametrize(
        ("what", "body", "words"),
        [
            ("move", {"stage": "bids", "on": "2026-01-09"}, "before the step that it follows"),
            ("move", {"stage": "bids", "on": "2026-06-02"}, "lies in the future"),
            ("move", {"stage": "isa", "on": "2026-02-01"}, "Bids and circuit must come before"),
            ("move", {"stage": "moon", "on": "2026-02-01"}, "moon"),
            ("complete", {"on": "2026-02-01"}, "must come before installation complete"),
            ("cancel", {"on": "2026-02-01", "reason": " "}, "blank"),
            ("holds", {"why": "bids", "owner": "vendor", "on": "2026-01-01"}, "before the request was"),
            ("holds", {"why": "bids", "owner": "nobody", "on": "2026-02-01"}, "nobody"),
            ("holds/end", {"on": "2026-02-01"}, "not on hold"),
        ],
    )
    def test_what_could_not_be_is_refused_in_words(self, world, what, body, words) -> None:
        answer = act(world.hq, world.own, what, **body)
        assert answer.status_code == 400, answer.content
        assert words in answer.content.decode()
        assert StageTransition.objects.filter(request=world.own).count() == 1
        assert not Hold.objects.exists()

    def test_a_request_on_hold_is_not_closed_until_the_hold_ends(self, world) -> None:
        held = act(world.hq, world.own, "holds", why="bids", owner="vendor", on="2026-02-01", note="Two bids")
        assert (held.status_code, held.json()["holds"][0]["ends_on"]) == (200, None)
        gone = {"on": "2026-03-01", "reason": "Closed"}
        refused = act(world.hq, world.own, "cancel", **gone)
        assert "End the hold first" in refused.content.decode()
        ended = act(world.hq, world.own, "holds/end", on="2026-02-20").json()["holds"]
        assert [(one["ends_on"], one["stands"]) for one in ended] == [(None, False), ("2026-02-20", True)]
        assert act(world.hq, world.own, "cancel", **gone).json()["state"] == "cancelled"

    def test_who_sees_a_request_does_not_always_change_it(self, world) -> None:
        body = {"stage": "bids", "on": "2026-02-01"}
        assert act(world.pm, world.near, "move", **body).status_code == 403
        assert act(world.auditor, world.own, "move", **body).status_code == 403
        assert act(world.pm, world.far, "move", "x", **body).status_code == 404

    def test_a_token_that_only_reads_moves_nothing(self, world) -> None:
        secrets = {
            may_write: api_token_create(
                actor=person(world.hq_user), name=f"t{may_write}", may_write=may_write, days=1
            ).secret
            for may_write in (False, True)
        }
        for may_write, status in ((False, 403), (True, 200)):
            client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secrets[may_write]}")
            answer = act(client, world.own, "move", stage="bids", on="2026-02-01")
            assert answer.status_code == status


class TestResources:
    def test_sites_have_the_state_of_their_isa_and_its_steps(self, world) -> None:
        site = world.own.site
        isa = isa_begin(actor=LEAD, site=site, kind=IsaStepKind.SENT, on=D(2026, 2, 1))
        found = world.pm.get(f"/api/v1/sites/{site.ref}/").json()
        assert (found["isa_state"], found["n_open"]) == ("under-way", 1)
        assert found["isas"][0]["steps"][0]["kind"] == "sent"
        for kind in (IsaStepKind.AGENCY_SIGNED, IsaStepKind.ICE_SIGNED):
            isa_step(actor=LEAD, isa=isa, kind=kind, on=D(2026, 3, 1))
        rows = world.hq.get(f"/api/v1/sites/?sort=name&q={site.agency.name}").json()["results"]
        assert [row["isa_state"] for row in rows] == ["in-force"]
        detail = world.hq.get(f"/api/v1/isas/{isa.pk}/").json()
        assert (detail["with_party"], detail["last_on"], len(detail["steps"])) == ("", "2026-03-01", 3)
        assert world.hq.get("/api/v1/isas/").json()["results"][0]["site"]["ref"] == site.ref
        assert world.pm.get(f"/api/v1/sites/{world.far.site.ref}/").status_code == 404

    def test_equipment_is_listed_and_scoped(self, world) -> None:
        kind = EquipmentKind.objects.get(pk="workstation")
        for request in (world.own, world.far):
            equipment_add(
                actor=LEAD, site=request.site, kind=kind, serial=f"S{request.pk}",
                status=EquipmentStatus.ORDERED, on=D(2026, 2, 1), request=request,
            )  # fmt: skip
        (row,) = world.pm.get("/api/v1/equipment/").json()["results"]
        assert (row["request"], row["kind"], row["status"]) == (world.own.ref, "workstation", "ordered")
        assert world.pm.get(f"/api/v1/equipment/{row['id']}/").json() == row

    def test_a_forecast_names_only_requests_that_one_may_see(self, world) -> None:
        results = {
            "backlog": {"n": 2}, "requests": {world.own.ref: [10, 20, 5], world.far.ref: [30, None, None]},
        }  # fmt: skip
        made = Forecast.objects.create(as_of=D(2026, 6, 1), seed=1, runs=10, results=results)
        address = f"/api/v1/installation-forecasts/{made.pk}/"
        found = world.pm.get(address).json()
        assert found["requests"] == [
            {"ref": world.own.ref, "p50": "2026-06-11", "p80": "2026-06-21", "due": "2026-06-06"}
        ]
        assert world.far.ref not in str(found)
        assert len(world.hq.get(address).json()["requests"]) == 2
        assert "requests" not in world.hq.get("/api/v1/installation-forecasts/").json()["results"][0]


def test_a_stage_begun_by_the_api_and_by_a_service_is_the_same(world) -> None:
    act(world.hq, world.own, "move", stage="bids", on="2026-02-01")
    request_move(actor=LEAD, request=world.near, stage=Stage.objects.get(pk="bids"), on=D(2026, 2, 1))
    own, near = (InstallationRequest.objects.get(pk=one.pk) for one in (world.own, world.near))
    assert (own.stage_id, own.stage_on, own.version) == (near.stage_id, near.stage_on, near.version)
