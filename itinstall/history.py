"""A request's history as plain values: the steps and holds that stand, what holds on a day, how long it took.

Pure: no database, no clock. Pages, rules, metrics' tests and forecasts reason about requests with these.
Ranges of days are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from itinstall.choices import EntryKind
from oversight.periods.calendars import FederalCalendar

__all__ = ["Clocks", "Pause", "StageSpan", "Step", "Steps", "clocks_of", "paused_days"]


@dataclass(frozen=True, slots=True)
class Step:
    """One standing entry: `stage` and `place` of a stage begun, empty and 0 for an end."""

    sequence: int
    kind: str
    on: date
    stage: str = ""
    place: int = 0

    @property
    def is_end(self) -> bool:
        return self.kind != EntryKind.STAGE


@dataclass(frozen=True, slots=True)
class Pause:
    """A standing hold; `ends_on` None: still. `stops_clock`: the request's policy says that it pauses
    the clock."""

    begins_on: date
    ends_on: date | None
    why: str = ""
    stops_clock: bool = False


@dataclass(frozen=True, slots=True)
class StageSpan:
    """Days that a request spent in a stage at one go. `ends_on` None: it is there still."""

    stage: str
    begins_on: date
    ends_on: date | None

    def days(self, as_of: date) -> int:
        """Calendar days up to `as_of` (excluded); 0 for one that has not begun."""
        end = as_of if self.ends_on is None else min(self.ends_on, as_of)
        return max(0, (end - self.begins_on).days)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one request in order of their place."""

    steps: tuple[Step, ...]

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Steps:
        return cls(tuple(sorted(steps, key=lambda step: step.sequence)))

    def up_to(self, day: date) -> Steps:
        """What had happened when `day` ended."""
        return Steps(tuple(step for step in self.steps if step.on <= day))

    @property
    def submitted_on(self) -> date | None:
        return self.steps[0].on if self.steps else None

    @property
    def end(self) -> Step | None:
        return self.steps[-1] if self.steps and self.steps[-1].is_end else None

    @property
    def completed_on(self) -> date | None:
        end = self.end
        return end.on if end is not None and end.kind == EntryKind.COMPLETED else None

    @property
    def last_stage(self) -> Step | None:
        """The stage that it is in, or was in when it ended."""
        return next((step for step in reversed(self.steps) if not step.is_end), None)

    @property
    def spans(self) -> list[StageSpan]:
        """The stages one after the other; a stage that begins and ends on one day has no days."""
        last = self.steps[-1:]
        return [StageSpan(step.stage, step.on, follower.on) for step, follower in pairwise(self.steps)] + [
            StageSpan(step.stage, step.on, None) for step in last if not step.is_end
        ]


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long an installation has taken, or took. All in days up to `until` (excluded).

    `until`: the day of completion or cancellation, else the day asked about. `counted_days` are those
    that the policy holds against the target: the elapsed ones less the pauses that it lets stop the clock.
    Business days
    are None where federal holidays are not known. Everything is None when the clock's start is not known.
    """

    clock_on: date | None
    until: date
    is_over: bool
    target_days: int
    elapsed_days: int | None = None
    paused_days: int | None = None
    counted_days: int | None = None
    business_days: int | None = None
    net_business_days: int | None = None

    @property
    def net_days(self) -> int | None:
        """Elapsed days less all pauses, whether or not the policy lets them stop the clock."""
        if self.elapsed_days is None or self.paused_days is None:
            return None
        return self.elapsed_days - self.paused_days

    @property
    def over_days(self) -> int | None:
        """Counted days beyond the target; negative while there is time left."""
        return None if self.counted_days is None else self.counted_days - self.target_days

    @property
    def is_late(self) -> bool | None:
        return None if self.over_days is None else self.over_days > 0


def paused_days(pauses: Iterable[Pause], first: date, end: date, *, only_stopping: bool = False) -> int:
    """Days of [first, end) on hold. Pauses do not overlap (rules). `only_stopping`: those that stop the
    clock."""
    return sum(
        (stop - start).days for start, stop in _within(pauses, first, end, only_stopping=only_stopping)
    )


def _within(
    pauses: Iterable[Pause], first: date, end: date, *, only_stopping: bool = False
) -> Iterator[tuple[date, date]]:
    for pause in pauses:
        if only_stopping and not pause.stops_clock:
            continue
        start, stop = max(pause.begins_on, first), min(pause.ends_on or end, end)
        if stop > start:
            yield start, stop


@dataclass(frozen=True, slots=True)
class _Span:
    first: date
    end: date
    calendar: FederalCalendar = field(repr=False)

    def business_days(self) -> int | None:
        try:
            return self.calendar.business_days(self.first, self.end)
        except ValueError:  # also CalendarUnknown: nothing is guessed
            return None


def clocks_of(
    *,
    steps: Steps,
    pauses: Sequence[Pause],
    clock_on: date | None,
    target_days: int,
    as_of: date,
    calendar: FederalCalendar,
) -> Clocks:
    """The clocks of one request when `as_of` begins to count: days are those before `as_of`.

    Source: OIG-18-77 (180 days from the MOA's signature); net of pauses beside it, because no published rule
    says that a pause stops the clock.
    """
    known = steps.up_to(as_of)
    end = known.end
    until = end.on if end is not None else as_of
    bare = Clocks(clock_on=clock_on, until=until, is_over=end is not None, target_days=target_days)
    if clock_on is None or clock_on > until:
        return bare
    elapsed = (until - clock_on).days
    paused = paused_days(pauses, clock_on, until)
    stopped = paused_days(pauses, clock_on, until, only_stopping=True)
    business = _Span(clock_on, until, calendar).business_days()
    resting = [_Span(a, b, calendar).business_days() for a, b in _within(pauses, clock_on, until)]
    net = None if business is None or None in resting else business - sum(n or 0 for n in resting)
    return Clocks(
        clock_on=clock_on,
        until=until,
        is_over=end is not None,
        target_days=target_days,
        elapsed_days=elapsed,
        paused_days=paused,
        counted_days=elapsed - stopped,
        business_days=business,
        net_business_days=net,
    )
