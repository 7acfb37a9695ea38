"""The queue for installers: who is ready takes the first free installer, by rank.

A request's number is its rank, 0 first. It is ready on a day, and takes a number of an installer's free days,
one after the other; it is done on the day after the last. Before the next one the installer lets a number of
free days pass (travel, other work). Nobody who works is interrupted, and nobody waits for a better-ranked
request that is not ready yet. Among installers who are free on one day the first listed goes.
"""

from __future__ import annotations

from bisect import insort
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
    """The same where some installers serve one field office only. `office`: number of each one's, or -1."""
    done = np.full(ready.shape, NEVER, np.int64)
    ends = [days[-1] for days in crew.days if days]
    if not ends or not ready.size:
        return done
    tables, lines = _Tables.of(crew, int(ready.min()), max(ends) + 1), _Lines.of(crew, office)
    for run in range(len(ready)):
        done[run] = _serve_lines_run(ready[run], service[run].tolist(), rest[run].tolist(), lines, tables)
    return done


class _Lines(NamedTuple):
    """Who waits where: `of_rank[rank]` is the line of a request, 0 for all offices without installers of
    their own; `served[i]` the lines that installer i takes from, `servers[line]` who takes from it."""

    of_rank: list[int]
    served: list[list[int]]
    servers: list[list[int]]

    @classmethod
    def of(cls, crew: Crew, office: Ints) -> _Lines:
        own = sorted({bound for bound in crew.offices if bound >= 0})
        numbers = {bound: number for number, bound in enumerate(own, start=1)}
        served = [[numbers[bound]] if bound >= 0 else [*range(len(own) + 1)] for bound in crew.offices]
        servers = [[i for i, lines in enumerate(served) if line in lines] for line in range(len(own) + 1)]
        return cls([numbers.get(bound, 0) for bound in office.tolist()], served, servers)


def _serve_lines_run(
    ready: Ints, service: list[int], rest: list[int], lines: _Lines, tables: _Tables
) -> list[int]:
    """One run, in order of time. Whoever is idle is called when somebody gets ready in one of the own lines,
    and is idle again when somebody else was first: who takes whom depends on all lines, so none can be left
    out."""
    order = np.argsort(ready, kind="stable")
    coming, ranks = ready[order].tolist(), order.tolist()
    days, places, lengths, first, end = tables
    n, count, at = int(np.searchsorted(ready[order], end)), len(days), 0
    position, idle = [0] * count, [True] * count
    busy: list[int] = []
    waiting: list[list[int]] = [[] for _ in lines.servers]
    found = [NEVER] * len(ranks)
    while True:
        if at < n and (not busy or coming[at] * count <= busy[0]):
            line = lines.of_rank[ranks[at]]
            heappush(waiting[line], ranks[at])
            for i in lines.servers[line]:
                if idle[i]:
                    idle[i] = False
                    position[i] = places[i][coming[at] - first]
                    if position[i] < lengths[i]:
                        heappush(busy, days[i][position[i]] * count + i)
            at += 1
            continue
        if not busy:
            return found
        i = busy[0] % count
        best = min((waiting[line] for line in lines.served[i] if waiting[line]), default=None)
        if best is None:
            idle[i] = True
            heappop(busy)
            continue
        ends = position[i] + service[best[0]]
        if ends > lengths[i]:
            heappop(busy)
            continue  # too few days left: this installer takes no more
        rank = heappop(best)
        found[rank] = days[i][ends - 1] + 1
        ends += rest[rank]
        if ends < lengths[i]:
            position[i] = ends
            heapreplace(busy, days[i][ends] * count + i)
        else:
            heappop(busy)
