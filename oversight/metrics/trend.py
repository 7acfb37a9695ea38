"""The trend of a figure as data for its chart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oversight.metrics.explain import Explained, Run
from oversight.metrics.words import is_share, target_words, unit_words

__all__ = ["chart_of"]


def chart_of(found: Explained, runs: list[Run]) -> dict[str, Any] | None:
    """Points at the ends of runs of equal values, and a line for each target. None below two days."""
    if len(found.points) < 2:
        return None
    share = is_share(found.metric)
    series = []
    for run in runs:
        series.append([run.first.isoformat(), _number(run.value, share)])
        if run.last != run.first:
            series.append([run.last.isoformat(), _number(run.value, share)])
    begin, end = found.points[0][0], found.points[-1][0]
    lines = []
    for target in found.targets:
        first, last = max(target.valid_from, begin), min(target.valid_to or end, end)
        if first <= last:
            lines.append(
                {
                    "name": f"Target: {target_words(found.metric, target)}",
                    "first": first.isoformat(),
                    "last": last.isoformat(),
                    "value": _number(target.value, share),
                }
            )
    return {
        "name": found.metric.name,
        "unit": "percent" if share else unit_words(found.metric),
        "decimals": 1 if share else found.metric.decimals,
        "points": series,
        "targets": lines,
        "day": found.as_of.isoformat(),
    }


def _number(value: Decimal | None, share: bool) -> float | None:
    if value is None:
        return None
    return round(float(value * 100 if share else value), 4)
