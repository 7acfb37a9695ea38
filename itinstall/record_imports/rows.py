"""One row of a spreadsheet as values: what can be said of it without looking anything up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from itinstall.choices import EntryKind, Party, Priority
from itinstall.history import Step, Steps
from itinstall.record_imports.columns import HOLDS, stage_key
from itinstall.rules import StageFacts, Violation
from oversight.exchange.records.kinds import Finding
from oversight.exchange.records.tables import TableRow, day_of

__all__ = ["ReadHold", "ReadRow", "read_row"]

DATE_REMEDY = "Write the date as 2026-01-31, or as 1/31/2026 with four digits for the year."
LIMITS = {"site": 120, "note": 500, "cancel_reason": 500}


@dataclass(frozen=True, slots=True)
class ReadHold:
    """`reason` and `owner` as texts; `number`: of its columns."""

    number: int
    reason: str
    owner: str
    begins_on: date
    ends_on: date | None


@dataclass(slots=True)
class ReadRow:
    """A row as read, and what was found wrong in it so far."""

    row: TableRow
    headers: Mapping[str, str]
    steps: Steps = field(default_factory=lambda: Steps(()))
    keys: list[str] = field(default_factory=list)  # column of each step
    holds: list[ReadHold] = field(default_factory=list)
    priority: int = Priority.NORMAL
    findings: list[Finding] = field(default_factory=list)

    def text(self, key: str) -> str:
        return self.row.text(key)

    def wrong(self, key: str, code: str, message: str, remedy: str = "") -> None:
        self.findings.append(
            Finding(self.row.number, self.headers.get(key, ""), code, message, remedy, self.text(key))
        )

    def violated(self, found: Iterable[Violation], key: str | None = None) -> None:
        """Rules' words in the row's terms; `key`: the column at fault, else that of the step."""
        for one in found:
            place = key or (self.keys[one.sequence - 1] if one.sequence else "submitted")
            message, _, remedy = one.message.partition(". ")
            self.wrong(place, one.code, message.rstrip(".") + ".", remedy)

    def day(self, key: str) -> date | None:
        """The date in a column; None for nothing, and for what is none, which is told."""
        text = self.text(key)
        if not text:
            return None
        day = day_of(text)
        if day is None:
            self.wrong(key, "not_a_date", f"“{text[:60]}” is no date.", DATE_REMEDY)
        return day


def read_row(row: TableRow, headers: Mapping[str, str], stages: Sequence[StageFacts]) -> ReadRow:
    """`headers`: of every column, by key; `stages`: those in use, in their order."""
    read = ReadRow(row, headers)
    for key in ("agency", "site", "submitted"):
        if not row.text(key):
            read.wrong(key, "missing", f"“{headers[key]}” is empty.", "Every row needs it.")
    for key, most in LIMITS.items():
        if len(row.text(key)) > most:
            read.wrong(key, "too_long", f"The text has {len(row.text(key))} characters.", f"At most {most}.")
    _read_steps(read, stages)
    _read_priority(read)
    for number in range(1, HOLDS + 1):
        _read_hold(read, number)
    return read


def _read_steps(read: ReadRow, stages: Sequence[StageFacts]) -> None:
    steps: list[Step] = []

    def add(key: str, kind: str, on: date | None, stage: str = "", place: int = 0) -> None:
        if on is not None:
            steps.append(Step(len(steps) + 1, kind, on, stage, place))
            read.keys.append(key)

    for index, stage in enumerate(stages):
        key = "submitted" if index == 0 else stage_key(stage.key)
        add(key, EntryKind.STAGE, read.day(key), stage.key, stage.place)
    completed, cancelled = read.day("completed"), read.day("cancelled")
    if completed and cancelled:
        read.wrong("cancelled", "two_ends", "It was both completed and cancelled.", "Leave one of the two.")
    else:
        add("completed", EntryKind.COMPLETED, completed)
        add("cancelled", EntryKind.CANCELLED, cancelled)
    if cancelled and not read.text("cancel_reason"):
        read.wrong("cancel_reason", "missing", "The reason is empty.", "Say why it was given up.")
    if read.text("cancel_reason") and not read.text("cancelled"):
        read.wrong(
            "cancel_reason", "no_end", "There is a reason, but no day.", "Enter the day in “Cancelled”."
        )
    read.steps = Steps.of(steps)


def _read_priority(read: ReadRow) -> None:
    text = read.text("priority").casefold()
    known = {name.casefold(): value for value, label in Priority.choices for name in (label, str(value))}
    if text and text not in known:
        names = ", ".join(label for _, label in Priority.choices)
        read.wrong("priority", "not_a_choice", f"There is no priority “{text[:40]}”.", f"There are: {names}.")
    read.priority = known.get(text, Priority.NORMAL)


def _read_hold(read: ReadRow, number: int) -> None:
    keys = {name: f"hold{number}_{name}" for name in ("reason", "owner", "from", "until")}
    if not any(read.text(key) for key in keys.values()):
        return
    begins, ends = read.day(keys["from"]), read.day(keys["until"])
    if not read.text(keys["from"]):
        read.wrong(keys["from"], "missing", "The first day of the hold is empty.", "Enter it.")
    if not read.text(keys["reason"]):
        read.wrong(keys["reason"], "missing", "The hold has no reason.", "Enter one of the allowed ones.")
    owner = read.text(keys["owner"]).casefold()
    owners = {name.casefold(): value for value, label in Party.choices for name in (value, label)}
    if owner and owner not in owners:
        names = ", ".join(label for _, label in Party.choices)
        text = read.text(keys["owner"])[:60]
        read.wrong(keys["owner"], "not_a_choice", f"There is no owner “{text}”.", f"There are: {names}.")
    if begins is not None:
        read.holds.append(ReadHold(number, read.text(keys["reason"]), owners.get(owner, ""), begins, ends))
