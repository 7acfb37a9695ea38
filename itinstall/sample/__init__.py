"""Sample installations: made up, seeded, marked; agencies and signing dates are those of published lists.

They go on until the day on which they are loaded, after the last list too: a pipeline that had stood still
for months would make every delay and forecast look absurd.

What reports publish of single installations is no part of it: those lines are real and entered as such.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from agreements.models import Agreement, Publication
from itinstall.choices import AbsenceKind, EntryKind, Priority
from itinstall.history import Step, Steps
from itinstall.models import (
    HoldReason,
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    Installer,
    InstallerAbsence,
    Site,
    Stage,
    StageTransition,
)
from itinstall.sample.resources import sample_resources_add
from itinstall.sample.simulation import INSTALLERS, Away, Run, Wish, simulate
from itinstall.selectors.forecasts import FORECAST
from itinstall.services.forecasts import base_forecast_start
from itinstall.services.histories import HistoryDraft, HoldDraft, histories_add
from itinstall.services.published import published_load
from itinstall.services.requests import entry_correct
from oversight.access.actors import Actor
from oversight.exchange.models import Job
from oversight.trail.services import Act, record_many

__all__ = ["register_samples", "sample_installations_load"]

SEED = 287
MADE_UP = "Made up for the sample."
SHARE, SECOND_SITE_SHARE, CORRECTED_SHARE = 0.26, 0.06, 0.04
SIGNED_FROM = date(2025, 2, 1)
STAGES = ("request", "bids", "isa", "equipment", "install", "access")
ABSENCES = (
    (1, AbsenceKind.OTHER_PROGRAM, date(2025, 7, 7), date(2025, 7, 28)),
    (1, AbsenceKind.LEAVE, date(2025, 12, 22), date(2026, 1, 5)),
    (2, AbsenceKind.TRAINING, date(2025, 8, 4), date(2025, 8, 18)),
    (2, AbsenceKind.OTHER_PROGRAM, date(2026, 2, 2), date(2026, 3, 2)),
)
ENTERED_AHEAD = timedelta(days=30)
PRIORITIES = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW)
WEIGHTS = (0.02, 0.08, 0.84, 0.06)


def register_samples() -> None:
    """Called once, when the app is ready."""
    from oversight.exchange.sample import register_sample

    register_sample(key="itinstall", order=40, load=sample_installations_load)
    register_sample(key="itinstall.published", order=41, load=_published, is_made_up=False)
    register_sample(key="itinstall.forecast", order=42, load=_forecast)


def _forecast(actor: Actor) -> str:
    """The first night is hours away: a first visitor should find a forecast."""
    asked = Job.objects.filter(kind=FORECAST).exists()
    if asked or not InstallationRequest.objects.exists():
        return ""
    base_forecast_start(actor=actor)
    return "The forecast of the synthetic installations is left to the worker"


def _published(actor: Actor) -> str:
    n = published_load()
    return f"{n} published installations" if n else ""


@transaction.atomic
def sample_installations_load(actor: Actor) -> str:
    """Sites, requests with their histories, ISAs, equipment, installers and visits; once, and only where the
    stages are those of the start. What was made, in words."""
    last = Publication.objects.filter(kind="participating").order_by("-published_on").first()
    there = InstallationRequest.objects.exists() or Site.objects.exists() or Installer.objects.exists()
    stages = {stage.pk: stage for stage in Stage.objects.filter(is_active=True)}
    if last is None or there or set(stages) != set(STAGES):
        return ""
    until = timezone.localdate()
    chance = random.Random(f"{SEED}/{until}")  # noqa: S311 - made-up data, the same everywhere on a day
    rules = _Rules(
        stages,
        {one.pk: one for one in HoldReason.objects.all()},
        InstallationPolicy.objects.earliest("valid_from"),
    )
    wanted = _wanted(chance, rules, until)
    away = [Away(number, kind, begins, ends) for number, kind, begins, ends in ABSENCES if ends <= until]
    runs = [run for run in simulate(chance, list(wanted), away, until) if run.days]
    wrong = {run.wish.key: _misread(chance, run, until) for run in runs if chance.random() < CORRECTED_SHARE}
    drafts = [_draft(run, wanted[run.wish], rules, until, wrong.get(run.wish.key)) for run in runs]
    requests = histories_add(actor=actor, drafts=drafts)
    by_key = {run.wish.key: request for run, request in zip(runs, requests, strict=True)}
    n_corrected = _correct(actor, runs, by_key, wrong)
    _installers_add(actor, runs, by_key, away)
    sample_resources_add(actor=actor, chance=chance, runs=runs, requests=by_key, until=until)
    words = f"{len(requests)} synthetic installation requests up to {until}"
    return f"{words}, {n_corrected} of their steps corrected"


@dataclass(frozen=True, slots=True)
class _Rules:
    stages: dict[str, Stage]
    reasons: dict[str, HoldReason]
    policy: InstallationPolicy


def _wanted(chance: random.Random, rules: _Rules, until: date) -> dict[Wish, tuple[Agreement, Site]]:
    """A share of the agencies, each with the agreement that starts its clock; some have a second site."""
    rows = Agreement.objects.current().filter(
        model__in=rules.policy.models_with_equipment,
        signed_on__range=(SIGNED_FROM, until),
        ever_participating=True,
        agency__merged_into__isnull=True,
    )
    first: dict[int, Agreement] = {}
    for agreement in rows.select_related("agency").order_by("signed_on", "ref"):
        first.setdefault(agreement.agency_id, agreement)
    found: dict[Wish, tuple[Agreement, Site]] = {}
    for agreement in sorted(first.values(), key=lambda one: one.agency.ref):
        if chance.random() >= SHARE or agreement.signed_on is None:
            continue
        names = ["Main site", "Second site"] if chance.random() < SECOND_SITE_SHARE else ["Main site"]
        for name in names:
            site = Site(agency=agreement.agency, name=name, note=MADE_UP, is_synthetic=True)
            priority = chance.choices(PRIORITIES, WEIGHTS)[0]
            wish = Wish(f"{agreement.agency.ref} {name}", agreement.signed_on, int(priority))
            found[wish] = (agreement, site)
    return found


def _draft(
    run: Run,
    wanted: tuple[Agreement, Site],
    rules: _Rules,
    until: date,
    wrong: tuple[str, date] | None,
) -> HistoryDraft:
    agreement, site = wanted
    days = run.days | dict([wrong] if wrong else [])
    steps = [
        Step(place, EntryKind.STAGE, days[key], key, rules.stages[key].place)
        for place, key in enumerate((key for key in STAGES if key in days), start=1)
    ]
    for kind, on in ((EntryKind.COMPLETED, run.completed), (EntryKind.CANCELLED, run.cancelled)):
        if on is not None:
            steps.append(Step(len(steps) + 1, kind, on))
    holds = tuple(
        HoldDraft(rules.reasons[why], rules.reasons[why].owner, begins, ends if ends <= until else None)
        for why, begins, ends in run.holds
        if begins <= until
    )
    return HistoryDraft(
        site=site,
        agreement=agreement,
        policy=rules.policy,
        priority=run.wish.priority,
        note=MADE_UP,
        steps=Steps.of(steps),
        holds=holds,
        reason="Made up: the agency plans another place." if run.cancelled else "",
        origin="sample",
        is_synthetic=True,
    )


def _misread(chance: random.Random, run: Run, until: date) -> tuple[str, date] | None:
    """A stage and the day that was entered for it at first: later than the right one, before the next."""
    reached = [key for key in STAGES if key in run.days]
    ends = [run.days[key] for key in reached[1:]] + [run.completed or run.cancelled or until]
    found = [
        (key, run.days[key] + timedelta(days=chance.randint(1, 3)))
        for key, end in zip(reached, ends, strict=True)
        if key != STAGES[0] and (end - run.days[key]).days > 3
    ]
    return chance.choice(found) if found else None


def _correct(
    actor: Actor,
    runs: Sequence[Run],
    requests: dict[str, InstallationRequest],
    wrong: dict[str, tuple[str, date] | None],
) -> int:
    """Put the right days in place of those first entered. How many."""
    n = 0
    for run in runs:
        if misread := wrong.get(run.wish.key):
            key = misread[0]
            entry = StageTransition.objects.get(request=requests[run.wish.key], stage=key)
            entry_correct(
                actor=actor, entry=entry, on=run.days[key], reason="Made up: read from another mail."
            )
            n += 1
    return n


def _installers_add(
    actor: Actor, runs: Sequence[Run], requests: dict[str, InstallationRequest], away: Sequence[Away]
) -> None:
    made = [
        Installer(name=f"Synthetic installer {number}", valid_from=first, is_synthetic=True)
        for number, first in INSTALLERS
    ]
    Installer.objects.bulk_create(made)
    by_number = {number: one for (number, _), one in zip(INSTALLERS, made, strict=True)}
    InstallerAbsence.objects.bulk_create(
        InstallerAbsence(
            installer=by_number[one.number],
            kind=one.kind,
            begins_on=one.begins_on,
            ends_on=one.ends_on,
            note="Synthetic program" if one.kind == AbsenceKind.OTHER_PROGRAM else "",
            is_synthetic=True,
            created_at=timezone.make_aware(datetime.combine(one.begins_on, time(12)) - ENTERED_AHEAD),
        )
        for one in away
    )
    visits = [
        InstallationVisit(
            request=requests[run.wish.key],
            installer=by_number[run.visit[0]],
            begins_on=run.visit[1],
            ends_on=run.visit[2],
            is_synthetic=True,
            created_at=timezone.make_aware(datetime.combine(run.visit[1], time(12))),
        )
        for run in runs
        if run.visit is not None
    ]
    InstallationVisit.objects.bulk_create(visits, batch_size=500)
    acts = [Act("sample.made", one, {}, {"is_synthetic": True}) for one in (*made, *visits)]
    record_many(actor=actor, acts=acts)
