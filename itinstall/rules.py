"""What a request's history may look like. One set of rules for pages, bulk updates, imports and the API.

A rule looks at the whole history as it would stand afterwards and yields what is wrong with it, with the
remedy; `first_violation_of` turns that into the ValidationError of a form. Nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from django.core.exceptions import ValidationError

from itinstall.choices import EntryKind
from itinstall.history import Pause, Step, Steps

__all__ = [
    "StageFacts",
    "Timeline",
    "Violation",
    "enforce",
    "hold_violations",
    "new_violations",
    "violations_of",
]


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What rules need to know of a stage."""

    key: str
    name: str
    place: int
    is_mandatory: bool = True
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """A history as it would stand. `today`: the local day at the field office."""

    steps: Steps
    pauses: Sequence[Pause]
    stages: Mapping[str, StageFacts]
    today: date

    def name(self, step: Step) -> str:
        if step.is_end:
            return EntryKind(step.kind).label.lower()
        return self.stages[step.stage].name if step.stage in self.stages else step.stage


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong. `field` of the form, `code` for machines, `sequence` of the step at fault."""

    code: str
    field: str
    message: str
    sequence: int = 0


def future_steps(line: Timeline) -> Iterator[Violation]:
    """ITI-001. A step is entered once it has happened."""
    for step in line.steps.steps:
        if step.on > line.today:
            yield Violation(
                "ITI-001",
                "on",
                f"{step.on} lies in the future. Enter the day on which it happened.",
                step.sequence,
            )


def steps_before_predecessor(line: Timeline) -> Iterator[Violation]:
    """ITI-002. No step comes before the one that it follows."""
    for before, step in pairwise(line.steps.steps):
        if step.on < before.on:
            yield Violation(
                "ITI-002",
                "on",
                f"{step.on} is before the step that it follows: {line.name(before)} on {before.on}. "
                "Check the year, or correct that step first.",
                step.sequence,
            )


def skipped_stages(line: Timeline) -> Iterator[Violation]:
    """ITI-003. No mandatory stage is left out on the way."""
    passed: set[str] = set()
    for before, step in pairwise(line.steps.steps):
        passed.add(before.stage)
        if step.kind == EntryKind.CANCELLED:
            continue
        until = step.place if not step.is_end else max((s.place for s in line.stages.values()), default=0) + 1
        missing = [
            stage.name
            for stage in sorted(line.stages.values(), key=lambda stage: stage.place)
            if before.place < stage.place < until
            and stage.is_mandatory
            and stage.is_active
            and stage.key not in passed
        ]
        if missing:
            names = (
                " and ".join(missing) if len(missing) < 3 else f"{', '.join(missing[:-1])} and {missing[-1]}"
            )
            yield Violation(
                "ITI-003",
                "stage",
                f"{names} must come before {line.name(step)}. Enter the day for each; "
                "several may be the same day.",
                step.sequence,
            )


def first_is_a_stage(line: Timeline) -> Iterator[Violation]:
    """ITI-004. A history begins with the first stage."""
    if not line.steps.steps:
        yield Violation(
            "ITI-004", "stage", "A request begins with its first stage. It cannot be taken back; cancel it."
        )
        return
    first = line.steps.steps[0]
    active = [stage for stage in line.stages.values() if stage.is_active]
    wanted = min(active, key=lambda stage: stage.place, default=None)
    if first.is_end or (wanted is not None and first.place > wanted.place):
        name = wanted.name if wanted else "the first stage"
        yield Violation("ITI-004", "stage", f"A request begins with “{name}”.", first.sequence)


def steps_after_the_end(line: Timeline) -> Iterator[Violation]:
    """ITI-005. Nothing follows completion or cancellation."""
    for before, step in pairwise(line.steps.steps):
        if before.is_end:
            yield Violation(
                "ITI-005",
                "stage",
                f"The request has ended: {line.name(before)} on {before.on}. "
                "If that is wrong, take it back first.",
                step.sequence,
            )


def same_stage_again(line: Timeline) -> Iterator[Violation]:
    """ITI-006. A step leads somewhere else."""
    for before, step in pairwise(line.steps.steps):
        if not step.is_end and step.stage == before.stage:
            yield Violation(
                "ITI-006", "stage", f"It is in {line.name(step)} already, since {before.on}.", step.sequence
            )


def ends_on_hold(line: Timeline) -> Iterator[Violation]:
    """ITI-007. A request does not close while it is on hold, and no hold outlasts it."""
    end = line.steps.end
    if end is None:
        return
    for pause in line.pauses:
        if pause.ends_on is None:
            yield Violation(
                "ITI-007",
                "on",
                f"It is on hold since {pause.begins_on} ({pause.why}). End the hold first.",
                end.sequence,
            )
        elif pause.ends_on > end.on:
            yield Violation(
                "ITI-007",
                "on",
                f"A hold ({pause.why}) lasts until {pause.ends_on}, after {end.on}. Correct one of the two.",
                end.sequence,
            )


STEP_RULES: tuple[Callable[[Timeline], Iterable[Violation]], ...] = (
    first_is_a_stage,
    future_steps,
    steps_before_predecessor,
    steps_after_the_end,
    same_stage_again,
    skipped_stages,
    ends_on_hold,
)


def violations_of(line: Timeline) -> list[Violation]:
    """Everything that is wrong with the steps, in the order of the rules."""
    return [found for rule in STEP_RULES for found in rule(line)]


def new_violations(line: Timeline, standing: Steps) -> list[Violation]:
    """What is wrong with the steps and was not while `standing` stood. A stage that an administrator adds or
    puts elsewhere makes older histories look wrong; that stops nobody from going on with them."""
    known = violations_of(replace(line, steps=standing))
    return [found for found in violations_of(line) if found not in known]


def hold_violations(line: Timeline, pause: Pause) -> list[Violation]:
    """ITI-010 to ITI-013. What is wrong with `pause`, beside the request's other ones in `line.pauses`."""
    found = []
    start, end = pause.begins_on, pause.ends_on
    submitted = line.steps.submitted_on
    if start > line.today or (end is not None and end > line.today):
        found.append(
            Violation("ITI-010", "on", "The day lies in the future. Enter the day on which it happened.")
        )
    if end is not None and end <= start:
        found.append(
            Violation(
                "ITI-011", "on", f"The hold began on {start}; it ends on a later day. Or take the hold back."
            )
        )
    if submitted is not None and start < submitted:
        found.append(
            Violation(
                "ITI-012", "on", f"{start} is before the request was submitted ({submitted}). Check the year."
            )
        )
    if line.steps.end is not None and (end is None or end > line.steps.end.on):
        found.append(
            Violation("ITI-012", "on", f"The request ended on {line.steps.end.on}. Nothing is on hold after.")
        )
    for other in line.pauses:
        if start < (other.ends_on or date.max) and other.begins_on < (end or date.max):
            until = f"until {other.ends_on}" if other.ends_on else "and still is"
            found.append(
                Violation(
                    "ITI-013",
                    "on",
                    f"It was on hold from {other.begins_on} {until} ({other.why}). "
                    "Holds do not overlap: end or correct that one first.",
                )
            )
    return found


def enforce(found: Iterable[Violation]) -> None:
    """Raises ValidationError with the messages by field; nothing for no violation."""
    errors: dict[str, list[ValidationError]] = {}
    for one in found:
        errors.setdefault(one.field, []).append(ValidationError(one.message, code=one.code))
    if errors:
        raise ValidationError(errors)
