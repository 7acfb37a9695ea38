"""The life of an agreement from its presence in lists (docs/reconciliation.md, "Life of an agreement")."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from .index import Index, first_bit, runs
from .types import Parameters, Span, Status

_Event = tuple[tuple[int, int], Status, int]  # ((place among all lists, 0), status, bit)


@dataclass(slots=True)
class Gap:
    """An absence from the participating lists. Bits; `end` is where it came back, or the number of lists."""

    start: int
    end: int
    believed: int  # the list that made the exit believable; -1 when none did
    final: bool


@dataclass(slots=True)
class Life:
    """Presence of one agreement; `superseded_by` is filled by `supersede`."""

    mask: int  # as in Index
    signed_on: date | None
    order: int  # place among the register's agreements
    gaps: list[Gap] = field(default_factory=list)
    stretches: list[tuple[int, int]] = field(default_factory=list)  # runs on participating lists
    superseded_by: int | None = None


def believed_at(index: Index, start: int, end: int, parameters: Parameters) -> int:
    """The first list by which an absence over bits [start, end) is believed, or -1.

    Believed: absent from at least `missing_lists` lists and for at least `missing_days` days.
    """
    first = index.days[start]
    for bit in range(start + parameters.missing_lists - 1, end):
        if (index.days[bit] - first).days >= parameters.missing_days:
            return bit
    return -1


def participating_runs(index: Index, mask: int) -> list[tuple[int, int]]:
    return runs(mask & index.participating_bits)


def pending_runs(index: Index, mask: int) -> list[tuple[int, int]]:
    """Runs on pending lists, in bits of the index (shifted)."""
    return [(start + index.n, end + index.n) for start, end in runs(mask >> index.n)]


def find_gaps(index: Index, life: Life, parameters: Parameters) -> None:
    """Fill in the absences after the first participating print."""
    stretches = life.stretches = participating_runs(index, life.mask)
    for i, (_, end) in enumerate(stretches):
        if end >= index.n:
            break
        final = i + 1 == len(stretches)
        back = index.n if final else stretches[i + 1][0]
        life.gaps.append(Gap(end, back, believed_at(index, end, back, parameters), final))


def supersede(index: Index, lives: list[Life], parameters: Parameters) -> None:
    """Among the agreements of one agency and model, say which later one took over from which."""
    for life in lives:
        if not life.gaps or not life.gaps[-1].final:
            continue
        end = life.gaps[-1].start
        latest = index.days[end] + timedelta(days=parameters.superseded_days)
        heirs = []
        for other in lives:
            mask = other.mask & index.participating_bits
            if other is life or not mask >> end or not _later(index, life, other):
                continue
            start = first_bit(mask)
            if start <= end or index.days[start] <= latest:
                heirs.append((start, other.order))
        if heirs:
            life.superseded_by = min(heirs)[1]


def _later(index: Index, life: Life, other: Life) -> bool:
    if life.signed_on is not None and other.signed_on is not None and life.signed_on != other.signed_on:
        return other.signed_on > life.signed_on
    return first_bit(other.mask & index.participating_bits) > first_bit(life.mask & index.participating_bits)


def spans(index: Index, life: Life, parameters: Parameters) -> tuple[Span, ...]:
    """The status over time. Stretches within one day are left out: the day's last list counts."""
    events = _participating_events(index, life)
    events += _pending_events(index, life, parameters)
    if len(events) == 1:
        _, status, bit = events[0]
        return (Span(status, index.days[bit], None, index.lists[bit].digest),)
    events.sort(key=_when)
    merged: list[tuple[Status, int]] = []
    for _, status, bit in events:
        if not merged or merged[-1][0] is not status:
            merged.append((status, bit))
    kept: list[Span] = []
    for i, (status, bit) in enumerate(merged):
        begins = index.days[bit]
        ends = index.days[merged[i + 1][1]] if i + 1 < len(merged) else None
        if ends is not None and ends <= begins:
            continue
        if kept and kept[-1].status is status:
            previous = kept.pop()
            kept.append(Span(status, previous.begins_on, ends, previous.list_digest))
        else:
            if kept and kept[-1].ends_on != begins:
                begins = kept[-1].ends_on or begins
            kept.append(Span(status, begins, ends, index.lists[bit].digest))
    return tuple(kept)


def _when(event: _Event) -> tuple[int, int]:
    return event[0]


def _participating_events(index: Index, life: Life) -> list[_Event]:
    events: list[_Event] = []
    for start, _ in life.stretches:
        events.append(((index.positions[start], 0), Status.ACTIVE, start))
    for gap in life.gaps:
        if gap.final and life.superseded_by is not None:
            status = Status.SUPERSEDED
        else:
            status = Status.REMOVED if gap.believed >= 0 else Status.MISSING
        events.append(((index.positions[gap.start], 0), status, gap.start))
    return events


def _pending_events(index: Index, life: Life, parameters: Parameters) -> list[_Event]:
    """Pending spells count before the first signature and after a believed exit, not beside a signed one."""
    if not life.mask >> index.n:
        return []
    stretches = pending_runs(index, life.mask)
    busy = _busy(index, life)
    total = index.n + len(index.pending)
    events: list[_Event] = []
    for i, (start, end) in enumerate(stretches):
        begins = index.positions[start]
        free_until = next((first for first, last in busy if first > begins), None)
        if any(first <= begins < last for first, last in busy):
            continue
        events.append(((begins, 1), Status.PENDING, start))
        back = stretches[i + 1][0] if i + 1 < len(stretches) else total
        gap = [bit for bit in range(end, back) if free_until is None or index.positions[bit] < free_until]
        if gap and believed_at(index, gap[0], gap[-1] + 1, parameters) >= 0:
            events.append(((index.positions[end], 1), Status.REMOVED, end))
    return events


def _busy(index: Index, life: Life) -> list[tuple[int, int]]:
    """Stretches (places among all lists) in which the agreement is signed: listed or missing, or replaced."""
    end_of_all = len(index.lists) + 1
    busy: list[tuple[int, int]] = []
    stretches = life.stretches
    gaps = {gap.start: gap for gap in life.gaps}
    for start, end in stretches:
        gap = gaps.get(end)
        over = gap is not None and gap.believed >= 0 and life.superseded_by is None
        until = index.positions[end] if over else end_of_all
        busy.append((index.positions[start], until))
    return [(first, min([last, *(f for f, _ in busy if f > first)])) for first, last in busy]


def is_listed(index: Index, mask: int) -> bool:
    """Whether the newest participating list has it."""
    return index.n > 0 and bool(mask >> (index.n - 1) & 1)
