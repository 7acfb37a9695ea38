"""In which stages the time goes, and which of them late installations spent longer in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet

from itinstall.facts import (
    LOOK_BACK_DAYS,
    Day,
    StageSum,
    StageVisits,
    completed_since,
    visits_of,
    visits_with_days,
    with_days_in_stage,
)
from itinstall.measures import median, p90, spread
from itinstall.metrics.common import OIG, OfRequests, day_facts
from itinstall.metrics.durations import NO_CLOCK_RAN, NONE_COMPLETED
from itinstall.metrics.reasons import Standing
from itinstall.models import StageTransition
from itinstall.tables.behind import DaysThereTable, VisitTable, with_names, with_request_names
from oversight.metrics.base import NATION, Change, Facts, Figure, Kind, Subject, quotient
from oversight.metrics.choices import Level
from oversight.metrics.registry import register
from oversight.metrics.rows import RowTable

__all__ = ["Bottleneck", "bottleneck_of"]

LEVELS = (Level.NATION, Level.STAGE)
NONE_LEFT = "no stage left in 365 days"
STEPS = f"{OIG}: long steps; four steps, names not recoverable"


class _StageDays(OfRequests):
    """A statistic of visits: how long requests were in a stage that they left."""

    unit = "calendar days"
    levels = LEVELS
    level_gaps = {}
    kind = Kind.STATISTIC
    source = STEPS
    gaps = ("it.stages",)
    decimals = 1

    def of(self, days: Sequence[int]) -> Decimal | None:
        raise NotImplementedError

    def figures(self, facts: Facts) -> Iterable[Figure]:
        by_subject: dict[Subject, list[StageVisits]] = defaultdict(list, {NATION: []})
        for visits in day_facts(facts).visits:
            if not visits.is_open:
                by_subject[NATION].append(visits)
                by_subject[Subject(Level.STAGE, visits.stage)].append(visits)
        for subject, found in sorted(by_subject.items()):
            days = spread((visits.days, visits.n) for visits in found)
            yield Figure(subject, self.of(days), n=len(days), reason="" if days else NONE_LEFT)

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        """The steps that began the visits: a request that went back stands there each time."""
        # The stage outside: inside it would take the steps away that a visit ends with.
        visits = StageTransition.objects.filter(pk__in=_left_visits(as_of, known_at).values("pk"))
        visits = visits.filter(stage__isnull=False)
        return visits.filter(stage=subject.key) if subject.level == Level.STAGE else visits

    def row_table(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> RowTable:
        def prepare(rows: QuerySet[Any]) -> QuerySet[Any]:
            return with_request_names(visits_with_days(rows, as_of=as_of, known_at=known_at))

        return RowTable("Times in a stage", VisitTable, prepare, ("on", "pk"), _visit_words)

    def reasons(self, change: Change) -> dict[Any, str]:
        entered = dict.fromkeys(change.entered, "left the stage")
        return entered | dict.fromkeys(change.left, "left it more than 365 days ago now")

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        rows = _left_visits(as_of, known_at).values_list("pk", "stage_id", "begins", "ends")
        return {
            pk: Decimal(ends - begins)
            for pk, stage, begins, ends in rows
            if stage and subject.key in ("", stage)
        }


def _visit_words(visit: Any) -> str:
    """Example: "ITR-7K3Q9XZP, ISA from 2026-01-12"."""
    return f"{visit.request.ref}, {visit.stage} from {visit.on}"


def _left_visits(as_of: date, known_at: datetime | None) -> QuerySet[Any]:
    """Visits that ended in the 365 days up to `as_of`; `visits_of`."""
    since = as_of - timedelta(days=LOOK_BACK_DAYS)
    rows = visits_of(as_of, known_at)
    if known_at is None:  # others had ended before
        rows = rows.exclude(request__closed_on__lte=since)
    return rows.filter(ends__gt=since.toordinal())


@register
class StageDaysMedian(_StageDays):
    key = "itinstall.stage_days_median"
    name = "Days in a stage, median"
    words = (
        "Calendar days that requests spent in a stage, median, of those that left it in the 365 days up to "
        "and with the day. A request that goes back is counted each time; one that passes a stage within a "
        "day counts 0 days. Nation: all stages together."
    )
    formula = "median(next step − stage begun)"

    def of(self, days: Sequence[int]) -> Decimal | None:
        return median(days)


@register
class StageDaysP90(_StageDays):
    key = "itinstall.stage_days_p90"
    name = "Days in a stage, 90th percentile"
    words = (
        "Nine in ten requests that left the stage in the 365 days up to and with the day had spent so many "
        "calendar days in it or fewer. Nation: all stages together."
    )
    formula = "nearest-rank 90th percentile of (next step − stage begun)"
    decimals = 0

    def of(self, days: Sequence[int]) -> Decimal | None:
        return p90(days)


class Bottleneck(NamedTuple):
    """Mean days in a stage: of late installations, of those on time, and what is between the two."""

    stage: str
    late: Decimal
    on_time: Decimal
    difference: Decimal


def bottleneck_of(sums: Iterable[StageSum], n_late: int, n_on_time: int) -> list[Bottleneck]:
    """By stage, as they come; empty unless there are late installations and others.

    `sums` over the same installations. The differences add up to that of the mean days of the two groups.
    """
    if not n_late or not n_on_time:
        return []
    days: dict[str, list[int]] = {}
    for found in sums:
        days.setdefault(found.stage, [0, 0])[found.is_late] += found.days
    lines = []
    for stage, (on_time, late) in days.items():
        parts = (quotient(late, n_late) or Decimal(0), quotient(on_time, n_on_time) or Decimal(0))
        whole = quotient(late * n_on_time - on_time * n_late, n_late * n_on_time) or Decimal(0)
        lines.append(Bottleneck(stage, *parts, whole))
    return lines


@register
class BottleneckDays(OfRequests):
    key = "itinstall.bottleneck_days"
    name = "Days that late installations spent longer in a stage"
    words = (
        "Mean calendar days in a stage of installations over their target, less the mean of those on time; "
        "both completed in the 365 days up to and with the day. With the days between the start of the "
        "clock and the request the stages add up to the nation's figure: the whole difference."
    )
    formula = "mean days of late installations − mean days of those on time"
    unit = "calendar days"
    levels = LEVELS
    level_gaps = {}
    decimals = 1
    kind = Kind.STATISTIC
    source = STEPS
    gaps = ("it.stages", "it.pauses")

    def figures(self, facts: Facts) -> Iterator[Figure]:
        day = day_facts(facts)
        n = sum(case.elapsed is not None for case in day.recent)
        n_late = sum(case.is_late for case in day.recent)
        lines = {line.stage: line for line in bottleneck_of(day.sums, n_late, n - n_late)}
        reason = _missing(len(day.recent), n, n_late)
        stages = sorted({item.stage for item in day.sums})
        whole = None if reason else _whole(day, n_late, n - n_late)
        yield Figure(NATION, whole, n=n, reason=reason)
        for stage in stages:
            value = lines[stage].difference if stage in lines else None
            yield Figure(Subject(Level.STAGE, stage), value, n=n, reason=reason)

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        return completed_since(as_of, known_at).filter(elapsed__isnull=False)

    def row_table(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> RowTable | None:
        if subject.level != Level.STAGE:
            return None

        def prepare(rows: QuerySet[Any]) -> QuerySet[Any]:
            of_day = completed_since(as_of, known_at).filter(pk__in=rows.values("pk"))
            return with_names(with_days_in_stage(of_day, subject.key, as_of=as_of, known_at=known_at))

        return RowTable("Installations", DaysThereTable, prepare, ("closed_on", "pk"))

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        return "completed"

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        return "completed more than 365 days ago now"


def _missing(n_completed: int, n: int, n_late: int) -> str:
    """Why there is no difference; "" where there is one. `n`: completed ones whose clock ran."""
    if not n:
        return NO_CLOCK_RAN if n_completed else NONE_COMPLETED
    if not n_late:
        return "none was over its target"
    return "none was on time" if n_late == n else ""


def _whole(day: Day, n_late: int, n_on_time: int) -> Decimal | None:
    """Mean days of late installations less the mean of those on time."""
    late = on_time = 0
    for found in day.sums:
        late += found.days if found.is_late else 0
        on_time += 0 if found.is_late else found.days
    return quotient(late * n_on_time - on_time * n_late, n_late * n_on_time)
