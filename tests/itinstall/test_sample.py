"""Sample installations: possible by the rules, marked as made up, the same every time, none in the future."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise

import pytest

from itinstall.choices import RequestState
from itinstall.isa_history import IsaMark, IsaMarks, IsaRules, isa_violations
from itinstall.models import (
    Equipment,
    Hold,
    InstallationRequest,
    InstallationVisit,
    Installer,
    Isa,
    IsaStep,
    PublishedInstallation,
    Site,
    StageTransition,
)
from itinstall.rules import Timeline, hold_violations, violations_of
from itinstall.sample.simulation import Away, Wish, simulate
from itinstall.selectors.requests import pauses_of, stage_facts, standing_holds, standing_steps
from oversight.access.actors import system
from oversight.exchange.sample import register_sample, sample_parts_load
from oversight.trail.models import TrailEntry
from tests.factories import AgencyFactory, AgreementFactory, PublicationFactory
from tests.house.test_scale import undone

D = dt.date
LAST = D(2026, 5, 18)  # the day of loading; the newest list is three weeks older
ACTOR = system("load_sample")


@pytest.fixture
def register(settings):
    """120 agencies with agreements signed over fifteen months."""
    settings.DEBUG = True
    list_ = PublicationFactory(published_on=LAST - dt.timedelta(days=21))
    for number in range(120):
        AgreementFactory(
            agency=AgencyFactory(ref=f"LEA-{number:08d}"),
            model="TFM" if number % 2 else "JEM",
            signed_on=D(2025, 2, 3) + dt.timedelta(days=3 * number),
            first_publication=list_,
        )


def load() -> list[str]:
    return list(sample_parts_load(actor=ACTOR))


def told() -> list[object]:
    entries = StageTransition.objects.order_by("request__ref", "pk")
    return [
        *entries.values_list("request__ref", "sequence", "kind", "stage", "on", "corrects__on"),
        *Hold.objects.order_by("request__ref").values_list("request__ref", "why", "begins_on", "ends_on"),
        *InstallationVisit.objects.order_by("request__ref").values_list("request__ref", "begins_on"),
        *IsaStep.objects.order_by("isa__site__ref", "sequence").values_list("isa__site__ref", "kind", "on"),
        *Equipment.objects.order_by("serial", "site__ref", "kind").values_list("site__ref", "kind", "status"),
    ]


@pytest.mark.django_db
@pytest.mark.time_machine(dt.datetime(2026, 5, 18, 16, tzinfo=dt.UTC))
class TestSample:
    def test_every_history_could_have_happened_and_everything_is_marked_as_made_up(self, register) -> None:
        assert len(load()) == 3
        requests = list(InstallationRequest.objects.select_related("hold"))
        assert 15 < len(requests) < 60
        stages = stage_facts()
        for request in requests:
            steps, holds = standing_steps(request=request), standing_holds(request=request)
            pauses = pauses_of(holds, ())
            assert violations_of(Timeline(steps, pauses, stages, LAST)) == []
            for place, pause in enumerate(pauses):
                assert hold_violations(Timeline(steps, pauses[:place], stages, LAST), pause) == []
            assert request.stage_on == steps.last_stage.on
        assert {request.state for request in requests} >= {RequestState.OPEN, RequestState.COMPLETED}
        for isa in Isa.objects.all():
            rows = IsaStep.objects.filter(isa=isa)
            marks = IsaMarks.of(IsaMark(step.sequence, step.kind, step.on) for step in rows)
            assert isa_violations(IsaRules(marks, LAST)) == []
            assert (isa.last_kind, isa.last_on) == (marks.last.kind, marks.last.on)
        marked = (Site, InstallationRequest, StageTransition, Hold, Isa, IsaStep, Equipment, Installer)
        for model in (*marked, InstallationVisit):
            assert not model.objects.filter(is_synthetic=False).exists(), model
        assert TrailEntry.objects.filter(verb="installation.imported").count() == len(requests)

    def test_it_goes_on_after_the_last_list_but_not_after_the_day_of_loading(self, register) -> None:
        load()
        for model, field in (
            (StageTransition, "on"), (IsaStep, "on"), (Equipment, "status_on"), (Hold, "begins_on"),
            (Hold, "ends_on"), (InstallationVisit, "ends_on"),
        ):  # fmt: skip
            assert not model.objects.filter(**{f"{field}__gt": LAST}).exists(), (model, field)
        assert StageTransition.objects.filter(on__gt=LAST - dt.timedelta(days=21)).exists()

    def test_it_is_the_same_every_time_and_loaded_once(self, register) -> None:
        runs = []
        for _ in range(2):
            with undone():
                load()
                assert load() == []
                runs.append(told())
        assert runs[0] == runs[1]

    def test_outside_development_only_what_is_real_is_loaded(self, register, settings) -> None:
        settings.DEBUG = False
        assert load() == ["22 published installations"]
        assert not Site.objects.exists()
        assert PublishedInstallation.objects.count() == 22

    def test_a_part_is_registered_once(self) -> None:
        with pytest.raises(ValueError, match="Two parts"):
            register_sample(key="itinstall", order=1, load=lambda actor: "")


class TestPipeline:
    @pytest.fixture
    def runs(self):
        signed = [D(2025, 2, 3) + dt.timedelta(days=2 * number) for number in range(240)]
        wishes = [Wish(f"A{n:03d}", day, 3) for n, day in enumerate(signed)]
        away = [Away(1, "program", D(2025, 9, 1), D(2025, 9, 29))]
        return simulate(random.Random(1), wishes, away, LAST)

    def test_an_installer_is_at_one_site_at_a_time_on_weekdays_and_not_while_away(self, runs) -> None:
        for number in (1, 2):
            visits = sorted(run.visit[1:] for run in runs if run.visit and run.visit[0] == number)
            assert len(visits) > 20
            assert all(one[1] <= two[0] for one, two in pairwise(visits))
            for begins, ends in visits:
                days = [begins + dt.timedelta(days=n) for n in range((ends - begins).days)]
                assert all(day.weekday() < 5 for day in days)
                assert number != 1 or not any(D(2025, 9, 1) <= day < D(2025, 9, 29) for day in days)

    def test_many_miss_the_target_and_some_take_far_longer(self, runs) -> None:
        days = sorted((run.completed - run.wish.signed).days for run in runs if run.completed)
        assert len(days) > 80
        assert 0.15 < sum(n > 180 for n in days) / len(days) < 0.85
        assert days[-1] > 1.4 * days[len(days) // 2]

    def test_nobody_is_visited_before_the_equipment_is_there(self, runs) -> None:
        assert all(run.days["install"] <= run.visit[1] for run in runs if run.visit)
