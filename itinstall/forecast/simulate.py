"""The simulation: each request walks through the stages that are left, and waits for an installer in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from itinstall.forecast.history import NEVER, Situation
from itinstall.forecast.queue import Crew, serve, serve_by_office
from itinstall.forecast.sampling import Durations, Floats, Ints, pick, uniforms

__all__ = ["ARRIVAL_DAYS", "DAYS_PER_MONTH", "Minimums", "Outcome", "WhatIf", "refusal_of", "simulate"]

DAYS_PER_MONTH = 365.25 / 12
NORMAL = 3  # itinstall.choices.Priority.NORMAL: new agreements have it
AT_ONCE = 50  # runs, to keep memory low; the result does not depend on it
ARRIVAL_DAYS = 1096  # new agreements are simulated for three years


@dataclass(frozen=True, slots=True)
class Minimums:
    """What an answer needs. `visits`: ended visits per stage, and requests with installers' visits; `tail`:
    visits that lasted longer than what has passed; `window`: days looked back."""

    visits: int = 20
    tail: int = 10
    window: int = 1096


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is assumed other than today's; the defaults are today's.

    `scales`: factor per key of a stage, for the installer's one on working days. `new_per_month`: agreements
    that need an installation. `by_clock`: priorities are set aside. `first`: references that go before all.
    Installers who are added are part of the crew.
    """

    scales: Mapping[str, float] = field(default_factory=dict)
    new_per_month: float = 0.0
    by_clock: bool = False
    first: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Per run (first axis): the day on which each request of the situation is complete; for new agreements
    the day of the signature and of completion. NEVER: not within the days that are looked at."""

    done: Ints
    new_begun: Ints
    new_done: Ints


def refusal_of(situation: Situation, *, minimums: Minimums, crew: Crew, what_if: WhatIf) -> str:
    """Why there is no forecast, as a sentence; "" when there can be one."""
    needing = [stage.name for stage in situation.stages if stage.needs_installer and stage.is_active]
    if len(needing) > 1:
        both = " and ".join(needing)
        return f"No forecast: {both} each need an installer; the simulation knows one such stage."
    short = [
        f"{situation.stages[number].name} has {n} observed visit{'' if n == 1 else 's'}"
        for number in _stages_needed(situation, what_if)
        if (n := n_observed(situation, number)) < minimums.visits
    ]
    if short:
        return f"No forecast: {'; '.join(short)}; {minimums.visits} are needed."
    if situation.installer_stage in _stages_needed(situation, what_if) and not any(map(len, crew.days)):
        return "No forecast: no installer has a free day ahead. Enter installers first."
    return ""


def n_observed(situation: Situation, number: int) -> int:
    """Observations that a stage's times are drawn from."""
    if number == situation.installer_stage:
        return len(situation.service)
    known = situation.durations.get(number)
    return known.n_ended if known else 0


def _stages_needed(situation: Situation, what_if: WhatIf) -> list[int]:
    """Stages in which somebody will spend days: present ones, and those that lie ahead of anybody."""
    before = -1 if what_if.new_per_month else int(situation.stage.min(initial=len(situation.stages)))
    present = set(situation.stage.tolist())
    return [
        number
        for number, share in enumerate(situation.entered)
        if number in present or (number > before and share > 0)
    ]


def simulate(
    situation: Situation,
    *,
    seed: int,
    runs: int,
    crew: Crew,
    minimums: Minimums | None = None,
    what_if: WhatIf | None = None,
) -> Outcome:
    """Raises ValueError with the sentence of `refusal_of` when there is too little to go by."""
    minimums, what_if = minimums or Minimums(), what_if or WhatIf()
    refusal = refusal_of(situation, minimums=minimums, crew=crew, what_if=what_if)
    if refusal:
        raise ValueError(refusal)
    parts = [
        _Walk(situation, what_if, seed, first, min(AT_ONCE, runs - first)).outcome(crew)
        for first in range(0, runs, AT_ONCE)
    ]
    return Outcome(
        np.concatenate([part.done for part in parts]),
        np.concatenate([part.new_begun for part in parts]),
        np.concatenate([part.new_done for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Walk:
    """Some runs under way: which day each request has reached, stage after stage."""

    situation: Situation
    what_if: WhatIf
    seed: int
    first_run: int
    runs: int

    def outcome(self, crew: Crew) -> Outcome:
        """Through all stages, in their order."""
        new_begun = self.arrivals()
        old, new = self.begin(), new_begun.copy()
        for number in range(len(self.situation.stages)):
            if number == self.situation.installer_stage:
                old, new = self.install(old, new, crew)
            else:
                old, new = self.pass_stage(number, old), self.pass_new(number, new)
        return Outcome(np.minimum(old, NEVER), new_begun, np.minimum(new, NEVER))

    def _u(self, part: str, n: int) -> Floats:
        """The numbers of these runs, whichever runs are simulated together."""
        return uniforms(self.seed, part, (self.runs, n), skip=self.first_run * n)

    def _scale(self, number: int) -> float:
        return self.what_if.scales.get(self.situation.stages[number].key, 1.0)

    def _durations(self, number: int, model: int) -> Durations:
        known = self.situation.durations
        return known.get((number, model)) or known[number]

    def begin(self) -> Ints:
        """Everybody stands at the end of `as_of`."""
        return np.full((self.runs, len(self.situation.refs)), self.situation.as_of, np.int64)

    def arrivals(self) -> Ints:
        """Days on which new agreements are signed: gaps of a Poisson process, NEVER beyond three years."""
        rate = self.what_if.new_per_month / DAYS_PER_MONTH
        if not rate:
            return np.empty((self.runs, 0), np.int64)
        expected = rate * ARRIVAL_DAYS
        most = int(expected + 6 * expected**0.5 + 10)
        offsets = np.ceil(np.cumsum(-np.log1p(-self._u("new", most)), axis=1) / rate)
        days = self.situation.as_of + offsets.astype(np.int64)
        return np.where(offsets <= ARRIVAL_DAYS, days, NEVER)

    def pass_stage(self, number: int, day: Ints) -> Ints:
        """Who is in the stage spends what is left of the visit, who is before it a whole one."""
        situation = self.situation
        concerned = np.flatnonzero(situation.stage <= number)
        if not len(concerned):
            return day
        u = self._u(f"stage:{situation.stages[number].key}", len(situation.refs))
        inside = situation.stage == number
        for model in np.unique(situation.model[concerned]).tolist():
            here = np.flatnonzero(inside & (situation.model == model))
            if len(here):
                left = self._durations(number, model).remaining(
                    u[:, here], situation.as_of - situation.since[here]
                )
                day[:, here] += np.maximum(1, self._scaled(left, number))
            ahead = np.flatnonzero((situation.stage < number) & (situation.model == model))
            if len(ahead) and situation.entered[number] > 0:
                day[:, ahead] += self._whole(
                    number, model, u[:, ahead], self._entering(number, "", len(situation.refs), ahead)
                )
        return day

    def pass_new(self, number: int, day: Ints) -> Ints:
        """New agreements spend a whole visit in each stage; their model is not known."""
        if not day.shape[1] or not self.situation.entered[number]:
            return day
        u = self._u(f"new:{self.situation.stages[number].key}", day.shape[1])
        everyone = np.arange(day.shape[1])
        return day + self._whole(number, -1, u, self._entering(number, "new ", day.shape[1], everyone))

    def _whole(self, number: int, model: int, u: Floats, entering: Floats | None) -> Ints:
        days = self._scaled(self._durations(number, model).draw(u), number)
        return days if entering is None else np.where(entering < self.situation.entered[number], days, 0)

    def _entering(self, number: int, prefix: str, n: int, which: Ints) -> Floats | None:
        """Numbers that decide who enters a stage that may be left out; None where everybody does."""
        if self.situation.entered[number] == 1.0:
            return None
        return self._u(f"{prefix}enters:{self.situation.stages[number].key}", n)[:, which]

    def _scaled(self, days: Ints, number: int) -> Ints:
        scale = self._scale(number)
        return days if scale == 1.0 else np.rint(days * scale).astype(np.int64)

    def install(self, old: Ints, new: Ints, crew: Crew) -> tuple[Ints, Ints]:
        """The stage that needs an installer: planned visits as planned, everybody else by rank.

        A planned visit holds when the request is ready by its first day; else the request queues when it is
        ready, and the days that were kept for it are lost.
        """
        situation = self.situation
        concerned = np.flatnonzero(situation.stage <= (situation.installer_stage or 0))
        n_new = new.shape[1]
        if not len(concerned) and not n_new:
            return old, new
        ready = np.maximum(old[:, concerned], situation.as_of + 1)
        kept_until = np.maximum(situation.planned_begins[concerned], situation.as_of + 1)
        planned = (situation.planned_ends[concerned] < NEVER) & (ready <= kept_until)
        columns, place_of_new = self._ranked(concerned)
        waiting = np.where(planned, NEVER, ready)
        services = self._services("service", len(situation.refs))[:, concerned]
        everybody = np.concatenate(
            [waiting[:, columns[:place_of_new]], new, waiting[:, columns[place_of_new:]]], axis=1
        )
        service = np.concatenate(
            [
                services[:, columns[:place_of_new]],
                self._services("new service", n_new),
                services[:, columns[place_of_new:]],
            ],
            axis=1,
        )
        office = situation.office[concerned][columns]
        office = np.concatenate([office[:place_of_new], np.full(n_new, -1), office[place_of_new:]])
        if crew.is_bound:
            done = serve_by_office(ready=everybody, service=service, crew=crew, office=office)
        else:
            done = serve(ready=everybody, service=service, crew=crew)
        mine = np.concatenate([done[:, :place_of_new], done[:, place_of_new + n_new :]], axis=1)
        back = np.empty_like(mine)
        back[:, columns] = mine
        old[:, concerned] = np.where(planned, situation.planned_ends[concerned], back)
        return old, done[:, place_of_new : place_of_new + n_new]

    def _services(self, part: str, n: int) -> Ints:
        """Working days for `n` requests in each run, from what was observed, itself drawn anew for each run.

        In a queue an error in the mean adds up over everybody who waits; drawing the sample anew (bootstrap)
        lets the runs differ by as much as the sample is uncertain.
        """
        observed = self.situation.service
        sample = pick(observed, self._u("service sample", len(observed)))
        at = (self._u(part, n) * len(observed)).astype(np.int64)
        days = np.take_along_axis(sample, at, axis=1)
        number = self.situation.installer_stage
        return np.maximum(1, self._scaled(days, number)) if number is not None else days

    def _ranked(self, concerned: Ints) -> tuple[Ints, int]:
        """(order of the requests by priority, clock, reference; how many of them go before new
        agreements)."""
        situation = self.situation
        priority = (
            np.full(len(concerned), NORMAL) if self.what_if.by_clock else situation.priority[concerned].copy()
        )
        if self.what_if.first:
            named = [situation.refs[number] in self.what_if.first for number in concerned]
            priority[np.asarray(named, bool)] = 0
        order = np.lexsort((concerned, situation.clock[concerned], priority))
        return order, int((priority <= NORMAL).sum())
