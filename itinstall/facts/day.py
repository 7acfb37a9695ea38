"""A day's facts put together by subject, once for all figures of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from itinstall.choices import RequestState
from itinstall.facts.business import BusinessDays, business_days_of_day
from itinstall.facts.cases import Case, cases_of_day
from itinstall.facts.columns import LOOK_BACK_DAYS
from itinstall.facts.stages import StageSum, StageVisits, stage_sums, stage_visits
from oversight.metrics.base import NATION, Subject
from oversight.metrics.choices import Level
from oversight.periods.fiscal import FIRST_YEAR, FiscalYear

__all__ = ["CURVE_DAYS", "Day", "Durations", "Lasting", "day_of", "durations_of", "subjects_of"]

CURVE_DAYS = 1095  # the Kaplan-Meier curve is of clocks that started so many days back, the day included


@dataclass(slots=True)
class Durations:
    """Completed installations of one subject: days from the start of the clock. `n_without`: those that had
    no clock. `business` leaves out those for which federal holidays are not known."""

    elapsed: list[int] = field(default_factory=list)
    net: list[int] = field(default_factory=list)
    business: list[int] = field(default_factory=list)
    n_late: int = 0
    n_without: int = 0

    def add(self, case: Case, calendar: BusinessDays) -> None:
        """Count a completed installation in."""
        if case.elapsed is None or case.clock is None or case.closed is None:
            self.n_without += 1
            return
        self.elapsed.append(case.elapsed)
        self.net.append(case.elapsed - case.paused)
        self.n_late += case.elapsed - case.stopped > case.target_days
        business = calendar.between(case.clock, case.closed)
        if business is not None:
            self.business.append(business)


@dataclass(slots=True)
class Lasting:
    """Clocks of one subject: days of completed installations, and of those that last longer than that."""

    complete: list[int] = field(default_factory=list)
    censored: list[int] = field(default_factory=list)


def subjects_of(case: Case) -> Iterator[Subject]:
    """The nation, its field office, its model."""
    yield NATION
    yield Subject(Level.OFFICE, case.office)
    if case.model:
        yield Subject(Level.MODEL, case.model)


class Day:
    """What figures of installations read of a day. Each part is read when it is first asked for."""

    def __init__(self, as_of: date, known_at: datetime | None = None) -> None:
        self.as_of, self.known_at = as_of, known_at

    @cached_property
    def cases(self) -> list[Case]:
        return cases_of_day(self.as_of, self.known_at)

    @cached_property
    def open_cases(self) -> list[Case]:
        return [case for case in self.cases if case.closed is None]

    @cached_property
    def business(self) -> BusinessDays:
        return business_days_of_day(self.as_of)

    @cached_property
    def visits(self) -> list[StageVisits]:
        return stage_visits(self.as_of, self.known_at)

    @cached_property
    def sums(self) -> list[StageSum]:
        """Of `recent`."""
        return stage_sums(self.recent, self.as_of, self.known_at)

    @cached_property
    def recent(self) -> list[Case]:
        """Completed in the 365 days up to and with the day."""
        since = self.as_of.toordinal() - LOOK_BACK_DAYS
        return [
            case
            for case in self.cases
            if case.state == RequestState.COMPLETED and case.closed is not None and case.closed > since
        ]

    @cached_property
    def durations(self) -> dict[Subject, Durations]:
        """Completed in the 365 days up to and with the day: nation, offices, models. Completed in a fiscal
        year up to and with the day: fiscal years."""
        return durations_of(self.cases, self.as_of, self.business)

    @cached_property
    def lasting(self) -> dict[Subject, Lasting]:
        """Clocks that started in the 1,095 days up to and with the day."""
        since = self.as_of.toordinal() - CURVE_DAYS
        found: dict[Subject, Lasting] = defaultdict(Lasting, {NATION: Lasting()})
        for case in self.cases:
            if case.elapsed is None or case.clock is None or case.clock <= since:
                continue
            is_complete = case.state == RequestState.COMPLETED
            for subject in subjects_of(case):
                lasting = found[subject]
                (lasting.complete if is_complete else lasting.censored).append(case.elapsed)
        return found


def durations_of(cases: list[Case], as_of: date, calendar: BusinessDays) -> dict[Subject, Durations]:
    """See `Day.durations`."""
    since = as_of.toordinal() - LOOK_BACK_DAYS
    found: dict[Subject, Durations] = defaultdict(Durations, {NATION: Durations()})
    years: dict[int, Subject | None] = {}
    for case in cases:
        if case.closed is None or case.state != RequestState.COMPLETED:
            continue
        if case.closed not in years:
            years[case.closed] = _year_of(date.fromordinal(case.closed))
        if year := years[case.closed]:
            found[year].add(case, calendar)
        if case.closed > since:
            for subject in subjects_of(case):
                found[subject].add(case, calendar)
    return found


def _year_of(day: date) -> Subject | None:
    """None for a day so long ago that it can only be a slip."""
    return Subject(Level.YEAR, str(FiscalYear.of(day).year)) if day.year >= FIRST_YEAR else None


def day_of(as_of: date, known_at: datetime | None = None) -> Day:
    """For `Facts.once`."""
    return Day(as_of, known_at)
