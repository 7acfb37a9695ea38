"""The simulation: each request walks through the stages that are left, and waits for an installer in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from itinstall.forecast.history import NEVER, Situation
from itinstall.forecast.newcomers import NORMAL, Stream, streams_of
from itinstall.forecast.queue import Crew, serve, serve_by_office
from itinstall.forecast.sampling import Durations, Floats, Ints, pick, uniforms

__all__ = ["Minimums", "Outcome", "WhatIf", "refusal_of", "simulate"]

AT_ONCE = 50  # runs, to keep memory low; the result does not depend on it


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
    of normal priority that need an installation, None: as observed. `by_clock`: priorities are set aside.
    `first`: references that go before all.
    Installers who are added are part of the crew.
    """

    scales: Mapping[str, float] = field(default_factory=dict)
    new_per_month: float | None = None
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


@dataclass(frozen=True)
class _Walk:
    """Some runs under way: which day each request has reached, stage after stage."""

    situation: Situation
    what_if: WhatIf
    seed: int
    first_run: int
    runs: int

    @cached_property
    def streams(self) -> list[Stream]:
        what_if = self.what_if
        return streams_of(self.situation, new_per_month=what_if.new_per_month, by_clock=what_if.by_clock)

    def outcome(self, crew: Crew) -> Outcome:
        """Through all stages, in their order."""
        begun = [
            stream.arrivals(
                self._u(stream.part, stream.most),
                stream.rates(self._u(f"{stream.part} rate", 1)[:, 0]),
                self.situation.as_of,
            )
            for stream in self.streams
        ]
        old, new = self.begin(), [days.copy() for days in begun]
        for number in range(len(self.situation.stages)):
            if number == self.situation.installer_stage:
                old, new = self.install(old, new, crew)
            else:
                old = self.pass_stage(number, old)
                new = [
                    self.pass_new(number, stream, days)
                    for stream, days in zip(self.streams, new, strict=True)
                ]
        asked = [at for at, stream in enumerate(self.streams) if stream.is_asked]
        nobody = np.empty((self.runs, 0), np.int64)
        return Outcome(
            np.minimum(old, NEVER),
            begun[asked[0]] if asked else nobody,
            np.minimum(new[asked[0]], NEVER) if asked else nobody,
        )

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

    def pass_new(self, number: int, stream: Stream, day: Ints) -> Ints:
        """Who comes spends a whole visit in each stage; their model is not known."""
        if not self.situation.entered[number]:
            return day
        n = day.shape[1]
        u = self._u(f"{stream.part}:{self.situation.stages[number].key}", n)
        entering = self._entering(number, f"{stream.part} ", n, np.arange(n))
        return day + self._whole(number, -1, u, entering)

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

    def install(self, old: Ints, new: list[Ints], crew: Crew) -> tuple[Ints, list[Ints]]:
        """The stage that needs an installer: planned visits as planned, everybody else by rank.

        A planned visit holds when the request is ready by its first day; else the request queues when it is
        ready, and the days that were kept for it are lost.
        """
        situation = self.situation
        concerned = np.flatnonzero(situation.stage <= (situation.installer_stage or 0))
        if not len(concerned) and not new:
            return old, new
        ready = np.maximum(old[:, concerned], situation.as_of + 1)
        kept_until = np.maximum(situation.planned_begins[concerned], situation.as_of + 1)
        planned = (situation.planned_ends[concerned] < NEVER) & (ready <= kept_until)
        ranked = self._ranked(concerned, new)
        n_old, n_all = len(concerned), len(situation.refs)

        def lined_up(name: str, draw: Callable[[str, int], Ints]) -> Ints:
            coming = [
                draw(f"{stream.part} {name}", days.shape[1])
                for stream, days in zip(self.streams, new, strict=True)
            ]
            return np.concatenate([draw(name, n_all)[:, concerned], *coming], axis=1)[:, ranked]

        waiting = np.concatenate([np.where(planned, NEVER, ready), *new], axis=1)[:, ranked]
        line = {
            "ready": waiting,
            "service": lined_up("service", self._services),
            "rest": lined_up("rest", self._rests),
        }
        if crew.is_bound:
            office = np.concatenate([situation.office[concerned], np.full(len(ranked) - n_old, -1, np.int64)])
            done = serve_by_office(**line, crew=crew, office=office[ranked])
        else:
            done = serve(**line, crew=crew)
        back = np.empty_like(done)
        back[:, ranked] = done
        old[:, concerned] = np.where(planned, situation.planned_ends[concerned], back[:, :n_old])
        sizes = np.cumsum([n_old, *(days.shape[1] for days in new)])
        return old, [back[:, first:end] for first, end in pairwise(sizes.tolist())]

    def _services(self, part: str, n: int) -> Ints:
        """Working days for `n` requests in each run, at least one."""
        days = self._drawn(self._service_samples, part, n)
        number = self.situation.installer_stage
        return np.maximum(1, self._scaled(days, number)) if number is not None else days

    def _rests(self, part: str, n: int) -> Ints:
        """Free days after each of `n` requests in each run; none where none were observed."""
        if not len(self.situation.rest):
            return np.zeros((self.runs, n), np.int64)
        return self._drawn(self._rest_samples, part, n)

    @cached_property
    def _service_samples(self) -> Ints:
        return self._anew("service sample", self.situation.service)

    @cached_property
    def _rest_samples(self) -> Ints:
        return self._anew("rest sample", self.situation.rest)

    def _anew(self, part: str, observed: Ints) -> Ints:
        """What was observed, drawn anew for each run (bootstrap).

        In a queue an error in the mean adds up over everybody who waits; so the runs differ by as much as the
        sample is uncertain.
        """
        return pick(observed, self._u(part, len(observed)))

    def _drawn(self, samples: Ints, part: str, n: int) -> Ints:
        at = (self._u(part, n) * samples.shape[1]).astype(np.int64)
        return np.take_along_axis(samples, at, axis=1)

    def _ranked(self, concerned: Ints, new: list[Ints]) -> Ints:
        """Order of the requests, then of who comes: by priority, clock, reference; who comes starts the clock
        later than everybody who is there."""
        situation = self.situation
        priority = (
            np.full(len(concerned), NORMAL) if self.what_if.by_clock else situation.priority[concerned].copy()
        )
        if self.what_if.first:
            named = [situation.refs[number] in self.what_if.first for number in concerned]
            priority[np.asarray(named, bool)] = 0
        sizes = [days.shape[1] for days in new]
        later = np.repeat([stream.priority for stream in self.streams], sizes).astype(np.int64)
        clock = np.concatenate([situation.clock[concerned], np.full(len(later), NEVER)])
        return np.lexsort((clock, np.concatenate([priority, later])))
