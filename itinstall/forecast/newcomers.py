"""Requests that nobody has submitted yet: those that will go before open ones, and those of a what-if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaincinv

from itinstall.forecast.queue import NEVER
from itinstall.forecast.sampling import Floats, Ints

if TYPE_CHECKING:
    from itinstall.forecast.history import Situation

__all__ = ["ARRIVAL_DAYS", "DAYS_PER_MONTH", "NORMAL", "Coming", "Stream", "streams_of"]

DAYS_PER_MONTH = 365.25 / 12
NORMAL = 3  # itinstall.choices.Priority.NORMAL: new agreements of a what-if have it
ARRIVAL_DAYS = 1096  # who comes is simulated for three years,
MOST_COMING = 1_000  # or for so many of a priority, whichever is sooner: memory and time


class Coming(NamedTuple):
    """What was observed: requests submitted per priority in the `days` before."""

    counts: Mapping[int, int]
    days: int


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests of one priority that come at random (Poisson), `per_day` on the average.

    `part`: of the random numbers. `observed`: how many were seen, None where a what-if asks for the rate;
    then they count among what is open, the others only take installers.
    """

    part: str
    priority: int
    per_day: float
    observed: int | None = None

    @property
    def is_asked(self) -> bool:
        return self.observed is None

    @property
    def days(self) -> int:
        """For how many days they are simulated."""
        return ARRIVAL_DAYS if self.is_asked else min(ARRIVAL_DAYS, int(MOST_COMING / self.per_day))

    @property
    def most(self) -> int:
        """So many that nobody is left out but once in thousands of runs."""
        spread = 1 + 4 / self.observed**0.5 if self.observed else 1
        expected = self.per_day * spread * self.days
        return int(expected + 6 * expected**0.5 + 10)

    def rates(self, u: Floats) -> Floats:
        """How many a day come in each run, from one number for each.

        Few that were seen tell little of the rate: it is drawn from what such a count leaves possible (gamma,
        Jeffreys' prior for the rate of a Poisson process).
        """
        if self.observed is None:
            return np.full_like(u, self.per_day)
        rates: Floats = gammaincinv(self.observed + 0.5, u) * (self.per_day / self.observed)
        return rates

    def arrivals(self, u: Floats, rates: Floats, as_of: int) -> Ints:
        """Day of each, from gaps of a Poisson process with the rate of its run; NEVER beyond `days`."""
        with np.errstate(divide="ignore"):
            offsets = np.ceil(np.cumsum(-np.log1p(-u), axis=1) / rates[:, None])
        days = as_of + np.minimum(offsets, self.days + 1).astype(np.int64)
        return np.where(offsets <= self.days, days, NEVER)


def streams_of(situation: Situation, *, new_per_month: float | None, by_clock: bool) -> list[Stream]:
    """Who comes, by priority. As observed come those that go before an open request which still needs an
    installer; where everything goes by the clock there are none, for their clock starts later.

    `new_per_month`: agreements of normal priority, asked for instead of the observed ones.
    """
    found, queue = [], situation.installer_stage
    if queue is not None and situation.can_receive and not by_clock:
        needing = situation.stage <= queue
        lowest = int(situation.priority[needing].max(initial=0))
        found = [
            Stream(f"coming {priority}", priority, count / situation.coming.days, count)
            for priority, count in sorted(situation.coming.counts.items())
            if priority < lowest and not (priority == NORMAL and new_per_month is not None)
        ]
    if new_per_month:
        found.append(Stream("new", NORMAL, new_per_month / DAYS_PER_MONTH))
    return found
