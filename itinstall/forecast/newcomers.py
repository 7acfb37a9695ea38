"""Requests that nobody has submitted yet: those that will go before open ones, and those of a what-if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

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
    """Requests of one priority that come at random (Poisson). `part`: of the random numbers. `is_asked`: the
    what-if asks for them, so they count among what is open; the others only take installers."""

    part: str
    priority: int
    per_day: float
    is_asked: bool

    @property
    def days(self) -> int:
        """For how many days they are simulated."""
        return ARRIVAL_DAYS if self.is_asked else min(ARRIVAL_DAYS, int(MOST_COMING / self.per_day))

    @property
    def most(self) -> int:
        """Six standard deviations more than expected: nobody is left out."""
        expected = self.per_day * self.days
        return int(expected + 6 * expected**0.5 + 10)

    def arrivals(self, u: Floats, as_of: int) -> Ints:
        """Day of each, from gaps of a Poisson process; NEVER beyond `days`."""
        offsets = np.ceil(np.cumsum(-np.log1p(-u), axis=1) / self.per_day)
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
            Stream(f"coming {priority}", priority, count / situation.coming.days, is_asked=False)
            for priority, count in sorted(situation.coming.counts.items())
            if priority < lowest and not (priority == NORMAL and new_per_month is not None)
        ]
    if new_per_month:
        found.append(Stream("new", NORMAL, new_per_month / DAYS_PER_MONTH, is_asked=True))
    return found
