"""Measuring: the best of several runs, against a reference in the same run on the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Result", "best_of"]


@dataclass(frozen=True)
class Result:
    """One promise. `ratio` is measured / reference and must not exceed `limit`."""

    name: str
    seconds: float
    reference: str
    reference_seconds: float
    limit: float
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.seconds / self.reference_seconds

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit


def best_of(runs: int, work: Callable[[], object], *, before: Callable[[], object] | None = None) -> float:
    """Seconds of wall clock of the fastest of `runs`; `before` prepares each and is not counted."""
    times = []
    for _ in range(runs):
        if before is not None:
            before()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
