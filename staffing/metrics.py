"""First metrics of staffing: how many agencies and agreements a program manager answers for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from agreements.choices import LISTED
from agreements.metric_reasons import AREA_CHANGED, lives, reasons_of_agencies, reasons_of_agreements
from agreements.metric_subjects import AREA_GAPS
from agreements.metrics import (
    OFFICE_UNKNOWN,
    agencies_of_day,
    cells_of_day,
    in_subject,
    said,
    statements_on,
    with_office,
)
from agreements.models import Agency
from oversight.metrics.base import Change, Facts, Figure, Kind, Metric, Subject, quotient
from oversight.metrics.choices import Level, Part
from oversight.metrics.registry import register
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager

__all__ = ["percentile"]

NATION = Subject(Level.NATION)
NO_PM = "no PM"
LEVELS = (Level.NATION, Level.OFFICE)


def _managers_of_day(as_of: date, known_at: datetime | None) -> list[tuple[int, str]]:
    """(id, office) of every program manager on board. One statement."""
    found = ProgramManager.objects.known_on(as_of, known_at=known_at)
    return list(found.values_list("pk", "office_id"))


def _primaries(as_of: date, known_at: datetime | None) -> QuerySet[Assignment]:
    """The primary assignments of the day."""
    return Assignment.objects.known_on(as_of, known_at=known_at).filter(role=AssignmentRole.PRIMARY)


def _primaries_of_day(as_of: date, known_at: datetime | None) -> list[tuple[str, int | None, int]]:
    """(office of agencies, their primary program manager or None, how many are listed). One statement."""
    listed = statements_on(as_of=as_of, known_at=known_at).filter(status__in=LISTED)
    agencies = Agency.objects.filter(pk__in=listed.values("agreement__agency"))
    rows = with_office(agencies, as_of=as_of, path="offices").order_by()
    if known_at is None:
        valid = Q(assignments__valid_to__isnull=True) | Q(assignments__valid_to__gt=as_of)
        valid &= Q(assignments__valid_from__lte=as_of, assignments__role=AssignmentRole.PRIMARY)
        rows = rows.annotate(held=FilteredRelation("assignments", condition=valid))
        fields = ("office", "held__program_manager")
    else:  # a join cannot ask the trail
        primary = _primaries(as_of, known_at).filter(agency=OuterRef("pk")).order_by()
        rows = rows.annotate(held_by=Subquery(primary.values("program_manager")[:1]))
        fields = ("office", "held_by")
    counted = rows.values_list(*fields).annotate(n=Count("pk"))
    return [(office or OFFICE_UNKNOWN, manager, n) for office, manager, n in counted]


def _spans_by_manager(facts: Facts) -> list[tuple[int, str, int]]:
    """(id, office, listed agencies as primary) of every program manager on board."""
    counted: dict[int | None, int] = defaultdict(int)
    for _, manager, n in facts.once(_primaries_of_day):
        counted[manager] += n
    return [(pk, office, counted.get(pk, 0)) for pk, office in facts.once(_managers_of_day)]


def _unassigned(as_of: date, known_at: datetime | None) -> QuerySet[Any]:
    """Listed statements of agencies without a primary program manager on the day."""
    primary = _primaries(as_of, known_at).filter(agency=OuterRef("agreement__agency"))
    listed = statements_on(as_of=as_of, known_at=known_at).filter(status__in=LISTED)
    return listed.exclude(Exists(primary))


def _unassigned_by_office(facts: Facts) -> dict[str, int]:
    """Agencies without a primary program manager by office."""
    without: dict[str, int] = defaultdict(int)
    for office, manager, n in facts.once(_primaries_of_day):
        if manager is None:
            without[office] += n
    return without


def percentile(values: list[int], share: float) -> Decimal:
    """Nearest rank: the smallest value that at least `share` (0-1) of the values do not exceed.

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("No values, no percentile.")
    ordered = sorted(values)
    rank = -(-share * len(ordered) // 1)
    return Decimal(ordered[max(0, int(rank) - 1)])


def _managers(as_of: date, subject: Subject, known_at: datetime | None) -> QuerySet[ProgramManager]:
    found = ProgramManager.objects.known_on(as_of, known_at=known_at)
    return found.filter(office=subject.key) if subject.level == Level.OFFICE else found


def _reasons_of_managers(change: Change) -> dict[Any, str]:
    return dict.fromkeys(change.entered, "came on board") | dict.fromkeys(change.left, "left")


class _PerManager(Metric):
    """Something listed, divided by the program managers on board, by office and nation."""

    levels = LEVELS
    level_gaps = AREA_GAPS
    decimals = 1
    kind = Kind.RATIO

    def part_rows(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Part, QuerySet[Any]]:
        return {
            Part.NUMERATOR: self.rows(as_of=as_of, subject=subject, known_at=known_at),
            Part.DENOMINATOR: _managers(as_of, subject, known_at),
        }

    def reasons(self, change: Change) -> dict[Any, str]:
        if change.part == Part.DENOMINATOR:
            return _reasons_of_managers(change)
        return self.reasons_above(change)

    def reasons_above(self, change: Change) -> dict[Any, str]:
        """For the records of the numerator."""
        return reasons_of_agencies(change, said(change.known_at), LISTED)

    def parts(self, facts: Facts) -> dict[str, int]:
        raise NotImplementedError

    def figures(self, facts: Facts) -> Iterable[Figure]:
        managers = Counter(office for _, office in facts.once(_managers_of_day))
        parts = self.parts(facts)
        for office in sorted({*managers, *parts}):
            yield self._figure(Subject(Level.OFFICE, office), parts.get(office, 0), managers.get(office, 0))
        yield self._figure(NATION, sum(parts.values()), sum(managers.values()))

    @staticmethod
    def _figure(subject: Subject, part: int, managers: int) -> Figure:
        reason = "" if managers else NO_PM
        return Figure(subject, quotient(part, managers), Decimal(part), Decimal(managers), part, reason)


@register
class AgenciesPerManager(_PerManager):
    key = "staffing.agencies_per_pm"
    name = "Agencies per program manager"
    words = (
        "Agencies with a listed agreement, divided by the program managers on board. An office "
        "without a program manager has no such figure."
    )
    formula = "agencies listed / program managers on board"
    unit = "agencies per PM"
    source = "OIG-18-77: 76 agencies, 20 program managers in March 2018; the mean hides hot spots"
    gaps = ("staffing.positions",)

    def parts(self, facts: Facts) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for _, office, n in facts.once(agencies_of_day):
            sums[office] += n
        return sums

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Agency]:
        listed = statements_on(as_of=as_of, known_at=known_at).filter(status__in=LISTED)
        found = in_subject(listed, subject, as_of=as_of)
        return Agency.objects.filter(pk__in=found.values("agreement__agency"))


@register
class AgreementsPerManager(_PerManager):
    key = "staffing.agreements_per_pm"
    name = "Agreements per program manager"
    words = "Listed agreements, divided by the program managers on board. No program manager: no figure."
    formula = "agreements listed / program managers on board"
    unit = "agreements per PM"
    source = "OIG-18-77: program managers have difficulty fulfilling their duties"
    gaps = ("staffing.positions",)

    def parts(self, facts: Facts) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for cell in facts.once(cells_of_day):
            if cell.status in LISTED:
                sums[cell.office] += cell.n
        return sums

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        from agreements.models import Agreement

        listed = statements_on(as_of=as_of, known_at=known_at).filter(status__in=LISTED)
        found = in_subject(listed, subject, as_of=as_of)
        return Agreement.objects.filter(pk__in=found.values("agreement"))

    def reasons_above(self, change: Change) -> dict[Any, str]:
        return reasons_of_agreements(change, said(change.known_at), LISTED)


@register
class AgenciesWithoutManager(Metric):
    key = "staffing.agencies_without_pm"
    name = "Agencies without a program manager"
    words = "Agencies with a listed agreement and no primary program manager assigned on the day."
    formula = "agencies listed without a primary assignment"
    unit = "agencies"
    source = "OIG-18-77: one accountable owner per duty"
    levels = LEVELS
    level_gaps = AREA_GAPS
    gaps = ("staffing.positions",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        without = _unassigned_by_office(facts)
        offices = {office for _, office, _ in facts.once(agencies_of_day)} | set(without)
        for office in sorted(offices):
            n = without.get(office, 0)
            yield Figure(Subject(Level.OFFICE, office), Decimal(n), Decimal(n), n=n)
        total = sum(without.values())
        yield Figure(NATION, Decimal(total), Decimal(total), n=total)

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Agency]:
        found = in_subject(_unassigned(as_of, known_at), subject, as_of=as_of)
        return Agency.objects.filter(pk__in=found.values("agreement__agency"))

    def reasons(self, change: Change) -> dict[Any, str]:
        return _reasons_of_unassigned(change)


def _reasons_of_unassigned(change: Change) -> dict[Any, str]:
    """Agencies listed on the other day too: the assignment or the office's area changed. Three queries."""
    held = lives(change, said(change.known_at), path="agreement__agency")

    def assigned(day: date) -> set[int]:
        primary = _primaries(day, change.known_at).filter(change.matching("agency"))
        return set(primary.values_list("agency", flat=True))

    before, after = assigned(change.first), assigned(change.last)
    reasons = {}
    for pk in change.entered | change.left:
        day = change.first if pk in change.entered else change.last
        listed = any(life.counts(day, LISTED) for life in held[pk])
        if not listed:
            reasons[pk] = "newly listed" if pk in change.entered else "no listed agreement left"
        elif pk in (before if pk in change.entered else after):
            reasons[pk] = "assignment ended" if pk in change.entered else "program manager assigned"
        else:
            reasons[pk] = AREA_CHANGED
    return reasons


class _Span(Metric):
    """A statistic of the agencies per program manager; those with none count as 0."""

    unit = "agencies"
    levels = LEVELS
    kind = Kind.STATISTIC
    source = "OIG-18-77: until January 2018 one program manager in Houston; the mean hides it"
    gaps = ("staffing.positions",)

    def of(self, spans: list[int]) -> Decimal:
        raise NotImplementedError

    def figures(self, facts: Facts) -> Iterable[Figure]:
        by_subject: dict[Subject, list[int]] = defaultdict(list)
        by_subject[NATION] = []
        for _, office, n in _spans_by_manager(facts):
            by_subject[NATION].append(n)
            by_subject[Subject(Level.OFFICE, office)].append(n)
        for subject, spans in sorted(by_subject.items()):
            if spans:
                yield Figure(subject, self.of(spans), n=len(spans))
            else:
                yield Figure(subject, None, reason=NO_PM)

    def rows(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> QuerySet[ProgramManager]:
        return _managers(as_of, subject, known_at)

    def reasons(self, change: Change) -> dict[Any, str]:
        return _reasons_of_managers(change)

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        spans = _spans_by_manager(Facts(as_of, known_at))
        return {pk: Decimal(n) for pk, office, n in spans if subject.key in {"", office}}


@register
class SpanMedian(_Span):
    key = "staffing.span_median"
    name = "Span of program managers, median"
    words = (
        "Half of the program managers on board are primary for so many agencies with a listed "
        "agreement or fewer."
    )
    formula = "nearest-rank median of agencies per program manager"

    def of(self, spans: list[int]) -> Decimal:
        return percentile(spans, 0.5)


@register
class SpanP90(_Span):
    key = "staffing.span_p90"
    name = "Span of program managers, 90th percentile"
    words = (
        "Nine in ten program managers on board are primary for so many agencies with a listed "
        "agreement or fewer."
    )
    formula = "nearest-rank 90th percentile of agencies per program manager"

    def of(self, spans: list[int]) -> Decimal:
        return percentile(spans, 0.9)


@register
class SpanMaximum(_Span):
    key = "staffing.span_max"
    name = "Span of program managers, maximum"
    words = "The most agencies with a listed agreement that one program manager on board is primary for."
    formula = "maximum of agencies per program manager"

    def of(self, spans: list[int]) -> Decimal:
        return Decimal(max(spans))
