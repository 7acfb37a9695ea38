"""Drawing durations from observed ones, the same on every machine.

A draw is a uniform number put through the inverse of the observed distribution. So two simulations that
share their numbers differ only by what was changed (common random numbers), and a longer elapsed time or a
larger scale never makes a draw smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

__all__ = ["Durations", "Floats", "Ints", "pick", "uniforms"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def uniforms(seed: int, part: str, shape: tuple[int, ...], *, skip: int = 0) -> Floats:
    """Numbers in [0, 1) of a stream of its own for each `part`: adding a part moves no other. `skip`: after
    so many of them."""
    bits = np.random.PCG64([seed, crc32(part.encode())])
    bits.advance(skip)  # one step for each number
    return np.random.Generator(bits).random(shape)


def pick(values: Ints, u: Floats) -> Ints:
    """One of the sorted `values` for each number, each as likely as any other."""
    return values[(u * len(values)).astype(np.int64)]


@dataclass(frozen=True, slots=True)
class Durations:
    """How long visits to a stage last, in whole days, by Kaplan-Meier: visits that are not over count for as
    long as they were watched.

    `values`: the observed lengths in order; `reached[i]`: share of visits that last `values[i]` days or less.
    What is never seen to end (the longest visits are open) lasts `longest` days, an assumption. `tail_from`:
    no more than the stated number of visits lasted longer; beyond it, what is left is drawn from by how much
    those exceeded it.
    """

    values: Ints
    reached: Floats
    longest: int
    tail_from: int
    n_ended: int
    n_open: int

    @classmethod
    def of(
        cls, days: Sequence[int] | Ints, ended: Sequence[bool] | npt.NDArray[np.bool_], *, tail: int
    ) -> Durations:
        """`days`: length of each visit, or for how long it was watched where `ended` is False.

        Raises ValueError when none has ended: there is nothing to draw from.
        """
        lengths, over = np.asarray(days, np.int64), np.asarray(ended, bool)
        if not over.any():
            raise ValueError("No visit has ended.")
        values, events = np.unique(lengths[over], return_counts=True)
        at_risk = len(lengths) - np.searchsorted(np.sort(lengths), values, side="left")
        reached = np.asarray(1.0 - np.cumprod(1.0 - events / at_risk), np.float64)
        longer = np.sort(lengths[over])[::-1]
        return cls(
            values=values,
            reached=reached,
            longest=int(lengths.max()),
            tail_from=int(longer[min(tail, len(longer)) - 1]) - 1,
            n_ended=int(over.sum()),
            n_open=int((~over).sum()),
        )

    @property
    def unseen_share(self) -> float:
        """Share of visits that nobody has seen end."""
        return float(1.0 - self.reached[-1])

    @property
    def median(self) -> int | None:
        """None when fewer than half are seen to end."""
        at = int(np.searchsorted(self.reached, 0.5, side="left"))
        return int(self.values[at]) if at < len(self.values) else None

    def draw(self, u: Floats) -> Ints:
        """A whole visit for each number."""
        at = np.searchsorted(self.reached, u, side="right")
        return np.append(self.values, self.longest)[at]

    def remaining(self, u: Floats, elapsed: Ints) -> Ints:
        """Days that a visit still lasts after `elapsed` days: drawn from the visits that lasted longer; at
        least 1. `elapsed` is broadcast along the last axis of `u`."""
        passed = np.minimum(elapsed, self.tail_from)
        at = np.searchsorted(self.values, passed, side="right")
        before = np.concatenate([[0.0], self.reached])[at]
        return np.maximum(1, self.draw(before + u * (1.0 - before)) - passed)

    def is_beyond(self, elapsed: Ints) -> npt.NDArray[np.bool_]:
        """Whether fewer visits than the stated number lasted longer."""
        return np.asarray(elapsed) > self.tail_from
