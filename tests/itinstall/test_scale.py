"""Made-up installations at scale: possible by the rules, the same every time, consistent with their lists."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest
from django.db.models import Count, F

from agreements.scale import scale_lists_make
from itinstall.choices import EntryKind, RequestState
from itinstall.history import Pause, Step, Steps
from itinstall.isa_history import IsaMark, IsaMarks, IsaRules, isa_violations
from itinstall.models import (
    Equipment,
    Hold,
    InstallationRequest,
    InstallationVisit,
    InstallerAbsence,
    Isa,
    IsaStep,
    Site,
    StageTransition,
)
from itinstall.rules import Timeline, hold_violations, violations_of
from itinstall.scale import scale_installations_make
from itinstall.selectors.requests import stage_facts
from oversight.exchange.scale import Made, ScaleRequest
from tests.house.test_scale import undone

pytestmark = pytest.mark.django_db
UNTIL = date(2026, 6, 15)


def make(agencies: int = 60, seed: int = 287) -> tuple[ScaleRequest, Made]:
    request = ScaleRequest(agencies=agencies, seed=seed, until=UNTIL, tell=lambda text: None)
    scale_lists_make(request)
    return request, scale_installations_make(request)


def test_every_history_could_have_happened_and_the_request_repeats_it() -> None:
    request, made = make()
    stages = stage_facts()
    steps, holds = defaultdict(list), defaultdict(list)
    for entry in StageTransition.objects.standing().select_related("stage"):
        place = entry.stage.place if entry.stage else 0
        steps[entry.request_id].append(
            Step(entry.sequence, entry.kind, entry.on, entry.stage_id or "", place)
        )
    for hold in Hold.objects.standing():
        holds[hold.request_id].append(hold)
    rows = InstallationRequest.objects.select_related("hold")
    assert len(rows) == made.counts["installation requests"] > 150
    for row in rows:
        history = Steps.of(steps[row.pk])
        pauses = [Pause(hold.begins_on, hold.ends_on, hold.why_id) for hold in holds[row.pk]]
        line = Timeline(history, pauses, stages, UNTIL)
        assert violations_of(line) == [], row.ref
        for place, pause in enumerate(pauses):
            assert hold_violations(Timeline(history, pauses[:place], stages, UNTIL), pause) == [], row.ref
        last, end = history.last_stage, history.end
        assert (row.stage_id, row.stage_on, row.closed_on) == (last.stage, last.on, end.on if end else None)
        assert row.state == (
            RequestState.OPEN if end is None
            else RequestState.COMPLETED if end.kind == EntryKind.COMPLETED
            else RequestState.CANCELLED
        )  # fmt: skip
        assert [row.hold] == ([hold for hold in holds[row.pk] if hold.ends_on is None] or [None])
    assert {entry for entry in steps} == {row.pk for row in rows}
    entered = StageTransition.objects.count()
    assert 0.01 < StageTransition.objects.filter(corrects__isnull=False).count() / entered < 0.08
    assert set(StageTransition.objects.standing().values_list("on", flat=True)) <= request.changed_on


def test_isas_equipment_visits_and_installers_agree_with_the_histories() -> None:
    make()
    marks = defaultdict(list)
    for step in IsaStep.objects.standing():
        marks[step.isa_id].append(IsaMark(step.sequence, step.kind, step.on))
    assert marks
    assert all(isa_violations(IsaRules(IsaMarks.of(own), UNTIL)) == [] for own in marks.values())
    lasts = {isa: IsaMarks.of(own).last for isa, own in marks.items()}
    assert {isa.pk: (isa.last_kind, isa.last_on) for isa in Isa.objects.all()} == {
        isa: (last.kind, last.on) for isa, last in lasts.items()
    }
    assert not Equipment.objects.exclude(request__site=F("site")).exists()
    busy = defaultdict(set)
    for visit in InstallationVisit.objects.all():
        assert visit.begins_on not in busy[visit.installer_id]
        busy[visit.installer_id].add(visit.begins_on)
        assert visit.begins_on.weekday() < 5
        own = StageTransition.objects.standing().filter(request=visit.request_id)
        assert own.filter(stage="install", on__lte=visit.begins_on).exists()
    for away in InstallerAbsence.objects.all():
        assert not any(away.begins_on <= day < away.ends_on for day in busy[away.installer_id])
    assert not Site.objects.filter(is_synthetic=False).exists()
    assert set(Site.objects.values("agency").annotate(n=Count("pk")).values_list("n", flat=True)) == {3}


def test_the_same_seed_gives_the_same_installations_and_another_seed_others() -> None:
    digests = []
    for seed in (287, 287, 288):
        with undone():
            digests.append(make(50, seed)[1].digest)
    assert digests[0] == digests[1] != digests[2]


def test_rows_added_afterwards_by_services_get_keys_of_their_own() -> None:
    make(50)
    last = StageTransition.objects.latest("pk")
    added = StageTransition.objects.create(
        request=last.request, sequence=99, kind=EntryKind.COMPLETED, on=UNTIL
    )
    assert added.pk > last.pk
