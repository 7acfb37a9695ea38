"""A summary as a forecast keeps it: JSON, days as their distance from the day of the forecast."""

from __future__ import annotations

from datetime import date
from typing import Any

from itinstall.forecast import Situation, Summary
from itinstall.forecast.summary import Group

__all__ = ["results_of"]


def results_of(situation: Situation, summary: Summary) -> dict[str, Any]:
    """`requests`: reference → [P50, P80, due]; `months`: [last day, completed by half of the runs, by four of
    five, still open]. About 30 bytes for a request."""
    zero = situation.as_of
    return {
        "backlog": _group(summary.backlog, zero),
        "offices": {slug: _group(group, zero) for slug, group in summary.offices.items()},
        "priorities": {str(number): _group(group, zero) for number, group in summary.priorities.items()},
        "requests": {
            line.ref: [_from(zero, line.p50), _from(zero, line.p80), _from(zero, line.due)]
            for line in summary.requests
        },
        "months": [
            [date.fromordinal(month.day).isoformat(), month.done50, month.done80, month.open50]
            for month in summary.months
        ],
    }


def _group(group: Group, zero: int) -> dict[str, Any]:
    return {
        "n": group.n,
        "p50": _from(zero, group.p50),
        "p80": _from(zero, group.p80),
        "n_due": group.n_due,
        "n_late": group.n_late,
        "late": round(group.late, 1),
    }


def _from(zero: int, day: int | None) -> int | None:
    return None if day is None else day - zero
