"""What is open on a day, on hold, past its target, how old; what was completed of late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from itinstall.choices import EntryKind, RequestState
from itinstall.facts import completed_since, subjects_of
from itinstall.measures import median
from itinstall.metrics.common import NO_CLOCK, OIG, PLACES, OfRequests, counts, day_facts, open_requests
from itinstall.metrics.reasons import AREA_CHANGED, SUBMITTED, Standing, ended_words
from itinstall.models import Hold
from oversight.metrics.base import NATION, Change, Facts, Figure, Kind, Subject
from oversight.metrics.choices import Level
from oversight.metrics.registry import register

__all__ = ["MONTH_DAYS"]

MONTH_DAYS = 30
NONE_OPEN = "none open"


class _OfOpen(OfRequests):
    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        return open_requests(as_of, known_at)

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        return SUBMITTED if before is None else AREA_CHANGED

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        return ended_words(after) or AREA_CHANGED


@register
class Open(_OfOpen):
    key = "itinstall.open"
    name = "Open installation requests"
    words = (
        "Requests to equip a site that were submitted and neither completed nor cancelled by the day's end."
    )
    formula = "requests open"
    unit = "requests"
    source = f"{OIG}: headquarters asks OCIO for each location; where each one is was not followed"
    levels = (*PLACES, Level.STAGE)
    level_gaps = {**OfRequests.level_gaps, Level.STAGE: ("it.stages",)}

    def figures(self, facts: Facts) -> Iterable[Figure]:
        day = day_facts(facts)
        yield from counts(day.open_cases)
        in_stage: dict[str, int] = defaultdict(int)
        for visits in day.visits:
            if visits.is_open:
                in_stage[visits.stage] += visits.n
        for stage, n in sorted(in_stage.items()):
            yield Figure(Subject(Level.STAGE, stage), Decimal(n), Decimal(n), n=n)

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        if before is not None and change.subject.level == Level.STAGE:
            return f"moved in from {before.stage_name}"
        return super().entered(before, after, change)

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        if after is not None and not after.ended and change.subject.level == Level.STAGE:
            return f"moved on to {after.stage_name}"
        return super().left(before, after, change)


@register
class OnHold(_OfOpen):
    key = "itinstall.on_hold"
    name = "Requests on hold"
    words = "Open requests on which work is stopped at the day's end, for a reason that is entered."
    formula = "requests open and on hold"
    unit = "requests"
    source = f"{OIG}: long steps, too few IT staff, other programs' requests put first"
    gaps = ("it.pauses",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        return counts(case for case in day_facts(facts).open_cases if case.hold_owner)

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        held = Hold.objects.known_at(known_at).filter(request=OuterRef("pk"), begins_on__lte=as_of)
        return super().counted(as_of, known_at, subject).filter(Exists(held.exclude(ends_on__lte=as_of)))

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        if before is not None and before.hold:
            return AREA_CHANGED
        return f"put on hold: {after.hold}"

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        if after is not None and after.hold:
            return AREA_CHANGED
        return ended_words(after) or "hold ended"


@register
class OpenPastTarget(_OfOpen):
    key = "itinstall.open_past_target"
    name = "Open requests past their target"
    words = (
        "Open requests that have taken more days than the policy they were submitted under allows, counted "
        "as it says. Requests without a clock (no agreement that needs equipment, or no signing date) are "
        "left out."
    )
    formula = "requests open with more counted days than the target"
    unit = "requests"
    source = f"{OIG}: 180 days from the MOA's signature"
    gaps = ("it.pauses",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        late: dict[Subject, int] = defaultdict(int, {NATION: 0})
        clocks: dict[Subject, int] = defaultdict(int)
        n_open: dict[Subject, int] = defaultdict(int)
        for case in day_facts(facts).open_cases:
            for subject in subjects_of(case):
                n_open[subject] += 1
                clocks[subject] += case.elapsed is not None
                late[subject] += case.is_late
        for subject, n in sorted(late.items()):
            if n_open[subject] and not clocks[subject]:
                yield Figure(subject, None, reason=NO_CLOCK)
            else:
                yield Figure(subject, Decimal(n), Decimal(n), n=n)

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        rows = super().counted(as_of, known_at, subject)
        return rows.filter(elapsed__gt=F("policy__target_days") + F("stopped"))

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        return "submitted, past the target" if before is None else "passed the target"

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        return ended_words(after) or AREA_CHANGED


class _Age(_OfOpen):
    """A statistic of the calendar days since the clock of open requests started."""

    unit = "calendar days"
    kind = Kind.STATISTIC
    source = f"{OIG}: the clock starts with the MOA's signature"

    def of(self, days: Sequence[int]) -> Decimal | None:
        raise NotImplementedError

    def figures(self, facts: Facts) -> Iterable[Figure]:
        days: dict[Subject, list[int]] = defaultdict(list, {NATION: []})
        any_open = False
        for case in day_facts(facts).open_cases:
            any_open = True
            for subject in subjects_of(case):
                ages = days[subject]
                if case.elapsed is not None:
                    ages.append(case.elapsed)
        for subject, ages in sorted(days.items()):
            if ages:
                yield Figure(subject, self.of(ages), n=len(ages))
            else:
                yield Figure(subject, None, reason=NO_CLOCK if any_open else NONE_OPEN)

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        return super().counted(as_of, known_at, subject).filter(elapsed__isnull=False)

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        if before is not None and before.elapsed is None:
            return "clock started"
        return super().entered(before, after, change)

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        rows = self.rows(as_of=as_of, subject=subject, known_at=known_at).order_by()
        return {pk: Decimal(days) for pk, days in rows.values_list("pk", "elapsed")}


@register
class OpenAgeMedian(_Age):
    key = "itinstall.open_age_median"
    name = "Age of open requests, median"
    words = "Of the open requests, the median number of calendar days since their clock started."
    formula = "median(day − start of the clock)"
    decimals = 1

    def of(self, days: Sequence[int]) -> Decimal | None:
        return median(days)


@register
class OpenAgeOldest(_Age):
    key = "itinstall.open_age_oldest"
    name = "Age of open requests, oldest"
    words = "Calendar days since the earliest clock of an open request started."
    formula = "maximum of (day − start of the clock)"

    def of(self, days: Sequence[int]) -> Decimal | None:
        return Decimal(max(days))


@register
class Completed(OfRequests):
    key = "itinstall.completed_30d"
    name = "Installations completed in 30 days"
    words = "Requests completed in the 30 days up to and with the day, also those without a clock."
    formula = "requests completed"
    unit = "requests in 30 days"
    source = f"{OIG}: one OCIO installer for all locations"
    gaps = ("it.installers",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        since = facts.as_of.toordinal() - MONTH_DAYS
        return counts(
            case
            for case in day_facts(facts).cases
            if case.state == RequestState.COMPLETED and case.closed is not None and case.closed > since
        )

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        return completed_since(as_of, known_at, MONTH_DAYS)

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        if before is not None and before.ended == EntryKind.COMPLETED:
            return AREA_CHANGED
        return "completed"

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        since = change.last.toordinal() - MONTH_DAYS
        return "more than 30 days ago now" if (before.closed or 0) <= since else AREA_CHANGED
