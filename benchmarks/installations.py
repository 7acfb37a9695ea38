"""The forecast of 5,000 open requests, drawn from the visits of 60,000.

    python -m benchmarks.installations

needs no database: facts are made up as arrays, as `itinstall.selectors.observed` reads them. Measured is
everything after reading. The reference is the least that any such simulation has to do: put each request of
each run into a heap and take it out again.
"""

from __future__ import annotations

import resource
from heapq import heappop, heappush
from typing import Any

from benchmarks.measuring import Result, best_of

__all__ = ["measure"]

N_PAST, N_OPEN, INSTALLERS, RUNS = 55_000, 5_000, 10, 400
LIMIT, BOUND_LIMIT = 8.0, 16.0  # BOUND: half of the installers serve one field office only
MEDIANS = (10, 40, 30, 20, 3, 8)  # days in each stage; the fifth is the installer's
KEYS = ("request", "bids", "isa", "equipment", "install", "access")
PRIORITIES = (0.02, 0.08, 0.84, 0.06)  # as in the sample; no source says
AS_OF = 740_000  # a Monday: ordinals that leave a rest of 1 by 7


def made_up() -> Any:
    """A history of five years: requests that went through all stages, and some that are open in each."""
    import numpy as np

    from itinstall.forecast import NEVER, Facts, History, StageLine

    rng = np.random.Generator(np.random.PCG64(287))
    n, n_stages = N_PAST + N_OPEN, len(MEDIANS)
    lengths = np.stack([rng.lognormal(np.log(days), 0.6, n) for days in MEDIANS], axis=1).astype(np.int64) + 1
    ends = np.cumsum(lengths, axis=1)
    begins = AS_OF - ends[:, -1] - rng.integers(1, 1800, n)
    reached = np.full(n, n_stages)
    reached[N_PAST:] = rng.integers(0, n_stages, N_OPEN)  # the stage that an open one is in
    here = np.minimum(reached, n_stages - 1)
    passed = np.where(reached == n_stages, 0, ends[np.arange(n), here] - lengths[np.arange(n), here])
    begins[N_PAST:] = AS_OF - passed[N_PAST:] - rng.integers(0, 20, N_OPEN)
    first = begins[:, None] + ends - lengths
    last = begins[:, None] + ends
    stages = np.arange(n_stages)[None, :]
    there = stages <= reached[:, None]
    v_ends = np.where(stages == reached[:, None], NEVER, last)
    visited = reached >= n_stages - 1
    days = lengths[:, 4][visited]
    visits = np.flatnonzero(visited)
    s_begins = first[:, 4][visited]
    order = np.lexsort((s_begins, visits % INSTALLERS))
    s_next = np.full(len(visits), -1)
    s_next[order[:-1]] = np.where(np.diff(visits[order] % INSTALLERS) == 0, order[1:], -1)
    held = np.flatnonzero(rng.random(n) < 0.2)
    return History(
        Facts(
            stages=tuple(StageLine(key, key, needs_installer=key == "install") for key in KEYS),
            models=("JEM", "TFM"),
            offices=tuple(f"office-{number}" for number in range(25)),
            refs=tuple(f"ITR-{number:08d}" for number in range(n)),
            model=rng.integers(0, 2, n),
            office=rng.integers(0, 25, n),
            priority=rng.choice([1, 2, 3, 4], n, p=PRIORITIES),
            clock=begins,
            due=begins + 180,
            v_request=np.repeat(np.arange(n), n_stages)[there.ravel()],
            v_stage=np.tile(np.arange(n_stages), n)[there.ravel()],
            v_begins=first[there],
            v_ends=v_ends[there],
            v_given_up=np.zeros(int(there.sum()), bool),
            s_request=visits,
            s_begins=s_begins,
            s_ends=last[:, 4][visited],
            s_workdays=np.clip(days, 1, 5),
            s_entered=s_begins,
            s_next=s_next,
            s_rest=rng.integers(0, 4, len(visits)),
            h_request=held,
            h_begins=first[:, 2][held],
            h_ends=last[:, 2][held],
        )
    )


def measure(*, bound: bool = False) -> Result:
    """Seconds of one forecast, against the bare heap. `bound`: half of the installers serve one office."""
    from itinstall.forecast import Minimums, simulate, summarize
    from itinstall.forecast.queue import Crew

    history, minimums = made_up(), Minimums()
    free = [day for day in range(AS_OF + 1, AS_OF + 7305) if day % 7 in range(1, 6)]
    crew = Crew([free] * INSTALLERS, [number if bound and number % 2 else -1 for number in range(INSTALLERS)])

    def forecast() -> int:
        situation = history.situation(
            AS_OF, min_visits=minimums.visits, tail=minimums.tail, window=minimums.window
        )
        outcome = simulate(situation, seed=287, runs=RUNS, crew=crew, minimums=minimums)
        return summarize(situation, outcome).backlog.n

    def heap() -> None:
        for _ in range(RUNS):
            line: list[int] = []
            for number in range(N_OPEN):
                heappush(line, number * 7919 % N_OPEN)
            for _ in range(N_OPEN):
                heappop(line)

    assert forecast() == N_OPEN
    seconds, reference = best_of(2, forecast), best_of(2, heap)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{N_OPEN:,} open of {N_OPEN + N_PAST:,}, {INSTALLERS} installers, {RUNS} runs, {megabytes:.0f} MB"
    name = "Forecast of installations" + (", half of the installers for one office each" if bound else "")
    limit = BOUND_LIMIT if bound else LIMIT
    return Result(name, seconds, "a heap of as many entries", reference, limit, note)


def main() -> None:
    for bound in (False, True):
        found = measure(bound=bound)
        print(
            f"{found.name} ({found.note}): {found.seconds:.2f} s; {found.reference}: "
            f"{found.reference_seconds:.2f} s; ratio {found.ratio:.1f}, limit {found.limit:g}"
        )


if __name__ == "__main__":
    main()
