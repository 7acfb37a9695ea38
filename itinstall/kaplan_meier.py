"""Durations of which some are not over yet: the Kaplan-Meier estimate, by SciPy.

An open installation has taken at least so many days; leaving it out, or counting it as done today, would make
installations look quicker than they are. E. L. Kaplan and P. Meier, Journal of the American Statistical
Association 53 (1958) 457-481. SciPy is loaded at the first use.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["CONFIDENCE", "Curve", "Point", "curve_of", "median_of"]

CONFIDENCE = 0.95
HALF = 0.5
TOLERANCE = 1e-9  # shares are products of fractions: one half may come out a little above


@dataclass(frozen=True, slots=True)
class Point:
    """From `days` on, the share `open` (0-1) is not complete; between `low` and `high` with 95 % confidence,
    None where the sample does not say. `at_risk`: how many had not ended before; `n_complete`: of them on it.
    """

    days: int
    open: float
    low: float | None
    high: float | None
    at_risk: int
    n_complete: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Points at every day on which something ended, in order. `n`: durations, `n_complete`: of them
    complete."""

    points: tuple[Point, ...]
    n: int
    n_complete: int

    @property
    def median(self) -> int | None:
        """The first day on which no more than half are open; None where the curve does not reach it."""
        return next((point.days for point in self.points if point.open <= HALF + TOLERANCE), None)


def curve_of(*, complete: Iterable[int], censored: Iterable[int]) -> Curve:
    """The curve of durations in days: `complete` ones, and those of which no more is known than that they
    last longer (open or given up). The band is the exponential Greenwood (log-log) one.
    """
    done, still = sorted(complete), sorted(censored)
    if not done:
        return Curve((), len(still), 0)
    found = _survival(done, still)
    with warnings.catch_warnings():
        # Where nothing is complete yet, or everything is, the formula gives no band. That is said as None.
        warnings.simplefilter("ignore", RuntimeWarning)
        band = found.confidence_interval(CONFIDENCE, method="log-log")
    n, events = len(done) + len(still), Counter(done)
    points = []
    for days, share, low, high in zip(
        found.quantiles, found.probabilities, band.low.probabilities, band.high.probabilities, strict=True
    ):
        over = bisect_left(done, days) + bisect_left(still, days)
        points.append(
            Point(int(days), float(share), _known(low), _known(high), n - over, events.get(int(days), 0))
        )
    return Curve(tuple(points), n, len(done))


def median_of(*, complete: Iterable[int], censored: Iterable[int]) -> int | None:
    """The median alone, without the band."""
    done = list(complete)
    if not done:
        return None
    found = _survival(done, list(censored))
    reached = found.quantiles[found.probabilities <= HALF + TOLERANCE]
    return int(reached[0]) if len(reached) else None


def _survival(done: list[int], still: list[int]) -> Any:
    from scipy import stats

    return stats.ecdf(stats.CensoredData(uncensored=done, right=still)).sf


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
