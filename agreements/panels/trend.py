"""Listed agreements over time, and what the last lists changed: from the lists themselves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from agreements.choices import ChangeKind
from agreements.panels.common import lists_of, publication_page
from agreements.selectors import dashboard
from agreements.selectors.dashboard import Count
from oversight.console.panels import PanelRequest

__all__ = ["Linked", "last_lists", "over_time", "over_time_mark"]

# A month without a list is a gap worth naming; ICE has published every few days since February 2025.
GAP_DAYS = 31

CHANGE_COLUMNS = (
    ChangeKind.ADDED,
    ChangeKind.RETURNED,
    ChangeKind.MISSING,
    ChangeKind.REMOVED,
    ChangeKind.SUPERSEDED,
    ChangeKind.RENAMED,
    ChangeKind.REATTRIBUTED,
    ChangeKind.DATE_CORRECTED,
    ChangeKind.CHANGED,
)


@dataclass(frozen=True, slots=True)
class Linked:
    """A figure and the address of its rows."""

    count: Count
    href: str


def _model_label(model: str) -> str:
    return model or "Model not read"


def over_time_mark(request: PanelRequest) -> str:
    """What lists say, for everybody: as `listed_over_time` is kept."""
    lists = lists_of(request)
    return hashlib.sha256(repr((lists.mark, lists.participating)).encode()).hexdigest() if lists.mark else ""


def over_time(request: PanelRequest) -> dict[str, Any] | None:
    lists = lists_of(request)
    if lists.last is None:
        return None
    found = dashboard.listed_over_time(lists=lists)
    points = found.points
    return {
        "models": [_model_label(model) for model in found.models],
        "rows": [
            {
                "day": point.day,
                "href": publication_page(point.publication),
                "by_model": [point.listed.get(model, 0) for model in found.models],
                "total": point.total,
                "missing": point.missing,
            }
            for point in reversed(points)
        ],
        "chart": {
            "days": [point.day.isoformat() for point in points],
            "series": [
                {"name": _model_label(model), "values": [point.listed.get(model, 0) for point in points]}
                for model in found.models
            ],
        },
        "first": points[0],
        "last": points[-1],
        "gaps": found.gaps(longer_than_days=GAP_DAYS),
        "gap_days": GAP_DAYS,
    }


def last_lists(request: PanelRequest) -> dict[str, Any] | None:
    lists = lists_of(request)
    if lists.last is None:
        return None
    rows = [
        {
            "published": item.published,
            "href": publication_page(item.published.pk),
            "cells": [
                (
                    kind.label,
                    Linked(item.counts.get(kind, Count()), publication_page(item.published.pk, kind)),
                )
                for kind in CHANGE_COLUMNS
            ],
            "total": item.total,
        }
        for item in dashboard.last_changes(user=request.user, lists=lists)
    ]
    return {"columns": [kind.label for kind in CHANGE_COLUMNS], "rows": rows}
