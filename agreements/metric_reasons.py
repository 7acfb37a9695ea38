"""Why an agreement or agency entered or left a figure: what lists and staff say of it on the two days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from agreements.choices import Origin, Status
from agreements.models.register import AgreementStatusQuerySet
from oversight.metrics.base import Change

__all__ = [
    "AREA_CHANGED",
    "Life",
    "lives",
    "reasons_of_agencies",
    "reasons_of_agreements",
    "reasons_of_links",
    "reasons_of_window",
]

AREA_CHANGED = "field office area changed"
CAME_BACK = "came back to the list"
OUT_OF_WINDOW = "more than 30 days ago now"
LINKED = "MOA document linked"
NO_STATEMENT = "no list says anything of it"

FIRST: dict[str, str] = {Status.ACTIVE: "first listed", Status.PENDING: "first pending"}
ENDED_BY_STAFF: dict[str, str] = {
    Status.SUSPENDED: "suspended by staff",
    Status.TERMINATED: "terminated by staff",
}
NO_LONGER: dict[str, str] = {
    Status.SUSPENDED: "suspension ended",
    Status.TERMINATED: "termination withdrawn",
}
NOW: dict[str, str] = {
    Status.ACTIVE: "listed as participating",
    Status.MISSING: "missing from the last lists",
    Status.PENDING: "pending again",
    Status.REMOVED: "removed",
    Status.SUPERSEDED: "superseded",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A statement about an agreement over [begins, ends)."""

    status: str
    origin: str
    begins: date
    ends: date | None

    def holds(self, day: date) -> bool:
        return self.begins <= day and (self.ends is None or day < self.ends)


@dataclass(frozen=True, slots=True)
class Life:
    """All that is said of one agreement, and since when its memorandum is linked."""

    spans: tuple[Span, ...]
    linked_on: date | None = None

    def listed_as(self, day: date) -> str:
        """What lists say on the day; "" for nothing."""
        found = (span.status for span in self.spans if span.origin == Origin.LIST and span.holds(day))
        return next(found, "")

    def ended_as(self, day: date) -> str:
        """Suspended or terminated by staff on the day; "" for neither."""
        found = (
            span.status
            for span in self.spans
            if span.origin == Origin.STAFF and span.status in ENDED_BY_STAFF and span.holds(day)
        )
        return next(found, "")

    def counts(self, day: date, statuses: Collection[str]) -> bool:
        return self.listed_as(day) in statuses and not self.ended_as(day)

    def was(self, statuses: Collection[str], *, until: date) -> bool:
        """Whether lists had said so at some time up to and with the day."""
        return any(
            span.origin == Origin.LIST and span.status in statuses and span.begins <= until
            for span in self.spans
        )


def lives(
    change: Change, statements: AgreementStatusQuerySet, *, path: str = "agreement"
) -> dict[Any, list[Life]]:
    """Record → the lives of its agreements; `path` leads from a statement to the record. One query."""
    spans: dict[tuple[Any, Any, date | None], list[Span]] = defaultdict(list)
    rows = statements.filter(change.matching(path)).order_by("begins_on", "pk")
    of_one = (path, "agreement_id", "agreement__moa_linked_on")
    for record, agreement, linked_on, *span in rows.values_list(
        *of_one, "status", "origin", "begins_on", "ends_on"
    ):
        spans[record, agreement, linked_on].append(Span(*span))
    found: dict[Any, list[Life]] = defaultdict(list)
    for (record, _, linked_on), said in spans.items():
        found[record].append(Life(tuple(said), linked_on))
    return found


def reasons_of_agreements(
    change: Change, statements: AgreementStatusQuerySet, statuses: Collection[str]
) -> dict[Any, str]:
    """For figures that count agreements in `statuses` on the day."""
    reasons = {}
    for pk, (life,) in lives(change, statements).items():
        if pk in change.entered:
            reasons[pk] = _entered(life, change.first, statuses)
        else:
            reasons[pk] = _left(life, change.last, statuses)
    return reasons


def reasons_of_links(
    change: Change, statements: AgreementStatusQuerySet, statuses: Collection[str]
) -> dict[Any, str]:
    """For agreements in `statuses` whose memorandum no list up to the day links. One that is in `statuses`
    on both days left because it was linked in between."""
    reasons = {}
    for pk, (life,) in lives(change, statements).items():
        if pk in change.entered:
            reasons[pk] = _entered(life, change.first, statuses)
        elif life.linked_on and change.first < life.linked_on <= change.last:
            counts = life.counts(change.last, statuses)
            reasons[pk] = LINKED if counts else _left(life, change.last, statuses)
        else:
            reasons[pk] = _left(life, change.last, statuses)
    return reasons


def _entered(life: Life, before: date, statuses: Collection[str]) -> str:
    if life.counts(before, statuses):
        return AREA_CHANGED
    if (ended := life.ended_as(before)) and life.listed_as(before) in statuses:
        return NO_LONGER[ended]
    if life.was(statuses, until=before):
        return CAME_BACK
    return next(FIRST[status] for status in (Status.ACTIVE, Status.PENDING) if status in statuses)


def _left(life: Life, after: date, statuses: Collection[str]) -> str:
    if life.counts(after, statuses):
        return AREA_CHANGED
    if ended := life.ended_as(after):
        return ENDED_BY_STAFF[ended]
    return NOW.get(life.listed_as(after), NO_STATEMENT)


def reasons_of_agencies(
    change: Change, statements: AgreementStatusQuerySet, statuses: Collection[str]
) -> dict[Any, str]:
    """For figures that count agencies with an agreement in `statuses` on the day."""
    reasons = {}
    for pk, held in lives(change, statements, path="agreement__agency").items():
        if pk in change.entered:
            reasons[pk] = _agency_entered(held, change.first, statuses)
        else:
            reasons[pk] = _agency_left(held, change.last, statuses)
    return reasons


def _agency_entered(held: Iterable[Life], before: date, statuses: Collection[str]) -> str:
    if any(life.counts(before, statuses) for life in held):
        return AREA_CHANGED
    words = {_entered(life, before, statuses) for life in held}
    for word in (CAME_BACK, *NO_LONGER.values()):
        if word in words:
            return word
    return "first agreement listed"


def _agency_left(held: Iterable[Life], after: date, statuses: Collection[str]) -> str:
    if any(life.counts(after, statuses) for life in held):
        return AREA_CHANGED
    return "no listed agreement left"


def reasons_of_window(
    change: Change, statements: AgreementStatusQuerySet, statuses: Collection[str]
) -> dict[Any, str]:
    """For figures that count what happened in the 30 days up to the day."""
    reasons = {}
    for pk, (life,) in lives(change, statements).items():
        new = [
            span.status
            for span in life.spans
            if span.origin == Origin.LIST
            and span.status in statuses
            and change.first < span.begins <= change.last
        ]
        if pk in change.left:
            reasons[pk] = OUT_OF_WINDOW
        elif new:
            reasons[pk] = FIRST.get(new[-1]) or NOW[new[-1]]
        else:
            reasons[pk] = AREA_CHANGED
    return reasons
