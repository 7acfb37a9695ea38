"""On which days a request's history counts in which figures, and so which days another history touches.

Pure. A history makes claims: "from this day up to, not including, that one, this value counts in these
figures". Two histories touch the days on which their claims differ, and no others. What a claim's value holds
must hold everything that the figure reads of the request (`itinstall.metrics`); a test compares the two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from itinstall.choices import EntryKind
from itinstall.history import Pause, Steps, paused_days

__all__ = [
    "Claim",
    "Picture",
    "claims_of",
    "coarser",
    "differing_days",
    "late_from",
    "merged",
    "touched_days",
]

DayRange = tuple[date, date | None]  # first day, first day no longer in it; None: open
END = date.max
MONTH = timedelta(days=30)
YEAR = timedelta(days=365)
CURVE = timedelta(days=1095)

OPEN = ("itinstall.open",)
ON_HOLD = ("itinstall.on_hold",)
PAST_TARGET = ("itinstall.open_past_target",)
AGE = ("itinstall.open_age_median", "itinstall.open_age_oldest")
COMPLETED = ("itinstall.completed_30d",)
DAYS = (
    "itinstall.days_median",
    "itinstall.days_mean",
    "itinstall.days_p90",
    "itinstall.business_days_median",
)
NET = ("itinstall.net_days_median",)
SHARE = ("itinstall.over_target_share",)
STAGES = ("itinstall.stage_days_median", "itinstall.stage_days_p90")
BOTTLENECK = ("itinstall.bottleneck_days",)
LASTING = ("itinstall.km_median",)


@dataclass(frozen=True, slots=True)
class Picture:
    """What figures read of one request. `clock_on` None: no clock; `model` "": no agreement."""

    steps: Steps
    pauses: tuple[Pause, ...]
    clock_on: date | None
    model: str
    target_days: int


@dataclass(frozen=True, slots=True)
class Claim:
    """`value` counts in the figures of `metrics` over [`begins`, `ends`); `ends` None: for good."""

    metrics: tuple[str, ...]
    begins: date
    ends: date | None
    value: Hashable


def touched_days(before: Picture | None, after: Picture | None) -> dict[tuple[str, ...], list[DayRange]]:
    """Metrics → days on which the two count differently. None: the request is not there."""
    old, new = (list(claims_of(picture)) if picture else [] for picture in (before, after))
    groups: dict[tuple[str, ...], tuple[list[Claim], list[Claim]]] = defaultdict(lambda: ([], []))
    for place, claims in enumerate((old, new)):
        for claim in claims:
            groups[claim.metrics][place].append(claim)
    found = {metrics: differing_days(*pair) for metrics, pair in groups.items()}
    return {metrics: days for metrics, days in found.items() if days}


def differing_days(old: Iterable[Claim], new: Iterable[Claim]) -> list[DayRange]:
    """Days on which the values claimed differ, in order."""
    changes: dict[date, Counter[Hashable]] = defaultdict(Counter)
    for sign, claims in ((1, new), (-1, old)):
        for claim in claims:
            ends = claim.ends or END
            if claim.begins < ends:
                changes[claim.begins][claim.value] += sign
                changes[ends][claim.value] -= sign
    balance: Counter[Hashable] = Counter()
    found: list[DayRange] = []
    for begins, ends in pairwise(sorted(changes)):
        balance.update(changes[begins])
        if any(balance.values()):
            found.append((begins, None if ends == END else ends))
    return merged(found)


def claims_of(picture: Picture) -> Iterator[Claim]:
    """Everything that one request counts in."""
    submitted = picture.steps.submitted_on
    if submitted is None:
        return
    yield from _while_open(picture, submitted)
    yield from _of_stages(picture)
    yield from _of_clock(picture, submitted)
    end = picture.steps.end
    if end is not None and end.kind == EntryKind.COMPLETED:
        yield from _once_completed(picture, end.on)


def _while_open(picture: Picture, submitted: date) -> Iterator[Claim]:
    model, end, clock = picture.model, picture.steps.end, picture.clock_on
    closed = end.on if end else None
    for span in picture.steps.spans:
        yield Claim(OPEN, span.begins_on, span.ends_on, (span.stage, model))
    for pause in picture.pauses:
        ends = _earlier(pause.ends_on, closed)
        yield Claim(ON_HOLD, max(pause.begins_on, submitted), ends, model)
    yield Claim(PAST_TARGET, submitted, closed, (model, "open"))
    yield Claim(AGE, submitted, closed, (model, "open"))
    if clock is not None:
        running = max(submitted, clock)
        yield Claim(PAST_TARGET, running, closed, (model, "clock"))
        yield Claim(AGE, running, closed, (model, clock))
        late = late_from(picture)
        if late is not None:
            yield Claim(PAST_TARGET, max(submitted, late), closed, (model, "late"))


def _of_stages(picture: Picture) -> Iterator[Claim]:
    for span in picture.steps.spans:
        if span.ends_on is not None:
            days = (span.ends_on - span.begins_on).days
            yield Claim(STAGES, span.ends_on, span.ends_on + YEAR, (span.stage, days))


def _of_clock(picture: Picture, submitted: date) -> Iterator[Claim]:
    clock, end, model = picture.clock_on, picture.steps.end, picture.model
    if clock is None:
        return
    last = clock + CURVE
    yield Claim(LASTING, max(submitted, clock), _earlier(end.on if end else None, last), (model, clock))
    if end is not None and end.on >= clock:
        yield Claim(LASTING, end.on, last, (model, end.kind, (end.on - clock).days))


def _once_completed(picture: Picture, on: date) -> Iterator[Claim]:
    """Counted for a year with its place and model, and for good in its fiscal year."""
    clock, model = picture.clock_on, picture.model
    yield Claim(COMPLETED, on, on + MONTH, model)
    has_clock = clock is not None and clock <= on
    took: tuple[Hashable, ...] = (on, clock if has_clock else None)
    late = late_from(picture)
    is_late = has_clock and late is not None and late <= on
    paused = paused_days(picture.pauses, clock, on) if has_clock and clock is not None else 0
    for metrics, value in ((DAYS, took), (NET, (*took, paused)), (SHARE, (on, has_clock, is_late))):
        yield Claim(metrics, on, on + YEAR, (model, *value))
        yield Claim(metrics, on, None, value)
    days = Counter[str]()
    for span in picture.steps.spans:
        if clock is not None and span.ends_on is not None:
            days[span.stage] += max(0, (span.ends_on - max(span.begins_on, clock)).days)
    parts = (took[1] if has_clock else None, is_late, frozenset(days.items()) if has_clock else frozenset())
    yield Claim(BOTTLENECK, on, on + YEAR, parts)


def late_from(picture: Picture) -> date | None:
    """The first day on which it is past its target while open; None: never, while a hold stops the clock.

    Days up to it, not including it, count.
    """
    if picture.clock_on is None:
        return None
    day, left = picture.clock_on, picture.target_days + 1
    for pause in sorted(picture.pauses, key=lambda pause: pause.begins_on):
        if not pause.stops_clock or (pause.ends_on is not None and pause.ends_on <= day):
            continue
        free = max(0, (pause.begins_on - day).days)
        if free >= left:
            break
        if pause.ends_on is None:
            return None
        left -= free
        day = pause.ends_on
    return day + timedelta(days=left)


def _earlier(one: date | None, other: date | None) -> date | None:
    """Of two ends, None being open."""
    return min((day for day in (one, other) if day is not None), default=None)


def merged(ranges: Iterable[DayRange]) -> list[DayRange]:
    """The same days in as few ranges as there are, in order."""
    result: list[DayRange] = []
    for begins, ends in sorted(ranges, key=lambda item: item[0]):
        if result and begins <= (result[-1][1] or END):
            last = result[-1][1]
            result[-1] = (result[-1][0], None if last is None or ends is None else max(last, ends))
        else:
            result.append((begins, ends))
    return result


def coarser(ranges: Sequence[DayRange], most: int) -> list[DayRange]:
    """At most `most` ranges: those, or one over all of them."""
    if len(ranges) <= most:
        return list(ranges)
    return [(ranges[0][0], None if ranges[-1][1] is None else ranges[-1][1])]
