"""What happened to installation requests, as arrays, and how it stood when a day ended.

The same code answers for today and for any past day: of a past day it sees only what had happened by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from itinstall.forecast.newcomers import Coming
from itinstall.forecast.queue import NEVER
from itinstall.forecast.sampling import Durations, Ints

__all__ = ["NEVER", "Bools", "Facts", "History", "Situation", "StageLine"]

KNOWN_AHEAD_DAYS = 90  # an absence entered less than this ahead is news to most of a forecast
COMING_DAYS = 182  # requests submitted in so many days tell how many will come: a year would notice too late

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage, in the order in which stages follow."""

    key: str
    name: str
    needs_installer: bool = False
    is_mandatory: bool = True
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Parallel arrays. Requests: `refs` to `due`; numbers in `model` and `office` point into `models` and
    `offices`, -1 for none. `clock`: first day of the clock, or where there is none the day of submission.
    `due`: last day within the target, NEVER without a clock.

    Visits to stages: `v_request` and `v_stage` point into `refs` and `stages`; [`v_begins`, `v_ends`), NEVER
    while it lasts; `v_given_up`: it ended because the request was cancelled. In order of request and
    sequence.

    Visits of installers: `s_request`, [`s_begins`, `s_ends`), working days, and the day of entry. `s_next`:
    place of the same installer's next visit, -1 without one; `s_rest`: working days in between, less absences
    that were entered KNOWN_AHEAD_DAYS or more before.

    Holds: `h_request`, [`h_begins`, `h_ends`), NEVER while it lasts; those of one request do not overlap.
    """

    stages: tuple[StageLine, ...]
    models: tuple[str, ...]
    offices: tuple[str, ...]
    refs: tuple[str, ...]
    model: Ints
    office: Ints
    priority: Ints
    clock: Ints
    due: Ints
    v_request: Ints
    v_stage: Ints
    v_begins: Ints
    v_ends: Ints
    v_given_up: Bools
    s_request: Ints
    s_begins: Ints
    s_ends: Ints
    s_workdays: Ints
    s_entered: Ints
    s_next: Ints
    s_rest: Ints
    h_request: Ints
    h_begins: Ints
    h_ends: Ints


@dataclass(frozen=True, slots=True)
class Situation:
    """What a forecast starts from: the open requests when `as_of` ended, and what had been observed.

    Arrays are parallel, one entry per open request, by reference. `planned_begins` and `planned_ends`: the
    installer's visit that is under way or ahead, NEVER where none is planned. `durations`: by stage, and by
    (stage, model). `service`: working days of an installer per request, sorted. `rest`: working days per
    request between an installer's visit and the next while another request waited, sorted. `entered`: share
    of requests that enter a stage on their way past it. `coming`: requests submitted before, by priority.
    `n_back`: observed visits that led back to an earlier stage.
    """

    as_of: int
    stages: tuple[StageLine, ...]
    models: tuple[str, ...]
    offices: tuple[str, ...]
    refs: tuple[str, ...]
    stage: Ints
    since: Ints
    model: Ints
    office: Ints
    priority: Ints
    clock: Ints
    due: Ints
    planned_begins: Ints
    planned_ends: Ints
    durations: dict[int | tuple[int, int], Durations]
    service: Ints
    rest: Ints
    entered: tuple[float, ...]
    coming: Coming
    n_back: int
    n_visits: int

    @property
    def can_receive(self) -> bool:
        """Whether there is something to draw from for every stage that somebody new enters."""
        return len(self.service) > 0 and all(
            number in self.durations
            for number, share in enumerate(self.entered)
            if share and number != self.installer_stage
        )

    @property
    def installer_stage(self) -> int | None:
        """Number of the stage that is a queue; the first, should several need an installer."""
        return next((i for i, stage in enumerate(self.stages) if stage.needs_installer), None)


@dataclass(frozen=True)
class History:
    """Facts, and what follows from them."""

    facts: Facts

    @cached_property
    def closed(self) -> tuple[Ints, Bools]:
        """(day on which each request was closed, or NEVER; whether it was cancelled)."""
        facts = self.facts
        closed = np.zeros(len(facts.refs), np.int64)
        np.maximum.at(closed, facts.v_request, facts.v_ends)
        cancelled = np.zeros(len(facts.refs), bool)
        cancelled[facts.v_request[facts.v_given_up]] = True
        return closed, cancelled

    def numbers_open(self, as_of: int) -> tuple[Ints, Ints]:
        """(requests that are open when `as_of` ends, the visit each is in), by request."""
        facts = self.facts
        inside = np.flatnonzero((facts.v_begins <= as_of) & (facts.v_ends > as_of))
        order = np.argsort(facts.v_request[inside], kind="stable")
        return facts.v_request[inside][order], inside[order]

    def situation(self, as_of: int, *, min_visits: int, tail: int, window: int) -> Situation:
        """How it stood when `as_of` ended. Durations are of visits begun in the `window` days before."""
        facts = self.facts
        requests, visits = self.numbers_open(as_of)
        order = np.argsort(np.asarray(facts.refs, dtype=str)[requests], kind="stable")
        requests, visits = requests[order], visits[order]
        planned_begins, planned_ends = self._planned(as_of)
        n_visits, n_back = self._back(as_of, window)
        return Situation(
            as_of=as_of,
            stages=facts.stages,
            models=facts.models,
            offices=facts.offices,
            refs=tuple(facts.refs[number] for number in requests),
            stage=facts.v_stage[visits],
            since=facts.v_begins[visits],
            model=facts.model[requests],
            office=facts.office[requests],
            priority=facts.priority[requests],
            clock=facts.clock[requests],
            due=facts.due[requests],
            planned_begins=planned_begins[requests],
            planned_ends=planned_ends[requests],
            durations=self._durations(as_of, min_visits=min_visits, tail=tail, window=window),
            service=self._service(as_of, window, requests, facts.v_stage[visits]),
            rest=self._rest(as_of, window),
            entered=self._entered(as_of),
            coming=self._coming(as_of),
            n_back=n_back,
            n_visits=n_visits,
        )

    def _known(self, as_of: int, window: int) -> Bools:
        return (self.facts.v_begins <= as_of) & (self.facts.v_begins > as_of - window)

    def _durations(
        self, as_of: int, *, min_visits: int, tail: int, window: int
    ) -> dict[int | tuple[int, int], Durations]:
        """By stage where any visit has ended; by stage and model where `min_visits` have."""
        facts = self.facts
        known = self._known(as_of, window)
        stage = facts.v_stage[known]
        model = facts.model[facts.v_request[known]]
        days = np.minimum(facts.v_ends[known], as_of) - facts.v_begins[known]
        ended = (facts.v_ends[known] <= as_of) & ~facts.v_given_up[known]
        found: dict[int | tuple[int, int], Durations] = {}
        for number in range(len(facts.stages)):
            here = stage == number
            if ended[here].any():
                found[number] = Durations.of(days[here], ended[here], tail=tail)
            for kind in range(len(facts.models)):
                both = here & (model == kind)
                if ended[both].sum() >= max(1, min_visits):
                    found[number, kind] = Durations.of(days[both], ended[both], tail=tail)
        return found

    def _service(self, as_of: int, window: int, open_requests: Ints, stages: Ints) -> Ints:
        """Working days of installers per request, sorted: requests that are past the installer's stage."""
        facts = self.facts
        begun = (facts.s_begins <= as_of) & (facts.s_ends <= as_of) & (facts.s_begins > as_of - window)
        needing = [number for number, stage in enumerate(facts.stages) if stage.needs_installer]
        there = open_requests[np.isin(stages, needing)]
        over = begun & ~np.isin(facts.s_request, there)
        totals = np.zeros(len(facts.refs), np.int64)
        np.add.at(totals, facts.s_request[over], facts.s_workdays[over])
        return np.sort(totals[totals > 0])

    def _rest(self, as_of: int, window: int) -> Ints:
        """Working days that installers let pass per request before the next visit, sorted.

        Only after visits that ended while another request waited: else nobody knows whether the installer
        rested or had nothing to do.
        """
        facts = self.facts
        candidates = np.flatnonzero((facts.s_next >= 0) & (facts.s_begins > as_of - window))
        known = candidates[facts.s_begins[facts.s_next[candidates]] <= as_of]
        counted = known[self.n_waiting(facts.s_ends[known]) > 0]
        totals = np.full(len(facts.refs), -1, np.int64)
        totals[facts.s_request[counted]] = 0
        np.add.at(totals, facts.s_request[counted], facts.s_rest[counted])
        return np.sort(totals[totals >= 0])

    def n_waiting(self, days: Ints) -> Ints:
        """Per day the requests that an installer could go to: in the installer's stage, not on hold, and not
        visited before that day."""
        begins, ends, held_begins, held_ends = self._waits
        return (
            np.searchsorted(begins, days, side="right")
            - np.searchsorted(ends, days, side="left")
            - np.searchsorted(held_begins, days, side="right")
            + np.searchsorted(held_ends, days, side="left")
        )

    @cached_property
    def _waits(self) -> tuple[Ints, Ints, Ints, Ints]:
        """First and last days of waiting for an installer, and first and last days of holds while waiting;
        each sorted. What has not ended ends on NEVER."""
        facts = self.facts
        n = len(facts.refs)
        needing = [number for number, stage in enumerate(facts.stages) if stage.needs_installer]
        inside = np.isin(facts.v_stage, needing)
        visited = np.full(n, NEVER, np.int64)
        np.minimum.at(visited, facts.s_request, facts.s_begins)
        request, begins = facts.v_request[inside], facts.v_begins[inside]
        # A request that came back after its first visit waits for no first visit any more.
        ends = np.minimum(facts.v_ends[inside] - 1, visited[request])
        waits = ends >= begins
        request, begins, ends = request[waits], begins[waits], ends[waits]
        # Each hold with each wait of its request: few have more than one.
        first = np.searchsorted(request, facts.h_request, side="left")
        count = np.searchsorted(request, facts.h_request, side="right") - first
        hold = np.repeat(np.arange(len(count)), count)
        wait = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        held_begins = np.maximum(facts.h_begins[hold], begins[wait])
        held_ends = np.minimum(facts.h_ends[hold] - 1, ends[wait])
        both = held_ends >= held_begins
        return np.sort(begins), np.sort(ends), np.sort(held_begins[both]), np.sort(held_ends[both])

    def _coming(self, as_of: int) -> Coming:
        """Requests submitted in the half year before, or since the first one."""
        facts = self.facts
        submitted = np.full(len(facts.refs), NEVER, np.int64)
        np.minimum.at(submitted, facts.v_request, facts.v_begins)
        days = min(COMING_DAYS, max(1, as_of + 1 - int(submitted.min(initial=as_of))))
        recent = facts.priority[(submitted > as_of - days) & (submitted <= as_of)]
        priorities, counts = np.unique(recent, return_counts=True)
        return Coming(dict(zip(priorities.tolist(), counts.tolist(), strict=True)), days)

    def _planned(self, as_of: int) -> tuple[Ints, Ints]:
        """Per request the first and last day of visits that are not over and were entered by then."""
        facts = self.facts
        ahead = (facts.s_ends > as_of) & (facts.s_entered <= as_of)
        begins = np.full(len(facts.refs), NEVER, np.int64)
        ends = np.zeros(len(facts.refs), np.int64)
        np.minimum.at(begins, facts.s_request[ahead], facts.s_begins[ahead])
        np.maximum.at(ends, facts.s_request[ahead], facts.s_ends[ahead])
        return begins, np.where(ends > 0, ends, NEVER)

    def _entered(self, as_of: int) -> tuple[float, ...]:
        """Per stage: of the requests that got past its place, the share that entered it; 1 for mandatory
        ones."""
        facts = self.facts
        known = facts.v_begins <= as_of
        visited = np.zeros((len(facts.refs), len(facts.stages)), bool)
        visited[facts.v_request[known], facts.v_stage[known]] = True
        closed, cancelled = self.closed
        completed = (closed <= as_of) & ~cancelled
        shares = []
        for number, stage in enumerate(facts.stages):
            past = completed | visited[:, number + 1 :].any(axis=1)
            if not stage.is_active:
                shares.append(0.0)
            elif stage.is_mandatory or not past.any():
                shares.append(1.0)
            else:
                shares.append(float(visited[past, number].mean()))
        return tuple(shares)

    def _back(self, as_of: int, window: int) -> tuple[int, int]:
        """(visits that ended, those of them that led back to an earlier stage)."""
        facts = self.facts
        ended = self._known(as_of, window) & (facts.v_ends <= as_of)
        same = np.append(facts.v_request[1:] == facts.v_request[:-1], False)
        back = same & np.append(facts.v_stage[1:] < facts.v_stage[:-1], False)
        return int(ended.sum()), int((ended & back).sum())


def numbered(values: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """(the different values in order without "", each value's number or -1 for "")."""
    different = tuple(sorted({value for value in values if value}))
    numbers = {value: number for number, value in enumerate(different)}
    return different, np.fromiter((numbers.get(value, -1) for value in values), np.int64, len(values))
