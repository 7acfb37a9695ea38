"""The review queue: pairs that a person decides, and those that a rule decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from agreements.choices import DecisionState, ListKind
from agreements.models import Agency, Agreement, Decision, Observation, PrintedRow, Publication, Verdict
from agreements.services.keys import key_from_text
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = [
    "STAFF_STATEMENT",
    "ListPoint",
    "Side",
    "decision",
    "decisions",
    "next_open",
    "review_queue",
    "rule_decisions",
    "sides_of",
    "timeline_lists",
    "verdicts_of",
]

STAFF_STATEMENT = "staff_statement"
WAITING = (DecisionState.OPEN, DecisionState.LATER)


def decisions(*, user: User) -> QuerySet[Decision]:
    """Every conclusion and question, with what a list of them shows."""
    rows = Decision.objects.select_related(
        "left_agency", "right_agency", "left_agreement__agency", "right_agreement__agency", "publication"
    )
    return visible_to(rows, user)


def review_queue(*, user: User) -> QuerySet[Decision]:
    """What a person decides or has decided: not what a rule applied and nobody questioned.

    `rank`: open questions 0, put off 1, answered 2.
    """
    answered = Verdict.objects.filter(decision=OuterRef("pk"))
    asked = Q(state__in=WAITING, is_standing=True) | Q(Exists(answered))
    rank = Case(
        When(state=DecisionState.OPEN, then=Value(0)),
        When(state=DecisionState.LATER, then=Value(1)),
        default=Value(2),
    )
    return decisions(user=user).filter(asked).annotate(rank=rank)


def rule_decisions(*, user: User) -> QuerySet[Decision]:
    """What rules applied. Each can be overruled."""
    return decisions(user=user).filter(state=DecisionState.APPLIED, is_standing=True)


def decision(*, user: User, pk: int) -> Decision:
    """Raises Decision.DoesNotExist."""
    return decisions(user=user).get(pk=pk)


def verdicts_of(decision: Decision) -> QuerySet[Verdict]:
    """People's answers to it, newest first."""
    return decision.verdicts.select_related("decided_by", "undone_by").order_by("-decided_at", "-pk")


def next_open(*, user: User, after: Decision) -> Decision | None:
    """The open question that follows in the queue, from the top again after the last one."""
    rows = decisions(user=user).filter(state=DecisionState.OPEN, is_standing=True).exclude(pk=after.pk)
    return rows.filter(pk__lt=after.pk).order_by("-pk").first() or rows.order_by("-pk").first()


@dataclass(slots=True)
class Side:
    """One of the two candidates, as lists printed it."""

    key: str
    agency: Agency | None
    agreement: Agreement | None
    name: str = ""
    spellings: list[tuple[str, int]] = field(default_factory=list)  # text, on how many lists
    states: list[str] = field(default_factory=list)
    counties: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    moa_urls: list[str] = field(default_factory=list)
    publications: set[int] = field(default_factory=set)
    first_on: dt.date | None = None

    @property
    def n_lists(self) -> int:
        return len(self.publications)


@dataclass(frozen=True, slots=True)
class ListPoint:
    """One list of the time in question, and which of the two it printed."""

    pk: int
    kind: str
    published_on: dt.date
    left: bool
    right: bool


def sides_of(decision: Decision) -> tuple[Side, Side | None]:
    """The two candidates from the rows that printed them, the one printed earlier first. Two queries.

    A staff statement has one side only: the agreement that it is about.
    """
    left = Side(decision.left_key, decision.left_agency, decision.left_agreement)
    right = Side(decision.right_key, decision.right_agency, decision.right_agreement)
    wanted = [left] if decision.rule == STAFF_STATEMENT else [left, right]
    rows = _rows([side.key for side in wanted])
    lists: dict[int, set[int]] = {row.pk: set() for row in rows}
    newest: dict[int, dt.date] = {}
    oldest: dict[int, dt.date] = {}
    seen = Observation.objects.filter(printed_row__in=lists)
    for row, publication, day in seen.values_list("printed_row", "publication", "publication__published_on"):
        lists[row].add(publication)
        newest[row] = max(day, newest.get(row, day))
        oldest[row] = min(day, oldest.get(row, day))
    for side in wanted:
        own = [row for row in rows if _matches(row, side.key)]
        own.sort(key=lambda row: (newest.get(row.pk, dt.date.min), row.pk), reverse=True)
        _fill(side, own, lists)
        side.first_on = min((oldest[row.pk] for row in own if row.pk in oldest), default=None)
    if len(wanted) == 1:
        return left, None
    if right.first_on and (left.first_on is None or right.first_on < left.first_on):
        return right, left
    return left, right


def _rows(keys: Iterable[str]) -> list[PrintedRow]:
    wanted = Q(pk__in=[])
    for text in keys:
        key = key_from_text(text)
        part = Q(state_code=key[0], canonical=key[1])
        if len(key) == 4:
            part &= Q(model=key[2], signed_key=key[3])
        wanted |= part
    return list(PrintedRow.objects.filter(wanted).select_related("county").order_by("pk"))


def _matches(row: PrintedRow, text: str) -> bool:
    key = key_from_text(text)
    if (row.state_code, row.canonical) != (key[0], key[1]):
        return False
    return len(key) == 2 or (row.model, row.signed_key) == (key[2], key[3])


def _fill(side: Side, rows: list[PrintedRow], lists: dict[int, set[int]]) -> None:
    """Collect the distinct values, the newest first."""
    spellings: dict[str, set[int]] = {}
    for row in rows:
        spellings.setdefault(row.name, set()).update(lists[row.pk])
        side.publications |= lists[row.pk]
    side.name = rows[0].name if rows else key_from_text(side.key)[1]
    counted = [(name, len(printed)) for name, printed in spellings.items()]
    side.spellings = sorted(counted, key=lambda item: (-item[1], item[0]))
    side.states = _distinct(row.state_code for row in rows)
    side.counties = _distinct(row.county.name for row in rows if row.county)
    side.types = _distinct(row.agency_type for row in rows)
    side.models = _distinct(row.model for row in rows)
    side.dates = sorted(_distinct(row.signed_key for row in rows))
    side.moa_urls = _distinct(row.moa_url for row in rows)


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def timeline_lists(left: Side, right: Side | None, *, margin: int = 2) -> dict[str, list[ListPoint]]:
    """By kind of list: the lists from the first print of either to the last, and `margin` on each end.

    One query. A kind that printed neither is left out.
    """
    other = right.publications if right else set()
    printed = left.publications | other
    rows = Publication.objects.filter(sequence__isnull=False).order_by("kind", "sequence")
    found: dict[str, list[ListPoint]] = {}
    for pk, kind, day in rows.values_list("pk", "kind", "published_on"):
        found.setdefault(kind, []).append(ListPoint(pk, kind, day, pk in left.publications, pk in other))
    windows = {}
    for kind in ListKind.values:
        points = found.get(kind, [])
        places = [i for i, point in enumerate(points) if point.pk in printed]
        if places:
            windows[kind] = points[max(places[0] - margin, 0) : places[-1] + margin + 1]
    return windows
