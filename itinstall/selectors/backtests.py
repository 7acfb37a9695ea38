"""Forecasts of past days, held against what came since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from itinstall.forecast.backtest import BacktestLine, backtest
from itinstall.forecast.queue import Crew
from itinstall.selectors.forecasts import forecast_parameters, minimums_of
from itinstall.selectors.observed import crew_read, history_read
from oversight.periods.calendars import federal_calendar

__all__ = ["MOST_RUNS", "Backtest", "backtest_lines", "month_days"]

MOST_RUNS = 200  # a share over hundreds of requests needs no more


@dataclass(frozen=True, slots=True)
class Backtest:
    """`lines` come one by one, as they are computed, as plain values."""

    today: date
    seed: int
    runs: int
    lines: Iterator[dict[str, Any]]


def month_days(first: date, last: date) -> list[date]:
    """The first day of each month from `first` on to `last`; `first` itself when there is none."""
    found = []
    year, month = first.year, first.month
    while (day := date(year, month, 1)) <= last:
        if day >= first:
            found.append(day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found or [first]


def backtest_lines(*, days: Sequence[date], today: date) -> Backtest:
    """A forecast of each of `days` from what had happened by then, held against what came until `today`.

    Steps count with the day on which they happened, as it is known now. What was planned (absences, visits)
    counts when it had been entered by then. Priorities and field offices are today's. Thirteen statements.
    """
    parameters = forecast_parameters(day=today)
    calendar = federal_calendar()
    history, crews = history_read(as_of=today, calendar=calendar), crew_read(calendar=calendar)
    runs = min(parameters["runs"], MOST_RUNS)

    def crew_on(day: int) -> Crew:
        return crews.crew(as_of=date.fromordinal(day), offices=history.facts.offices, known_then=True)

    lines = backtest(
        history,
        days=[day.toordinal() for day in days],
        today=today.toordinal(),
        seed=parameters["seed"],
        runs=runs,
        minimums=minimums_of(parameters),
        crew_on=crew_on,
    )
    return Backtest(today, parameters["seed"], runs, map(_plain, lines))


def _plain(line: BacktestLine) -> dict[str, Any]:
    return {
        "as_of": date.fromordinal(line.as_of).isoformat(),
        "n_open": line.n_open,
        "n_cancelled": line.n_cancelled,
        "p50": [line.p50.hits, line.p50.n],
        "p80": [line.p80.hits, line.p80.n],
        "refusal": line.refusal,
    }
