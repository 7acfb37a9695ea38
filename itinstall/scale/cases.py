"""Made-up histories of requests: through the stages on days of lists, some held, given up, sent back, or
corrected. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from itinstall.choices import EntryKind

__all__ = ["REASON", "Case", "Entry", "case_make", "hold_make"]

CANCELLED_SHARE, BACK_SHARE, CORRECTED_SHARE = 0.04, 0.03, 0.05
HELD_SHARE, OPEN_HOLD_SHARE, RETURNED_SHARE = 0.3, 0.25, 0.1
# Chances that a stage lasts 0, 1, 2, … days of lists.
LASTING = {
    "request": (0.6, 0.4),
    "bids": (0.3, 0.5, 0.2),
    "isa": (0.3, 0.4, 0.2, 0.1),
    "equipment": (0.4, 0.5, 0.1),
    "install": (0.2, 0.4, 0.2, 0.1, 0.05, 0.05),
    "access": (0.7, 0.3),
}
REASON = "Made up: read again in the mail of that day."


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a history; `at`: place of its day among the days; `wrong`: the day first entered."""

    sequence: int
    kind: str
    stage: str
    on: date
    at: int
    wrong: date | None = None
    reason: str = ""


@dataclass(slots=True)
class Case:
    """One made-up request."""

    entries: list[Entry]
    holds: list[tuple[str, date, date | None]] = field(default_factory=list)

    @property
    def last(self) -> Entry:
        return self.entries[-1]

    @property
    def last_stage(self) -> Entry:
        return next(entry for entry in reversed(self.entries) if entry.stage)

    def begun(self, stage: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.stage == stage), None)


def case_make(chance: random.Random, days: Sequence[date], start: int, stages: Sequence[str]) -> Case:
    """Through the stages from `days[start]` on, as far as the days go; without holds."""
    path = list(stages)
    if chance.random() < BACK_SHARE and {"isa", "equipment"} <= set(path):
        place = path.index("equipment")
        path[place + 1 : place + 1] = ["isa", "equipment"]
    given_up = chance.randrange(1, len(path)) if chance.random() < CANCELLED_SHARE else None
    entries: list[Entry] = []
    at = start

    def add(kind: str, stage: str, reason: str = "") -> None:
        before = entries[-1].on if entries else days[at]
        wrong = None
        if chance.random() < CORRECTED_SHARE and days[at] > before:
            wrong = max(before, days[at] - timedelta(days=chance.randint(1, 5)))
        entries.append(Entry(len(entries) + 1, kind, stage, days[at], at, wrong, reason))

    for place, stage in enumerate(path):
        went_back = place and stages.index(stage) < stages.index(path[place - 1])
        add(EntryKind.STAGE, stage, "Made up: the circuit changed." if went_back else "")
        weights = LASTING.get(stage, (0.5, 0.5))
        at += chance.choices(range(len(weights)), weights)[0]
        if at >= len(days):
            return Case(entries)
        if given_up == place:
            add(EntryKind.CANCELLED, "", "Made up: the site is not used any more.")
            return Case(entries)
    add(EntryKind.COMPLETED, "")
    return Case(entries)


def hold_make(chance: random.Random, days: Sequence[date], case: Case, reasons: Sequence[str]) -> None:
    """At most one hold: within one stage, or open in the last."""
    if chance.random() >= HELD_SHARE:
        return
    why = chance.choice(reasons)
    is_open = case.last.kind == EntryKind.STAGE
    if is_open and chance.random() < OPEN_HOLD_SHARE:
        case.holds.append((why, case.last.on, None))
        return
    spans = [(one, two) for one, two in pairwise(case.entries) if two.at > one.at]
    if spans:
        first, then = chance.choice(spans)
        case.holds.append((why, first.on, days[chance.randint(first.at + 1, then.at)]))
