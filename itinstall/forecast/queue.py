"""The queue for installers: who is ready takes the first free installer, by rank.

A request's number is its rank, 0 first. It is ready on a day, and takes a number of an installer's free days,
one after the other; it is done on the day after the last. Before the next one the installer lets a number of
free days pass (travel, other work). Nobody who works is interrupted, and nobody waits for a better-ranked
request that is not ready yet. Among installers who are free on one day the first listed goes.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from typing import NamedTuple

import numpy as np

from itinstall.forecast.sampling import Ints

__all__ = ["NEVER", "Crew", "serve", "serve_by_office"]

NEVER = 2**31 - 1  # later than any day: not within the days that are looked at


@dataclass(frozen=True, slots=True)
class Crew:
    """Free days of each installer, in order; `offices[i]`: number of the only office served, or -1."""

    days: Sequence[Sequence[int]]
    offices: Sequence[int]

    @property
    def is_bound(self) -> bool:
        return any(office >= 0 for office in self.offices)


class _Tables(NamedTuple):
    """The crew's days as plain lists: `places[i][day - first]` is where installer i's first free day on or
    after `day` stands in `days[i]`; `lengths` of these; days of [first, end)."""

    days: list[list[int]]
    places: list[list[int]]
    lengths: list[int]
    first: int
    end: int

    @classmethod
    def of(cls, crew: Crew, first: int, end: int) -> _Tables:
        days, wanted = [list(own) for own in crew.days], np.arange(first, end)
        places = [np.searchsorted(np.asarray(own, np.int64), wanted).tolist() for own in days]
        return cls(days, places, [len(own) for own in days], first, end)


def serve(*, ready: Ints, service: Ints, rest: Ints, crew: Crew) -> Ints:
    """Day on which each request is done, for each run (first axis). `ready`, `service` and `rest` in order of
    rank; `rest`: free days that the installer lets pass after the request.

    NEVER where it is not done within the installers' days. Nobody is bound to an office. The loop is plain
    integers and heaps: the fastest there is without a compiler.
    """
    done = np.full(ready.shape, NEVER, np.int64)
    ends = [days[-1] for days in crew.days if days]
    if not ends or not ready.size:
        return done
    tables = _Tables.of(crew, int(ready.min()), max(ends) + 1)
    for run in range(len(ready)):
        done[run] = _serve_run(ready[run], service[run].tolist(), rest[run].tolist(), tables)
    return done


def _serve_run(ready: Ints, service: list[int], rest: list[int], tables: _Tables) -> list[int]:
    """One run. `busy`: heap of (day, installer) as one number, day x count + installer; `idle`: installers
    who could have begun before now; `waiting`: heap of ranks."""
    order = np.argsort(ready, kind="stable")
    coming, ranks = ready[order].tolist(), order.tolist()
    days, _, lengths, first, end = tables
    n, count, at = len(ranks), len(days), 0
    position = [0] * count
    idle: list[int] = [i for i in range(count) if lengths[i]]
    busy: list[int] = []
    waiting: list[int] = []
    found = [NEVER] * n
    now = first
    while True:
        if not waiting:
            if at == n or coming[at] >= end:
                break
            now = coming[at]
            while busy and busy[0] < (now + 1) * count:
                insort(idle, heappop(busy) % count)
        if idle:
            _call(idle, busy, position, now, tables)
        if not busy:
            if not idle:
                break  # nobody has days left
            continue
        now, i = divmod(busy[0], count)
        while at < n and coming[at] <= now:
            heappush(waiting, ranks[at])
            at += 1
        if not waiting:
            insort(idle, i)
            heappop(busy)
            continue
        ends = position[i] + service[waiting[0]]
        if ends > lengths[i]:
            heappop(busy)
            continue  # too few days left: this installer takes no more
        own, rank = days[i], heappop(waiting)
        found[rank] = own[ends - 1] + 1
        ends += rest[rank]
        if ends < lengths[i]:
            position[i] = ends
            heapreplace(busy, own[ends] * count + i)
        else:
            heappop(busy)
    return found


def _call(idle: list[int], busy: list[int], position: list[int], now: int, tables: _Tables) -> None:
    """Move the idle installer who can begin first, on `now` or later, to `busy`; drop who has no day left."""
    days, places, lengths, first, _ = tables
    best, best_day = -1, NEVER
    for i in list(idle):
        at = places[i][now - first] if now - first < len(places[i]) else lengths[i]
        if at >= lengths[i]:
            idle.remove(i)
            continue
        day = days[i][at]
        if day < best_day:
            best, best_day = i, day
            position[i] = at
            if day == now:
                break
    if best >= 0:
        idle.remove(best)
        heappush(busy, best_day * len(days) + best)


def serve_by_office(*, ready: Ints, service: Ints, rest: Ints, crew: Crew, office: Ints) -> Ints:
    """The same where some installers serve one field office only. `office`: number of each request's, or -1.

    Each step looks at every installer, which also makes it the reference that `serve` is tested against.
    """
    done = np.full(ready.shape, NEVER, np.int64)
    for run in range(len(ready)):
        done[run] = _serve_simply(
            ready[run].tolist(), service[run].tolist(), rest[run].tolist(), crew, office.tolist()
        )
    return done


def _serve_simply(
    ready: list[int], service: list[int], rest: list[int], crew: Crew, office: list[int]
) -> list[int]:
    done = [NEVER] * len(ready)
    groups = sorted({own for own in crew.offices if own >= 0})
    # Requests of offices without installers of their own wait together; each line in order of readiness.
    lines: dict[int, list[tuple[int, int]]] = {group: [] for group in [-1, *groups]}
    for rank in np.argsort(np.asarray(ready), kind="stable").tolist():
        lines[office[rank] if office[rank] in lines else -1].append((ready[rank], rank))
    heads = dict.fromkeys(lines, 0)
    waiting: dict[int, list[int]] = {group: [] for group in lines}
    served = [[own] if own >= 0 else list(lines) for own in crew.offices]
    free_from = [own[0] if own else NEVER for own in crew.days]
    now = 0

    def wanted_on(group: int) -> int:
        """When the line next has somebody ready."""
        if waiting[group]:
            return now
        return lines[group][heads[group]][0] if heads[group] < len(lines[group]) else NEVER

    while True:
        best, best_day = -1, NEVER
        for i, own in enumerate(served):
            wanted = min(wanted_on(group) for group in own)
            if wanted == NEVER or free_from[i] == NEVER:
                continue
            at = bisect_left(crew.days[i], max(wanted, free_from[i]))
            day = crew.days[i][at] if at < len(crew.days[i]) else NEVER
            if day < best_day:
                best, best_day = i, day
        if best < 0:
            return done
        now = best_day
        for group, line in lines.items():
            while heads[group] < len(line) and line[heads[group]][0] <= best_day:
                heappush(waiting[group], line[heads[group]][1])
                heads[group] += 1
        group = min((g for g in served[best] if waiting[g]), key=lambda g: waiting[g][0])
        days = crew.days[best]
        ends = bisect_left(days, best_day) + service[waiting[group][0]]
        if ends > len(days):
            free_from[best] = NEVER
            continue
        rank = heappop(waiting[group])
        done[rank] = days[ends - 1] + 1
        ends += rest[rank]
        free_from[best] = days[ends] if ends < len(days) else NEVER
