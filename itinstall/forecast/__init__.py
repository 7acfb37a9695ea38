"""When open installations will be done: a simulation from observed durations (docs/forecast.md, ADR).

Pure: numbers in, numbers out; no database, no clock. Days are ordinals (`date.toordinal`) inside, so that a
run is arithmetic on integers. `history` holds what happened, `sampling` draws durations, `queue` hands
requests to installers, `simulate` puts it together, `summary` tells it in quantiles, `backtest` holds it
against what came.
"""

from itinstall.forecast.history import NEVER, Facts, History, Situation, StageLine
from itinstall.forecast.simulate import Minimums, Outcome, WhatIf, refusal_of, simulate
from itinstall.forecast.summary import Summary, summarize

__all__ = [
    "NEVER",
    "Facts",
    "History",
    "Minimums",
    "Outcome",
    "Situation",
    "StageLine",
    "Summary",
    "WhatIf",
    "refusal_of",
    "simulate",
    "summarize",
]
