"""How long completed installations took, from the start of their clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from itinstall.choices import EntryKind
from itinstall.facts import LOOK_BACK_DAYS, Durations, completed_since, requests_of_day
from itinstall.measures import mean, median, p90
from itinstall.metrics.common import OIG, PLACES, OfRequests, day_facts
from itinstall.metrics.reasons import AREA_CHANGED, Standing
from oversight.metrics.base import NATION, Change, Facts, Figure, Kind, Subject, quotient
from oversight.metrics.choices import Level, Part
from oversight.metrics.registry import register
from oversight.periods.calendars import federal_calendar

__all__ = ["NONE_COMPLETED"]

NONE_COMPLETED = "none completed in 365 days"
NO_CLOCK_RAN = "no clock ran"
NO_HOLIDAYS = "federal holidays are not known"
WINDOW = (
    "Of installations completed in the 365 days up to and with the day; of a fiscal year: in it, up to the "
    "day."
)
PUBLISHED = (
    f"{OIG}: target 180 days from the MOA's signature; about half of FY 2017's took over 200 (MeriTalk, "
    "secondary)"
)


class _OfCompleted(OfRequests):
    """A figure of completed installations whose clock ran."""

    levels = (*PLACES, Level.YEAR)
    source = PUBLISHED
    gaps = ("it.pauses",)

    def figure(self, subject: Subject, found: Durations) -> Figure:
        raise NotImplementedError

    def figures(self, facts: Facts) -> Iterable[Figure]:
        for subject, found in sorted(day_facts(facts).durations.items()):
            if found.elapsed:
                yield self.figure(subject, found)
            elif found.n_without or subject == NATION:
                yield Figure(subject, None, reason=NO_CLOCK_RAN if found.n_without else NONE_COMPLETED)

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        if subject.level == Level.YEAR:
            rows = requests_of_day(as_of, known_at).filter(ended=EntryKind.COMPLETED)
        else:
            rows = completed_since(as_of, known_at)
        return rows.filter(elapsed__isnull=False)

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        if before is not None and before.ended == EntryKind.COMPLETED:
            return AREA_CHANGED
        return "completed"

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        since = change.last.toordinal() - LOOK_BACK_DAYS
        return "completed more than 365 days ago now" if (before.closed or 0) <= since else AREA_CHANGED


class _Days(_OfCompleted):
    """A statistic of the days that each took."""

    unit = "calendar days"
    kind = Kind.STATISTIC

    def days(self, found: Durations) -> Sequence[int]:
        """What the statistic is of."""
        return found.elapsed

    def of(self, days: Sequence[int]) -> Decimal | None:
        return median(days)

    def figure(self, subject: Subject, found: Durations) -> Figure:
        days = self.days(found)
        return Figure(subject, self.of(days), n=len(days), reason="" if days else NO_HOLIDAYS)

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        rows = self.rows(as_of=as_of, subject=subject, known_at=known_at).order_by()
        return {pk: Decimal(days) for pk, days in rows.values_list("pk", self._amount())}

    def _amount(self) -> Any:
        return F("elapsed")


@register
class DaysMedian(_Days):
    key = "itinstall.days_median"
    name = "Days to installation, median"
    words = f"Calendar days from the start of the clock to completion: half took so many or fewer. {WINDOW}"
    formula = "median(completion − start of the clock)"
    decimals = 1


@register
class DaysMean(_Days):
    key = "itinstall.days_mean"
    name = "Days to installation, mean"
    words = f"Calendar days from the start of the clock to completion, on average. {WINDOW}"
    formula = "sum of (completion − start of the clock) / installations"
    decimals = 1

    def of(self, days: Sequence[int]) -> Decimal | None:
        return mean(days)


@register
class DaysP90(_Days):
    key = "itinstall.days_p90"
    name = "Days to installation, 90th percentile"
    words = (
        "Calendar days from the start of the clock to completion: nine in ten took so many or fewer. "
        f"{WINDOW}"
    )
    formula = "nearest-rank 90th percentile of (completion − start of the clock)"

    def of(self, days: Sequence[int]) -> Decimal | None:
        return p90(days)


@register
class BusinessDaysMedian(_Days):
    key = "itinstall.business_days_median"
    name = "Business days to installation, median"
    words = (
        "Business days of the federal calendar from the start of the clock up to the day of completion, "
        f"median. {WINDOW}"
    )
    formula = "median(business days from the start of the clock to completion)"
    unit = "business days"
    decimals = 1

    def days(self, found: Durations) -> Sequence[int]:
        return found.business

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        calendar = federal_calendar()
        rows = self.rows(as_of=as_of, subject=subject, known_at=known_at).order_by()
        found = {}
        for pk, clock, closed in rows.values_list("pk", "clock", "closed"):
            start, end = date.fromordinal(clock), date.fromordinal(closed)
            if calendar.known and start >= calendar.known.start and end <= calendar.known.end:
                found[pk] = Decimal(calendar.business_days(start, end))
        return found


@register
class NetDaysMedian(_Days):
    key = "itinstall.net_days_median"
    name = "Days to installation without pauses, median"
    words = (
        "Calendar days from the start of the clock to completion less those on hold, for whatever reason, "
        f"median. No published rule says that a pause stops the clock; see the figure with them. {WINDOW}"
    )
    formula = "median(completion − start of the clock − days on hold)"
    decimals = 1

    def days(self, found: Durations) -> Sequence[int]:
        return found.net

    def _amount(self) -> Any:
        return F("elapsed") - F("paused")


@register
class OverTargetShare(_OfCompleted):
    key = "itinstall.over_target_share"
    name = "Installations over target"
    words = (
        "Share of completed installations that took more days than the policy they were submitted under "
        f"allows, counted as it says. {WINDOW}"
    )
    formula = "installations over target / installations completed with a clock"
    unit = "share (0-1)"
    decimals = 3
    kind = Kind.RATIO

    def figure(self, subject: Subject, found: Durations) -> Figure:
        late, n = found.n_late, len(found.elapsed)
        return Figure(subject, quotient(late, n), Decimal(late), Decimal(n), late)

    def part_rows(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Part, QuerySet[Any]]:
        whole = super().rows(as_of=as_of, subject=subject, known_at=known_at)
        return {
            Part.NUMERATOR: self.rows(as_of=as_of, subject=subject, known_at=known_at),
            Part.DENOMINATOR: whole,
        }

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        whole = super().rows(as_of=as_of, subject=subject, known_at=known_at)
        return whole.filter(elapsed__gt=F("policy__target_days") + F("stopped"))

    def reasons(self, change: Change) -> dict[Any, str]:
        found = super().reasons(change)
        if change.part != Part.NUMERATOR:
            return found
        return {pk: "completed late" if words == "completed" else words for pk, words in found.items()}
