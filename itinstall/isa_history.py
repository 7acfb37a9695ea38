"""The steps toward one ISA as values: with whom it lay, for how long, and what its history may look like.

An interconnection agreement is signed per site (MOA, IT section: Interconnection Security Agreement;
OIG-18-77: Interconnection Service Agreement). Published of its steps are the two signers alone; the other
steps are assumed (`choices.IsaStepKind`). Nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from itinstall.choices import ISA_LIES_WITH, IsaStepKind, Party
from itinstall.rules import Violation

__all__ = ["IsaMark", "IsaMarks", "IsaRules", "isa_violations"]

# Steps after which an earlier signature no longer counts: there is another text to sign.
ANOTHER_TEXT = frozenset({IsaStepKind.DRAFTED, IsaStepKind.SENT, IsaStepKind.RETURNED})
ICE = frozenset({Party.HEADQUARTERS, Party.OCIO})


@dataclass(frozen=True, slots=True)
class IsaMark:
    """One standing step. `sequence`: its place in the history."""

    sequence: int
    kind: str
    on: date

    @property
    def label(self) -> str:
        return IsaStepKind(self.kind).label

    @property
    def lies_with(self) -> str | None:
        """Who is to act after it; None: nobody."""
        return ISA_LIES_WITH[self.kind]


@dataclass(frozen=True, slots=True)
class IsaMarks:
    """The steps of one ISA in order of their place."""

    marks: tuple[IsaMark, ...]

    @classmethod
    def of(cls, marks: Iterable[IsaMark]) -> IsaMarks:
        return cls(tuple(sorted(marks, key=lambda mark: mark.sequence)))

    def up_to(self, day: date) -> IsaMarks:
        """What had happened when `day` ended."""
        return IsaMarks(tuple(mark for mark in self.marks if mark.on <= day))

    @property
    def last(self) -> IsaMark | None:
        return self.marks[-1] if self.marks else None

    @property
    def lies_with(self) -> str | None:
        """Who is to act; None: it is in force or over, or there is none."""
        return self.last.lies_with if self.last else None

    @property
    def signed_on(self) -> date | None:
        """Since when it is in force: ICE's signature, the second of the two."""
        return next((mark.on for mark in self.marks if mark.kind == IsaStepKind.ICE_SIGNED), None)

    @property
    def ended_on(self) -> date | None:
        return next((mark.on for mark in self.marks if mark.kind == IsaStepKind.ENDED), None)

    def days_with(self, as_of: date) -> dict[str, int]:
        """Party → calendar days that it lay with, those before `as_of`; only parties it ever lay with."""
        days: dict[str, int] = {}
        for place, mark in enumerate(self.marks, start=1):
            end = self.marks[place].on if place < len(self.marks) else as_of
            party = mark.lies_with
            if party is not None and mark.on <= as_of:
                days[party] = days.get(party, 0) + (min(end, as_of) - mark.on).days
        return days

    def ice_days(self, as_of: date) -> int:
        """Calendar days with ICE, headquarters or OCIO, before `as_of`."""
        return sum(n for party, n in self.days_with(as_of).items() if party in ICE)

    def agency_days(self, as_of: date) -> int:
        """Calendar days with the agency before `as_of`."""
        return self.days_with(as_of).get(Party.AGENCY, 0)


@dataclass(frozen=True, slots=True)
class IsaRules:
    """A history as it would stand. `today`: the local day."""

    marks: IsaMarks
    today: date


def future_marks(line: IsaRules) -> Iterator[Violation]:
    """ITI-020. A step is entered once it has happened."""
    for mark in line.marks.marks:
        if mark.on > line.today:
            yield Violation(
                "ITI-020",
                "on",
                f"{mark.on} lies in the future. Enter the day on which it happened.",
                mark.sequence,
            )


def marks_before_predecessor(line: IsaRules) -> Iterator[Violation]:
    """ITI-021. No step comes before the one that it follows."""
    for before, mark in pairwise(line.marks.marks):
        if mark.on < before.on:
            yield Violation(
                "ITI-021",
                "on",
                f"{mark.on} is before the step that it follows: “{before.label}” on {before.on}. "
                "Check the year, or correct that step first.",
                mark.sequence,
            )


def begins_with_a_draft(line: IsaRules) -> Iterator[Violation]:
    """ITI-022. An ISA begins with a draft, or with its sending where the draft's day is not known."""
    if not line.marks.marks:
        yield Violation(
            "ITI-022", "kind", "An ISA has at least its first step. It cannot be taken back; end the ISA."
        )
        return
    first = line.marks.marks[0]
    if first.kind not in {IsaStepKind.DRAFTED, IsaStepKind.SENT}:
        yield Violation(
            "ITI-022",
            "kind",
            "An ISA begins with “Drafted by ICE”, or with “Sent to the agency” where the day of the draft "
            "is not known.",
            first.sequence,
        )


def signatures_in_order(line: IsaRules) -> Iterator[Violation]:
    """ITI-023, ITI-024. ICE signs after the agency has, and nobody signs one text twice."""
    agency: IsaMark | None = None
    for mark in line.marks.marks:
        if mark.kind in ANOTHER_TEXT:
            agency = None
        elif mark.kind == IsaStepKind.AGENCY_SIGNED:
            if agency is not None:
                yield Violation(
                    "ITI-024",
                    "kind",
                    f"The agency signed already, on {agency.on}. Was another text sent? Enter that first.",
                    mark.sequence,
                )
            agency = mark
        elif mark.kind == IsaStepKind.ICE_SIGNED and agency is None:
            yield Violation(
                "ITI-023",
                "kind",
                "ICE signs after the agency’s Designated Accreditation Authority. Enter the agency’s "
                "signature first; both may be the same day.",
                mark.sequence,
            )


def same_mark_again(line: IsaRules) -> Iterator[Violation]:
    """ITI-025. A step leads somewhere else; what the agency sends back was sent to it."""
    for before, mark in pairwise(line.marks.marks):
        if mark.kind == before.kind and mark.kind != IsaStepKind.AGENCY_SIGNED:
            yield Violation(
                "ITI-025", "kind", f"That is its last step already, since {before.on}.", mark.sequence
            )
        elif mark.kind == IsaStepKind.RETURNED and before.lies_with != Party.AGENCY:
            yield Violation(
                "ITI-025",
                "kind",
                f"It did not lie with the agency: “{before.label}” on {before.on}. Enter its sending first.",
                mark.sequence,
            )


def marks_after_the_end(line: IsaRules) -> Iterator[Violation]:
    """ITI-026. Once in force it can only end; nothing follows its end."""
    for before, mark in pairwise(line.marks.marks):
        if before.kind == IsaStepKind.ENDED:
            yield Violation(
                "ITI-026",
                "kind",
                f"The ISA ended on {before.on}. Begin another one, or take the end back if it is wrong.",
                mark.sequence,
            )
        elif before.kind == IsaStepKind.ICE_SIGNED and mark.kind not in {
            IsaStepKind.ENDED,
            IsaStepKind.ICE_SIGNED,
        }:
            yield Violation(
                "ITI-026",
                "kind",
                f"The ISA is in force since {before.on}; it can only end. For a renewal begin another one.",
                mark.sequence,
            )


ISA_RULES: tuple[Callable[[IsaRules], Iterable[Violation]], ...] = (
    begins_with_a_draft,
    future_marks,
    marks_before_predecessor,
    marks_after_the_end,
    signatures_in_order,
    same_mark_again,
)


def isa_violations(line: IsaRules) -> list[Violation]:
    """Everything that is wrong, in the order of the rules."""
    return [found for rule in ISA_RULES for found in rule(line)]
