"""Pending agreements: figures of the day, and who waits longest."""

from __future__ import annotations

from typing import Any

from agreements.choices import Status
from agreements.panels.common import agreements_page, lists_of, publication_page, reach_of, waiting_of
from agreements.panels.program import rows
from agreements.selectors.dashboard import Waiting
from oversight.console.figures import NATION
from oversight.console.panels import PanelRequest
from oversight.console.tiles import Tile

__all__ = ["pending"]

OLD_DAYS = 31


def pending(request: PanelRequest) -> dict[str, Any] | None:
    """None before the first participating list. Without a pending list nothing is known, not zero."""
    lists = lists_of(request)
    if lists.last is None:
        return None
    as_of = lists.last_pending
    if as_of is None:
        return {"none": True}
    figures, found = request.figures(), reach_of(request)
    mine = found.of(NATION).pending if found else None
    age = (request.today - as_of.published_on).days
    return {
        "figures": figures,
        "tiles": [
            Tile(
                "Pending",
                figures.get("agreements.pending"),
                rows=rows(request, agreements_page(status=Status.PENDING.value), mine),
            ),
            Tile("Median days pending", figures.get("agreements.pending_days_median")),
        ]
        if figures.as_of
        else [],
        "as_of": as_of,
        "first": lists.pending[0],
        "age_days": age,
        "is_old": age > OLD_DAYS,
        "publication": publication_page(as_of.pk),
        "waiting": waiting_of(request).get(Status.PENDING, Waiting()),
        "page": agreements_page(status=Status.PENDING.value),
    }
