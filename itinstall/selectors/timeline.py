"""A request's history as its page tells it: what stands, with what was said before, by whom and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import QuerySet

from itinstall.models import Hold, InstallationRequest, StageTransition

__all__ = ["HoldLine", "StepLine", "hold_lines", "step_lines"]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One place of the history. `entry`: what stands, else the withdrawal; `earlier`: what it said before,
    the oldest first. `days`: how long the stage lasted, up to today when it lasts; None for an end and for
    what was taken back."""

    entry: StageTransition
    earlier: Sequence[StageTransition]
    days: int | None
    is_present: bool

    @property
    def is_withdrawn(self) -> bool:
        return self.entry.is_withdrawal


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold. `entry`: what stands, else the withdrawal; `earlier`: what was said before."""

    entry: Hold
    earlier: Sequence[Hold]
    days: int | None

    @property
    def is_withdrawn(self) -> bool:
        return self.entry.is_withdrawal


def step_lines(*, request: InstallationRequest, today: date) -> list[StepLine]:
    """The steps of a request in order; `request` was resolved through scope. One query."""
    places = [list(rows) for _, rows in groupby(_entries(request), key=lambda row: row.sequence)]
    standing = [rows[-1] for rows in places if not rows[-1].is_withdrawal]
    following = dict(zip((row.pk for row in standing), standing[1:], strict=False))

    def days(entry: StageTransition) -> int | None:
        if entry.stage is None or entry.is_withdrawal:
            return None
        follower = following.get(entry.pk)
        return ((follower.on if follower else today) - entry.on).days

    last = standing[-1].pk if standing else None
    return [
        StepLine(rows[-1], rows[:-1], days(rows[-1]), rows[-1].pk == last and rows[-1].stage is not None)
        for rows in places
    ]


def _entries(request: InstallationRequest) -> QuerySet[StageTransition]:
    rows = StageTransition.objects.filter(request=request).select_related("stage", "entered_by")
    return rows.order_by("sequence", "pk")


def hold_lines(*, request: InstallationRequest, until: date) -> list[HoldLine]:
    """The holds of a request by first day; `until` ends the days of one that lasts. One query."""
    found = Hold.objects.filter(request=request).select_related("why", "entered_by")
    rows = list(found.order_by("begins_on", "pk"))
    newest = {hold.corrects_id: hold for hold in rows if hold.corrects_id is not None}
    lines = []
    for first in rows:
        if first.corrects_id is not None:
            continue
        chain = list(_chain(first, newest))
        last = chain[-1]
        days = None if last.is_withdrawal else ((last.ends_on or until) - last.begins_on).days
        lines.append(HoldLine(last, chain[:-1], days))
    return sorted(lines, key=lambda line: (line.entry.begins_on, line.entry.pk))


def _chain(first: Hold, newest: dict[int, Hold]) -> Iterable[Hold]:
    current: Hold | None = first
    while current is not None:
        yield current
        current = newest.get(current.pk)
