"""Holding the forecast against what came: it is made for past days from what had happened by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from itinstall.forecast.history import NEVER, History
from itinstall.forecast.queue import Crew
from itinstall.forecast.sampling import Ints
from itinstall.forecast.simulate import Minimums, WhatIf, refusal_of, simulate
from itinstall.forecast.summary import P50, P80, quantile_days

__all__ = ["BacktestLine", "Held", "backtest", "held", "together"]


@dataclass(frozen=True, slots=True)
class Held:
    """`n`: requests of which it is known whether they were complete by the forecast's day; `hits`: they
    were."""

    n: int
    hits: int

    @property
    def share(self) -> float | None:
        return self.hits / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class BacktestLine:
    """One past day, as an ordinal. `n_open`: requests then open; `n_cancelled`: given up since, which counts
    neither way. `refusal`: why there would have been no forecast."""

    as_of: int
    n_open: int = 0
    n_cancelled: int = 0
    p50: Held = Held(0, 0)
    p80: Held = Held(0, 0)
    refusal: str = ""


def held(*, forecast: Ints, completed: Ints, cancelled: Ints, today: int) -> Held:
    """How a forecast day for each request compares with the day of completion (NEVER: not yet).

    Known are requests that are complete, and open ones whose forecast day has passed: these missed. Of an
    open one whose day is still ahead nothing is known yet, and a completed one whose day is still ahead would
    be a certain hit: counted alone, it would make the share too high. So both are left out until the day has
    passed. `cancelled`: day, or NEVER; what is given up counts neither way.
    """
    counted = (forecast <= today) & (cancelled >= NEVER)
    return Held(int(counted.sum()), int((counted & (completed <= forecast)).sum()))


def backtest(
    history: History,
    *,
    days: Sequence[int],
    today: int,
    seed: int,
    runs: int,
    minimums: Minimums,
    crew_on: Callable[[int], Crew],
) -> Iterator[BacktestLine]:
    """One line for each of `days`, in order; `crew_on(day)`: the free days ahead as they were known that
    day."""
    closed, is_cancelled = history.closed
    completed = np.where(is_cancelled, NEVER, closed)
    cancelled = np.where(is_cancelled, closed, NEVER)
    numbers = {ref: number for number, ref in enumerate(history.facts.refs)}
    for as_of in days:
        situation = history.situation(
            as_of, min_visits=minimums.visits, tail=minimums.tail, window=minimums.window
        )
        crew = crew_on(as_of)
        refusal = refusal_of(situation, minimums=minimums, crew=crew, what_if=WhatIf())
        if refusal or not situation.refs:
            yield BacktestLine(as_of, len(situation.refs), refusal=refusal or "No request was open.")
            continue
        outcome = simulate(situation, seed=seed, runs=runs, crew=crew, minimums=minimums)
        which = np.asarray([numbers[ref] for ref in situation.refs])
        came = {"completed": completed[which], "cancelled": cancelled[which], "today": today}
        yield BacktestLine(
            as_of,
            n_open=len(which),
            n_cancelled=int((cancelled[which] <= today).sum()),
            p50=held(forecast=quantile_days(outcome.done, P50), **came),
            p80=held(forecast=quantile_days(outcome.done, P80), **came),
        )


def together(lines: Sequence[BacktestLine]) -> tuple[Held, Held]:
    """(P50, P80) of all days."""
    return (
        Held(sum(line.p50.n for line in lines), sum(line.p50.hits for line in lines)),
        Held(sum(line.p80.n for line in lines), sum(line.p80.hits for line in lines)),
    )
