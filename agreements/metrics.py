"""Metrics of agreements. One pass over the statements of a day serves nearly all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from agreements import metric_reasons
from agreements.choices import IN_FORCE, LISTED, ListKind, Origin, Status
from agreements.metric_subjects import AREA_GAPS, OFFICE_UNKNOWN, register_names
from agreements.models import Agency, Agreement, AgreementStatus
from agreements.models.register import AgreementStatusQuerySet
from oversight.metrics.base import Change, Facts, Figure, Kind, Metric, Subject, quotient
from oversight.metrics.choices import Level, Part
from oversight.metrics.registry import register

__all__ = [
    "OFFICE_UNKNOWN",
    "Cell",
    "agencies_of_day",
    "cells_of_day",
    "in_subject",
    "said",
    "statements_on",
    "with_office",
]

Rows = QuerySet[Any]
WINDOW_DAYS = 30
STAFF_ENDS = (Status.SUSPENDED, Status.TERMINATED)

register_names()


@dataclass(frozen=True, slots=True)
class Cell:
    """Agreements of one day in one state, office, model and status; `unlinked`: of them without MOA."""

    state: str
    office: str
    model: str
    status: str
    n: int
    unlinked: int


def said(known_at: datetime | None) -> AgreementStatusQuerySet:
    """Statements that stand now, or stood at `known_at`."""
    if known_at is None:
        return AgreementStatus.objects.standing()
    return AgreementStatus.ever.known_at(known_at)


def statements_on(*, as_of: date, known_at: datetime | None = None) -> QuerySet[AgreementStatus]:
    """What lists say of each agreement on the day, but for those that staff suspended or terminated.

    A statement by staff on a double counts for the agreement that it was found to be.
    """
    known = said(known_at)
    ended = known.filter(origin=Origin.STAFF, status__in=STAFF_ENDS).active_on(as_of).order_by()
    overruled = ended.values_list(Coalesce("agreement__merged_into", "agreement"))
    return known.filter(origin=Origin.LIST).active_on(as_of).exclude(agreement__in=overruled)


def with_office(
    rows: QuerySet[Any], *, as_of: date, path: str = "agreement__agency__offices"
) -> QuerySet[Any]:
    """Annotates `office`: the slug of the agency's field office on `as_of`; NULL when it is not known."""
    valid = Q(**{f"{path}__valid_from__lte": as_of}) & (
        Q(**{f"{path}__valid_to__isnull": True}) | Q(**{f"{path}__valid_to__gt": as_of})
    )
    return rows.annotate(on_day=FilteredRelation(path, condition=valid)).annotate(
        office=F("on_day__office_id")
    )


def _unlinked(as_of: date) -> Q:
    """Of statements: no list up to the day links the agreement's memorandum."""
    return Q(agreement__moa_linked_on__isnull=True) | Q(agreement__moa_linked_on__gt=as_of)


def cells_of_day(as_of: date, known_at: datetime | None) -> list[Cell]:
    """The day's agreements counted by state, office, model and status. One statement."""
    rows = with_office(statements_on(as_of=as_of, known_at=known_at), as_of=as_of)
    unlinked = Count("agreement", filter=_unlinked(as_of))
    counted = (
        rows.order_by()
        .values_list("agreement__agency__state_id", "office", "agreement__model", "status")
        .annotate(n=Count("agreement"), unlinked=unlinked)
    )
    return [
        Cell(state or "", office or OFFICE_UNKNOWN, model, status, n, unlinked)
        for state, office, model, status, n, unlinked in counted
    ]


def agencies_of_day(as_of: date, known_at: datetime | None) -> list[tuple[str, str, int]]:
    """Agencies with a listed agreement: (state, office, count); each is in one of them. One statement."""
    # Agencies among the listed, not listed statements with agencies counted once: that needs no sort.
    listed = statements_on(as_of=as_of, known_at=known_at).filter(status__in=LISTED)
    agencies = Agency.objects.filter(pk__in=listed.values("agreement__agency"))
    rows = with_office(agencies, as_of=as_of, path="offices").order_by()
    counted = rows.values_list("state_id", "office").annotate(n=Count("pk"))
    return [(state or "", office or OFFICE_UNKNOWN, n) for state, office, n in counted]


def _happened(as_of: date, known_at: datetime | None, statuses: Iterable[str]) -> Rows:
    """Statements that begin in the 30 days up to and with `as_of`; ACTIVE ones of a first listing only."""
    # Of participating lists: an agreement that left the pending list was never in force.
    known = said(known_at).filter(origin=Origin.LIST, publication__kind=ListKind.PARTICIPATING)
    since = as_of - timedelta(days=WINDOW_DAYS)
    first_listed = (
        known.filter(status=Status.ACTIVE)
        .order_by()
        .values("agreement")
        .annotate(first=Min("begins_on"))
        .filter(first__gt=since, first__lte=as_of)
    )
    begun = known.filter(status__in=statuses, begins_on__gt=since, begins_on__lte=as_of)
    return begun.filter(~Q(status=Status.ACTIVE) | Q(agreement__in=first_listed.values("agreement")))


def _events_of_window(as_of: date, known_at: datetime | None) -> list[Cell]:
    """First listings and ends in the 30 days up to and with `as_of`. One statement."""
    happened = _happened(as_of, known_at, (Status.ACTIVE, Status.REMOVED, Status.SUPERSEDED))
    counted = (
        with_office(happened, as_of=as_of)
        .order_by()
        .values_list("agreement__agency__state_id", "office", "agreement__model", "status")
        .annotate(n=Count("agreement", distinct=True))
    )
    return [Cell(s or "", o or OFFICE_UNKNOWN, m, status, n, 0) for s, o, m, status, n in counted]


def _pending_of_day(as_of: date, known_at: datetime | None) -> list[tuple[str, str, str, int]]:
    """Pending agreements: (state, office, model, days pending). One statement."""
    rows = with_office(
        statements_on(as_of=as_of, known_at=known_at).filter(status=Status.PENDING), as_of=as_of
    )
    waiting = rows.values_list("agreement__agency__state_id", "office", "agreement__model", "begins_on")
    return [(s or "", o or OFFICE_UNKNOWN, m, (as_of - begins).days) for s, o, m, begins in waiting]


def _subjects(state: str, office: str, model: str | None = None) -> Iterator[Subject]:
    yield Subject(Level.NATION)
    yield Subject(Level.OFFICE, office)
    if state:
        yield Subject(Level.STATE, state)
    if model:
        yield Subject(Level.MODEL, model)


def _sums(cells: Iterable[Cell], part: Callable[[Cell], int]) -> dict[Subject, int]:
    sums: dict[Subject, int] = defaultdict(int, {Subject(Level.NATION): 0})
    for cell in cells:
        for subject in _subjects(cell.state, cell.office, cell.model):
            sums[subject] += part(cell)
    return sums


def _counts(sums: dict[Subject, int]) -> Iterator[Figure]:
    for subject, n in sorted(sums.items()):
        yield Figure(subject, Decimal(n), numerator=Decimal(n), n=n)


def in_subject(
    rows: QuerySet[Any], subject: Subject, *, as_of: date, path: str = "agreement"
) -> QuerySet[Any]:
    """Statements of one subject."""
    if subject.level == Level.STATE:
        return rows.filter(**{f"{path}__agency__state": subject.key})
    if subject.level == Level.MODEL:
        return rows.filter(**{f"{path}__model": subject.key})
    if subject.level == Level.OFFICE:
        rows = with_office(rows, as_of=as_of, path=f"{path}__agency__offices")
        if subject.key == OFFICE_UNKNOWN:
            return rows.filter(office__isnull=True)
        return rows.filter(office=subject.key)
    return rows


class _OfStatements(Metric):
    """A metric whose rows are the agreements of some statements of the day."""

    statuses: tuple[str, ...] = LISTED
    level_gaps = AREA_GAPS

    def statements(self, *, as_of: date, known_at: datetime | None) -> QuerySet[AgreementStatus]:
        return statements_on(as_of=as_of, known_at=known_at).filter(status__in=self.statuses)

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Agreement]:
        found = in_subject(self.statements(as_of=as_of, known_at=known_at), subject, as_of=as_of)
        if subject.level == Level.NATION and Status.ACTIVE in self.statuses:
            # Most agreements are: asked one by one, a page and a count to a limit stop early.
            return Agreement.objects.filter(Exists(found.filter(agreement=OuterRef("pk"))))
        return Agreement.objects.filter(pk__in=found.values("agreement"))

    def reasons(self, change: Change) -> dict[Any, str]:
        return metric_reasons.reasons_of_agreements(change, said(change.known_at), self.statuses)


class _CountOfStatements(_OfStatements):
    unit = "agreements"

    def figures(self, facts: Facts) -> Iterable[Figure]:
        cells = (cell for cell in facts.once(cells_of_day) if cell.status in self.statuses)
        return _counts(_sums(cells, lambda cell: cell.n))


@register
class Listed(_CountOfStatements):
    key = "agreements.listed"
    name = "Listed agreements"
    words = (
        "Agreements that the newest list of participating agencies up to the day prints, less "
        "those that staff had entered as suspended or terminated by then."
    )
    formula = "agreements listed"
    source = "ICE's lists of participating agencies (docs/reconciliation.md)"
    gaps = ("agreements.suspensions",)


@register
class InForce(_CountOfStatements):
    key = "agreements.in_force"
    name = "Agreements in force"
    words = "Listed agreements, and those missing from the last lists whose end is not yet believed."
    formula = "agreements listed + agreements missing"
    source = "ICE's lists; missing until absent from 3 lists and 7 days (docs/reconciliation.md)"
    statuses = IN_FORCE
    gaps = ("agreements.suspensions", "agreements.vanished")


@register
class Pending(_CountOfStatements):
    key = "agreements.pending"
    name = "Pending agreements"
    words = (
        "Agreements that the newest list of pending agencies up to the day prints and no list had "
        "printed as participating."
    )
    formula = "agreements pending"
    source = "ICE's lists of pending agencies (docs/reconciliation.md)"
    statuses = (Status.PENDING,)


@register
class PendingDays(_OfStatements):
    key = "agreements.pending_days_median"
    name = "Days pending, median"
    words = (
        "Of the agreements pending on the day, the median number of calendar days since a list "
        "first printed them."
    )
    formula = "median(day − first pending list)"
    unit = "calendar days"
    source = "ICE's lists of pending agencies (docs/reconciliation.md)"
    statuses = (Status.PENDING,)
    gaps = ("agreements.requests",)
    decimals = 1
    kind = Kind.STATISTIC

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        found = in_subject(self.statements(as_of=as_of, known_at=known_at), subject, as_of=as_of)
        return {
            pk: Decimal((as_of - begins).days) for pk, begins in found.values_list("agreement", "begins_on")
        }

    def figures(self, facts: Facts) -> Iterable[Figure]:
        days: dict[Subject, list[int]] = defaultdict(list)
        days[Subject(Level.NATION)] = []
        for state, office, model, waited in facts.once(_pending_of_day):
            for subject in _subjects(state, office, model):
                days[subject].append(waited)
        for subject, waits in sorted(days.items()):
            if waits:
                yield Figure(subject, Decimal(str(median(waits))), n=len(waits))
            else:
                yield Figure(subject, None, reason="nothing pending")


@register
class AgenciesListed(_OfStatements):
    key = "agreements.agencies_listed"
    name = "Agencies with a listed agreement"
    words = (
        "Law enforcement agencies that hold at least one listed agreement. An agency with several "
        "counts once."
    )
    formula = "distinct agencies of listed agreements"
    unit = "agencies"
    source = "ICE's lists of participating agencies (docs/reconciliation.md)"
    levels = (Level.NATION, Level.OFFICE, Level.STATE)
    gaps = ("agreements.suspensions",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        sums: dict[Subject, int] = defaultdict(int, {Subject(Level.NATION): 0})
        for state, office, n in facts.once(agencies_of_day):
            for subject in _subjects(state, office):
                sums[subject] += n
        return _counts(sums)

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        found = in_subject(self.statements(as_of=as_of, known_at=known_at), subject, as_of=as_of)
        return Agency.objects.filter(pk__in=found.values("agreement__agency"))

    def reasons(self, change: Change) -> dict[Any, str]:
        return metric_reasons.reasons_of_agencies(change, said(change.known_at), self.statuses)


@register
class MoaMissing(_OfStatements):
    key = "agreements.moa_missing_share"
    name = "Listed agreements without an MOA document"
    version = 2  # 1 counted documents by the links of today, on past days too
    words = "Share of listed agreements for which no list up to the day has linked a memorandum of agreement."
    formula = "listed agreements without a link / listed agreements"
    unit = "share (0-1)"
    source = "MOA column of ICE's lists"
    decimals = 3
    kind = Kind.RATIO

    def figures(self, facts: Facts) -> Iterable[Figure]:
        cells = [cell for cell in facts.once(cells_of_day) if cell.status in self.statuses]
        whole, part = _sums(cells, lambda cell: cell.n), _sums(cells, lambda cell: cell.unlinked)
        for subject, n in sorted(whole.items()):
            value = quotient(part[subject], n)
            reason = "" if n else "nothing listed"
            yield Figure(subject, value, Decimal(part[subject]), Decimal(n), part[subject], reason)

    def statements(self, *, as_of: date, known_at: datetime | None) -> QuerySet[AgreementStatus]:
        return super().statements(as_of=as_of, known_at=known_at).filter(_unlinked(as_of))

    def reasons(self, change: Change) -> dict[Any, str]:
        if change.part == Part.NUMERATOR:
            return metric_reasons.reasons_of_links(change, said(change.known_at), self.statuses)
        return super().reasons(change)

    def part_rows(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Part, QuerySet[Any]]:
        whole = in_subject(super().statements(as_of=as_of, known_at=known_at), subject, as_of=as_of)
        return {
            Part.NUMERATOR: self.rows(as_of=as_of, subject=subject, known_at=known_at),
            Part.DENOMINATOR: Agreement.objects.filter(pk__in=whole.values("agreement")),
        }


class _Events(Metric):
    """A count of first listings or ends within the 30 days up to and with the day."""

    unit = "agreements in 30 days"
    statuses: tuple[str, ...]
    level_gaps = AREA_GAPS

    def figures(self, facts: Facts) -> Iterable[Figure]:
        cells = (cell for cell in facts.once(_events_of_window) if cell.status in self.statuses)
        return _counts(_sums(cells, lambda cell: cell.n))

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Agreement]:
        found = _happened(as_of, known_at, self.statuses)
        found = in_subject(found, subject, as_of=as_of)
        return Agreement.objects.filter(pk__in=found.values("agreement"))

    def reasons(self, change: Change) -> dict[Any, str]:
        return metric_reasons.reasons_of_window(change, said(change.known_at), self.statuses)


@register
class Additions(_Events):
    key = "agreements.additions_30d"
    name = "Additions in 30 days"
    words = (
        "Agreements first listed in the 30 days up to and with the day. An agreement that comes "
        "back is no addition."
    )
    formula = "agreements first listed in (day − 30, day]"
    source = "ICE's lists of participating agencies (docs/reconciliation.md)"
    statuses = (Status.ACTIVE,)


@register
class Exits(_Events):
    key = "agreements.exits_30d"
    name = "Exits in 30 days"
    words = (
        "Agreements removed or superseded in the 30 days up to and with the day, dated by the "
        "first list without them."
    )
    formula = "agreements removed or superseded in (day − 30, day]"
    source = "ICE's lists; back-dated once the end is believed (docs/reconciliation.md)"
    statuses = (Status.REMOVED, Status.SUPERSEDED)
    gaps = ("agreements.suspensions", "agreements.vanished")
