"""Medians, means, percentiles and control limits, as figures and pages of installations state them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median as middle

from oversight.metrics.base import quotient

__all__ = ["FEWEST_POINTS", "XmR", "mean", "median", "p90", "spread", "xmr"]

FEWEST_POINTS = 12  # a control chart of fewer points says nothing about what is usual
XMR_FACTOR = 2.66  # 3 / 1.128: three standard deviations by the mean moving range of two


def median(values: Sequence[int]) -> Decimal | None:
    """The middle one, or the mean of the two in the middle; None for no values."""
    return Decimal(str(middle(values))) if values else None


def mean(values: Sequence[int]) -> Decimal | None:
    """To six places; None for no values."""
    return quotient(sum(values), len(values))


def p90(values: Sequence[int]) -> Decimal | None:
    """Nearest rank: the smallest value that at least nine in ten do not exceed; None for no values."""
    if not values:
        return None
    rank = -(-9 * len(values) // 10)
    return Decimal(sorted(values)[rank - 1])


def spread(counted: Iterable[tuple[int, int]]) -> list[int]:
    """Values from (value, how many)."""
    return [value for value, n in counted for _ in range(n)]


@dataclass(frozen=True, slots=True)
class XmR:
    """Natural process limits of a series; `low` is never below 0, as it is about counts."""

    mean: float
    low: float
    high: float

    def verdict(self, value: float) -> str:
        """Whether the value is more than chance explains, in words."""
        if value > self.high:
            return "more than usual"
        return "fewer than usual" if value < self.low else "as usual"


def xmr(earlier: Sequence[int]) -> XmR | None:
    """Limits by what came earlier: mean ± 2.66 × the mean moving range; None for under 12 points.

    W. A. Shewhart's chart of individual values, as D. J. Wheeler gives it (Understanding Variation, 1993).
    """
    if len(earlier) < FEWEST_POINTS:
        return None
    center = sum(earlier) / len(earlier)
    moving = sum(abs(b - a) for a, b in pairwise(earlier)) / (len(earlier) - 1)
    return XmR(center, max(0.0, center - XMR_FACTOR * moving), center + XMR_FACTOR * moving)
