"""Forecasts: asked for, computed once, kept. Each is a job; run twice, it leaves one forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from agreements.models import FieldOffice
from itinstall.forecast import Minimums, Situation, WhatIf, refusal_of, simulate, summarize
from itinstall.forecast.backtest import Held, held
from itinstall.forecast.history import NEVER, History
from itinstall.forecast.queue import Crew
from itinstall.forecast.simulate import Outcome
from itinstall.forecast.words import assumptions_of, samples_of
from itinstall.models import Forecast, InstallationRequest, Stage
from itinstall.selectors.forecasts import (
    BACKTEST,
    FORECAST,
    PARAMETERS,
    forecast_parameters,
    job_under_way,
    minimums_of,
)
from itinstall.selectors.observed import CrewFacts, crew_read, history_read
from itinstall.services.common import PLAN_ACTION
from itinstall.services.results import results_of
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import visible_to
from oversight.exchange.jobs import enqueue
from oversight.exchange.locks import one_at_a_time
from oversight.exchange.models import Job
from oversight.periods.calendars import federal_calendar
from oversight.periods.models import Parameter
from oversight.trail.services import record

__all__ = [
    "Question",
    "backtest_start",
    "base_forecast_start",
    "forecast_make",
    "parameters_load",
    "what_if_start",
]

PARAMETERS_FROM = date(2000, 1, 1)
MOST_ADDED, MOST_NEW, PERCENT = 50, 300, (1, 1000)
MOST_BACKTEST_MONTHS = 36
TRACKED = 12  # earlier forecasts that are held against what came, one a month
Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What a what-if changes. `scales`: percent per key of a stage, 100 = as observed; for the stage that
    needs an installer, of working days. `new_per_month`: agreements of normal priority, None: as observed.
    `first`: references of requests that go before all others;
    `first_office`: so do the requests of this field office."""

    added: int = 0
    added_from: date | None = None
    scales: Mapping[str, int] | None = None
    new_per_month: float | None = None
    by_clock: bool = False
    first: tuple[str, ...] = ()
    first_office: str = ""

    @property
    def is_empty(self) -> bool:
        changed = any(percent != 100 for percent in (self.scales or {}).values())
        asked = self.added or changed or self.by_clock or self.first or self.first_office
        return not asked and self.new_per_month is None

    def as_params(self) -> dict[str, Any]:
        """As a job and a forecast keep it."""
        return {
            "added": self.added,
            "added_from": self.added_from.isoformat() if self.added and self.added_from else None,
            "scales": {key: value for key, value in (self.scales or {}).items() if value != 100},
            "new_per_month": self.new_per_month,
            "by_clock": self.by_clock,
            "first": list(self.first),
            "first_office": self.first_office,
        }

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Question:
        day = params.get("added_from")
        return cls(
            added=params["added"],
            added_from=date.fromisoformat(day) if day else None,
            scales=params["scales"],
            new_per_month=params["new_per_month"],
            by_clock=params["by_clock"],
            first=tuple(params["first"]),
            first_office=params["first_office"],
        )


def parameters_load(**_: object) -> None:
    """Add parameters that are not there yet. Run after every migrate; what was changed stays."""
    known = set(Parameter.objects.filter(key__in=list(PARAMETERS)).values_list("key", flat=True))
    Parameter.objects.bulk_create(
        (
            Parameter(key=key, value=value, unit=unit, source=source, valid_from=PARAMETERS_FROM)
            for key, (value, unit, source) in PARAMETERS.items()
            if key not in known
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def base_forecast_start(*, actor: Actor) -> Job:
    """Let a worker forecast with today's resources. A job that waits or runs for it already is returned
    instead.

    Raises NotAllowed.
    """
    require(actor, PLAN_ACTION)
    return _start(actor, {})


@transaction.atomic
def what_if_start(*, actor: Actor, question: Question) -> Job:
    """Let a worker forecast what would be with other resources, beside what will be with today's.

    Raises NotAllowed, ValidationError by field of `Question`.
    """
    require(actor, PLAN_ACTION)
    _check(actor, question)
    return _start(actor, {"question": question.as_params()})


def _start(actor: Actor, params: dict[str, Any]) -> Job:
    one_at_a_time(FORECAST)
    waiting = job_under_way(kind=FORECAST, params=params)
    if waiting is not None:
        return waiting
    job = enqueue(actor=actor, kind=FORECAST, params=params)
    record(actor=actor, verb="installation_forecast.asked_for", obj=job, after=params.get("question", {}))
    return job


def _check(actor: Actor, question: Question) -> None:
    errors: dict[str, str] = {}
    if not 0 <= question.added <= MOST_ADDED:
        errors["added"] = f"Enter 0 to {MOST_ADDED} installers."
    if question.added_from and question.added_from < timezone.localdate():
        errors["added_from"] = "This day is over. Enter today or a later one."
    if question.new_per_month is not None and not 0 <= question.new_per_month <= MOST_NEW:
        errors["new_per_month"] = f"Enter 0 to {MOST_NEW} agreements a month."
    known = set(Stage.objects.filter(is_active=True).values_list("pk", flat=True))
    for key, percent in (question.scales or {}).items():
        if key not in known or not PERCENT[0] <= percent <= PERCENT[1]:
            errors["scales"] = f"Enter {PERCENT[0]} to {PERCENT[1]} percent for a stage that is in use."
    if question.first_office and not FieldOffice.objects.filter(pk=question.first_office).exists():
        errors["first_office"] = "There is no such field office. Choose one from the list."
    refs = set(question.first)
    rows = InstallationRequest.objects.filter(ref__in=refs)
    seen = rows if actor.user is None else visible_to(rows, actor.user)
    missing = refs - set(seen.values_list("ref", flat=True))
    if missing:
        errors["first"] = f"There is no request {', '.join(sorted(missing))}. Check the reference."
    if not errors and question.is_empty:
        raise ValidationError(
            "Nothing is changed. Change at least one entry; the forecast as it is stands already."
        )
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def backtest_start(*, actor: Actor, first: date, last: date) -> Job:
    """Let a worker hold forecasts of past days, one a month from `first` to `last`, against what came.

    Raises NotAllowed, ValidationError by field.
    """
    require(actor, PLAN_ACTION)
    if last > timezone.localdate():
        raise ValidationError({"last": "This day lies in the future. Enter today or an earlier one."})
    if first > last:
        raise ValidationError({"first": "The first day is after the last one. Exchange them."})
    if (last.year - first.year) * 12 + last.month - first.month >= MOST_BACKTEST_MONTHS:
        raise ValidationError(
            {"first": f"At most {MOST_BACKTEST_MONTHS} months at once. Enter a later first day."}
        )
    one_at_a_time(BACKTEST)
    params = {"first": first.isoformat(), "last": last.isoformat()}
    waiting = job_under_way(kind=BACKTEST, params=params)
    if waiting is not None:
        return waiting
    job = enqueue(actor=actor, kind=BACKTEST, params=params)
    record(actor=actor, verb="installation_forecast.backtest_asked_for", obj=job, after=params)
    return job


def forecast_make(*, actor: Actor, job: Job, report: Report) -> Forecast:
    """Compute the forecast that `job` asks for; the one that it already left, if any. Eleven statements and
    as many as there are earlier forecasts to be held against what came.

    `report(done, total, message)` is called outside of transactions.
    """
    found = Forecast.objects.filter(job=job).first()
    if found is not None:
        return found
    params = job.params.get("question")
    question = Question.from_params(params) if params else Question()
    today = timezone.localdate()
    parameters = forecast_parameters(day=today)
    minimums, seed, runs = minimums_of(parameters), parameters["seed"], parameters["runs"]
    total = 4 if params else 3
    report(0, total, "Reading what was observed")
    calendar = federal_calendar()
    history, crews = history_read(as_of=today, calendar=calendar), crew_read(calendar=calendar)
    situation = history.situation(
        today.toordinal(), min_visits=minimums.visits, tail=minimums.tail, window=minimums.window
    )
    report(1, total, f"Simulating {len(situation.refs):,} open requests")
    base = _Simulation(situation, crews, today, Question(), minimums, seed, runs)
    chosen, results = base, {}
    if params:
        before = base.outcome() if not base.refusal else None
        report(2, total, "Simulating what would change")
        chosen = _Simulation(situation, crews, today, question, minimums, seed, runs)
        if before is not None and not chosen.refusal:
            results = results_of(situation, summarize(situation, chosen.outcome()))
            results["base"] = results_of(situation, summarize(situation, before))
    elif not base.refusal:
        results = results_of(situation, summarize(situation, base.outcome()))
        results["record"] = _record(history, today)
    report(total - 1, total, "Storing")
    return _store(
        actor, job, chosen, results, is_what_if=bool(params), refusal=base.refusal or chosen.refusal
    )


@dataclass(frozen=True)
class _Simulation:
    """One question put to one situation."""

    situation: Situation
    crews: CrewFacts
    today: date
    question: Question
    minimums: Minimums
    seed: int
    runs: int

    @cached_property
    def crew(self) -> Crew:
        return self.crews.crew(
            as_of=self.today,
            offices=self.situation.offices,
            added=self.question.added,
            added_from=self.question.added_from,
        )

    @cached_property
    def what_if(self) -> WhatIf:
        question, situation = self.question, self.situation
        first = set(question.first)
        if question.first_office in situation.offices:
            number = situation.offices.index(question.first_office)
            first |= {
                ref for ref, office in zip(situation.refs, situation.office, strict=True) if office == number
            }
        return WhatIf(
            scales={key: percent / 100 for key, percent in (question.scales or {}).items()},
            new_per_month=question.new_per_month,
            by_clock=question.by_clock,
            first=frozenset(first),
        )

    @cached_property
    def refusal(self) -> str:
        return refusal_of(self.situation, minimums=self.minimums, crew=self.crew, what_if=self.what_if)

    def outcome(self) -> Outcome:
        return simulate(
            self.situation,
            seed=self.seed,
            runs=self.runs,
            crew=self.crew,
            minimums=self.minimums,
            what_if=self.what_if,
        )


@transaction.atomic
def _store(
    actor: Actor, job: Job, made: _Simulation, results: dict[str, Any], *, is_what_if: bool, refusal: str
) -> Forecast:
    """A second run of the job that comes late finds the first one's row."""
    situation = made.situation
    values = {
        "as_of": made.today,
        "seed": made.seed,
        "runs": made.runs,
        "parameters": {
            **made.question.as_params(),
            "minimums": asdict(made.minimums),
            "installers": len(made.crew.days) - made.question.added,
        },
        "samples": {
            "stages": samples_of(situation),
            "assumptions": assumptions_of(situation, made.minimums, made.what_if),
        },
        "results": results,
        "is_what_if": is_what_if,
        "refusal": refusal[:300],
        "created_by": actor.user,
    }
    forecast, created = Forecast.objects.get_or_create(job=job, defaults=values)
    if created:
        after = {"as_of": made.today, "seed": made.seed, "runs": made.runs, "requests": len(situation.refs)}
        record(actor=actor, verb="installation_forecast.made", obj=forecast, after=after)
    return forecast


def _record(history: History, today: date) -> list[dict[str, Any]]:
    """What came of earlier base forecasts: of each month's last one, the newest first. Two statements."""
    rows = Forecast.objects.filter(is_what_if=False, refusal="", as_of__lt=today.replace(day=1))
    by_month = {(as_of.year, as_of.month): pk for as_of, pk in rows.order_by("pk").values_list("as_of", "pk")}
    chosen = [pk for _, pk in sorted(by_month.items(), reverse=True)[:TRACKED]]
    closed, cancelled = history.closed
    numbers = {ref: number for number, ref in enumerate(history.facts.refs)}
    found = []
    for earlier in Forecast.objects.filter(pk__in=chosen).order_by("-as_of"):
        promised = earlier.results.get("requests", {})
        came = [
            (days, int(closed[numbers[ref]]), bool(cancelled[numbers[ref]]))
            for ref, days in promised.items()
            if ref in numbers
        ]
        halves = [_held_at(earlier.as_of.toordinal(), came, at, today.toordinal()) for at in (0, 1)]
        found.append(
            {
                "forecast": earlier.pk,
                "as_of": earlier.as_of.isoformat(),
                "n": len(promised),
                "backlog": [earlier.results["backlog"]["p50"], earlier.results["backlog"]["p80"]],
                "completed": sum(1 for _, day, gone in came if day <= today.toordinal() and not gone),
                "cancelled": sum(1 for _, _, gone in came if gone),
                "p50": [halves[0].hits, halves[0].n],
                "p80": [halves[1].hits, halves[1].n],
            }
        )
    return found


def _held_at(as_of: int, came: list[tuple[list[int | None], int, bool]], at: int, today: int) -> Held:
    offsets = [NEVER if (offset := days[at]) is None else as_of + offset for days, _, _ in came]
    return held(
        forecast=np.asarray(offsets, np.int64),
        completed=np.asarray([NEVER if gone else day for _, day, gone in came], np.int64),
        cancelled=np.asarray([day if gone else NEVER for _, day, gone in came], np.int64),
        today=today,
    )
