"""The queue for installers once more, plainly: the reference of the quick ones."""

from __future__ import annotations

from bisect import bisect_left
from heapq import heappop, heappush

import numpy as np

from itinstall.forecast.queue import NEVER, Crew

__all__ = ["serve_plainly"]


def serve_plainly(
    ready: list[int], service: list[int], rest: list[int], crew: Crew, office: list[int]
) -> list[int]:
    """One run; each step looks at every installer."""
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
