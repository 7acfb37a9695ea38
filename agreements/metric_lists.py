"""What the newest list changed: agreements that it added, that left it, and corrections of what it prints.

The list is the newest participating one up to the day; where a day has several, its last one counts, as for
statuses. Added less left is the change of the agreements that lists print (docs/metrics.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Subquery

from agreements.choices import ChangeKind, ListKind, Origin, Status
from agreements.metric_subjects import AREA_GAPS, OFFICE_UNKNOWN
from agreements.metrics import in_subject, said, with_office
from agreements.models import Agreement, AgreementStatus, Publication, RegisterChange
from oversight.metrics.base import Facts, Figure, Metric, Subject
from oversight.metrics.choices import Level
from oversight.metrics.registry import register

__all__ = ["CORRECTIONS", "list_day"]

NO_LIST = "no list yet"
LEFT = (Status.MISSING, Status.REMOVED, Status.SUPERSEDED)
CORRECTIONS = (
    ChangeKind.CHANGED,
    ChangeKind.RENAMED,
    ChangeKind.REATTRIBUTED,
    ChangeKind.DATE_CORRECTED,
)
Counted = dict[tuple[str, Subject], int]


def _lists(known_at: datetime | None) -> QuerySet[Publication]:
    lists = Publication.objects.filter(kind=ListKind.PARTICIPATING)
    return lists if known_at is None else lists.filter(imported_at__lte=known_at)


def list_day(as_of: date, known_at: datetime | None) -> date | None:
    """The day of the newest participating list up to `as_of`, of those imported by `known_at`."""
    return _days(as_of, known_at).values_list("published_on", flat=True).first()


def _days(as_of: date, known_at: datetime | None) -> QuerySet[Publication]:
    """Lists up to the day, the newest first."""
    return _lists(known_at).filter(published_on__lte=as_of).order_by("-published_on")


def _newest(as_of: date, known_at: datetime | None) -> Subquery:
    """`list_day` inside another statement; NULL, which equals nothing, when there is no list."""
    return Subquery(_days(as_of, known_at).values("published_on")[:1])


def _begun(as_of: date, known_at: datetime | None) -> QuerySet[AgreementStatus]:
    """What the lists of the newest day began to say of agreements."""
    return said(known_at).filter(
        origin=Origin.LIST,
        publication__kind=ListKind.PARTICIPATING,
        begins_on=_newest(as_of, known_at),
    )


def _corrections(as_of: date, known_at: datetime | None) -> QuerySet[RegisterChange]:
    """Corrections by the lists of the newest day. Which lists: as known then; what they corrected: as
    derived now."""
    lists = _lists(known_at).filter(published_on=_newest(as_of, known_at)).order_by()
    return RegisterChange.objects.filter(
        publication__in=lists.values("pk"), kind__in=CORRECTIONS, agreement__isnull=False
    )


def _moves(as_of: date, known_at: datetime | None) -> Counted:
    """(status, subject) → agreements. One statement."""
    groups = with_office(_begun(as_of, known_at), as_of=as_of).order_by()
    fields = ("agreement__agency__state_id", "office", "agreement__model", "status")
    counted: Counted = defaultdict(int)
    for state, office, model, status, n in groups.values_list(*fields).annotate(n=Count("pk")):
        for subject in _subjects(state, office, model):
            counted[status, subject] += n
    return counted


def _subjects(state: str | None, office: str | None, model: str = "") -> Iterator[Subject]:
    yield Subject(Level.NATION)
    yield Subject(Level.OFFICE, office or OFFICE_UNKNOWN)
    if state:
        yield Subject(Level.STATE, state)
    if model:
        yield Subject(Level.MODEL, model)


def _figures(sums: dict[Subject, int]) -> Iterator[Figure]:
    nation = Subject(Level.NATION)
    for subject, n in sorted({nation: 0, **sums}.items()):
        yield Figure(subject, Decimal(n), numerator=Decimal(n), n=n)


class _ListMoves(Metric):
    """A count of agreements of which the newest list began to say something."""

    unit = "agreements"
    source = "ICE's lists of participating agencies (docs/reconciliation.md)"
    statuses: tuple[str, ...]
    level_gaps = AREA_GAPS

    def figures(self, facts: Facts) -> Iterable[Figure]:
        if facts.once(list_day) is None:
            return [Figure(Subject(Level.NATION), None, reason=NO_LIST)]
        sums: dict[Subject, int] = defaultdict(int)
        for (status, subject), n in facts.once(_moves).items():
            if status in self.statuses:
                sums[subject] += n
        return _figures(sums)

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Agreement]:
        begun = _begun(as_of, known_at).filter(status__in=self.statuses)
        found = in_subject(begun, subject, as_of=as_of)
        return Agreement.objects.filter(pk__in=found.values("agreement"))


@register
class ListAdded(_ListMoves):
    key = "agreements.list_added"
    name = "Added by the newest list"
    words = (
        "Agreements that the newest participating list up to the day prints and the list before it did "
        "not: first listed, or back on the list."
    )
    formula = "agreements printed by the newest list and not by the one before"
    statuses = (Status.ACTIVE,)


@register
class ListLeft(_ListMoves):
    key = "agreements.list_left"
    name = "Left the newest list"
    words = (
        "Agreements that the newest participating list up to the day no longer prints and the list before "
        "it did. Most are missing at first; later lists tell whether they were removed."
    )
    formula = "agreements printed by the list before the newest and not by the newest"
    statuses = LEFT
    gaps = ("agreements.vanished",)


def _corrected(as_of: date, known_at: datetime | None) -> dict[Subject, int]:
    """Subject → corrections. One statement."""
    groups = with_office(_corrections(as_of, known_at), as_of=as_of).order_by()
    sums: dict[Subject, int] = defaultdict(int)
    for state, office, n in groups.values_list("agreement__agency__state_id", "office").annotate(
        n=Count("pk")
    ):
        for subject in _subjects(state, office):
            sums[subject] += n
    return sums


@register
class ListCorrected(Metric):
    key = "agreements.list_corrected"
    name = "Corrected by the newest list"
    words = (
        "What the newest participating list up to the day prints otherwise of agreements than the list "
        "before it: spellings, types, counties, links, signing dates. An agreement may count more than once."
    )
    formula = "changes of kind corrected, renamed, re-attributed and date corrected on the newest list"
    unit = "corrections"
    source = "ICE's lists of participating agencies (docs/reconciliation.md, kinds of change)"
    levels = (Level.NATION, Level.OFFICE, Level.STATE)
    level_gaps = AREA_GAPS

    def figures(self, facts: Facts) -> Iterable[Figure]:
        if facts.once(list_day) is None:
            return [Figure(Subject(Level.NATION), None, reason=NO_LIST)]
        return _figures(facts.once(_corrected))

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        return in_subject(_corrections(as_of, known_at), subject, as_of=as_of)
