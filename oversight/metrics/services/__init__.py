"""Filling days with snapshots, marking days stale when facts of the past change, asking for past days.

Targets and the gap ledger are in `services.targets` and `services.gaps`.
"""

from oversight.metrics.services.filling import (
    FAILED,
    GONE,
    FillResult,
    day_fill,
    days_wait,
    range_fill,
    stale_days_fill,
)
from oversight.metrics.services.marking import (
    DayRange,
    days_mark_stale,
    fill_soon,
    metric_days_mark_stale,
    outdated_mark_stale,
)
from oversight.metrics.services.starting import (
    BACKFILL,
    days_compute_start,
    figures_refill_start,
    missing_days_compute_start,
)

__all__ = [
    "BACKFILL",
    "FAILED",
    "GONE",
    "DayRange",
    "FillResult",
    "day_fill",
    "days_compute_start",
    "days_mark_stale",
    "days_wait",
    "figures_refill_start",
    "fill_soon",
    "metric_days_mark_stale",
    "missing_days_compute_start",
    "outdated_mark_stale",
    "range_fill",
    "stale_days_fill",
]
