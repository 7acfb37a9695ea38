"""What may be: spans of program managers and assignments, and what a hand-over would move.

Ranges are half-open. Nothing here writes; a page shows a plan, the service carries the same plan out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager

__all__ = [
    "HandOverPlan",
    "Move",
    "Outcome",
    "check_end",
    "check_entered_once",
    "check_within",
    "overlapping",
    "plan_hand_over",
    "running_on",
    "until_words",
]


class Outcome(StrEnum):
    """What becomes of one agency in a hand-over."""

    MOVES = "moves"
    PROMOTED = "promoted"  # the one who takes over was backup and becomes primary
    HELD = "held"  # the one who takes over has the agency already; the backup just ends


@dataclass(frozen=True, slots=True)
class Move:
    """One assignment that ends. `present`: what the one who takes over holds there already."""

    assignment: Assignment
    outcome: Outcome
    present: Assignment | None


@dataclass(frozen=True, slots=True)
class HandOverPlan:
    """What a hand-over would do: each agency's outcome, and the new assignments, not yet stored."""

    moves: list[Move]
    begins: list[Assignment]

    @property
    def ends(self) -> list[Assignment]:
        """Those of the one who hands over, and backups that become primaries."""
        promoted = [move.present for move in self.moves if move.outcome == Outcome.PROMOTED and move.present]
        return [*(move.assignment for move in self.moves), *promoted]


def overlapping(queryset: QuerySet[Any], begins: date, ends: date | None) -> QuerySet[Any]:
    """Rows that share a day with [begins, ends)."""
    rows = queryset.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begins))
    return rows if ends is None else rows.filter(valid_from__lt=ends)


def check_entered_once(manager: ProgramManager) -> None:
    """Nobody of the same name is at the office on a day of its span. Raises ValidationError."""
    rows = overlapping(
        ProgramManager.objects.filter(office=manager.office), manager.valid_from, manager.valid_to
    )
    for other in rows.exclude(pk=manager.pk).order_by("valid_from", "pk"):
        # Compared here: the two databases differ in what they take for the same letter.
        if other.name.casefold() == manager.name.casefold():
            span = f"from {other.valid_from} {until_words(other.valid_to)}"
            raise ValidationError(
                {
                    "name": f"{other.name} is entered already at {manager.office.name}, {span}. "
                    "Look there first. For another person of the same name, tick the box below."
                }
            )


def running_on(manager: ProgramManager, on: date) -> QuerySet[Assignment]:
    """Assignments with a day on or after `on`."""
    rows: QuerySet[Assignment] = overlapping(Assignment.objects.filter(program_manager=manager), on, None)
    return rows.select_related("program_manager", "agency")


def until_words(day: date | None) -> str:
    return f"until {day}" if day else "with no end"


def check_end(row: ProgramManager | Assignment, on: date) -> None:
    """Raises ValidationError unless `row` can end on `on`."""
    if on <= row.valid_from:
        raise ValidationError({"on": f"It began on {row.valid_from}; the end must be later than that."})
    if row.valid_to is not None and row.valid_to <= on:
        raise ValidationError({"on": f"It has ended on {row.valid_to} already."})


def check_within(manager: ProgramManager, on: date, until: date | None) -> None:
    """An assignment lies within its program manager's own time. Raises ValidationError."""
    too_early = on < manager.valid_from
    too_late = manager.valid_to is not None and (until is None or until > manager.valid_to)
    if too_early or too_late:
        raise ValidationError(
            f"{manager.name} is program manager from {manager.valid_from} {until_words(manager.valid_to)}. "
            "Choose days within that time."
        )


def plan_hand_over(
    *,
    source: ProgramManager,
    target: ProgramManager,
    on: date,
    assignments: Collection[int] | None = None,
) -> HandOverPlan:
    """What `target` takes over from `source` on `on`: everything, or the `assignments` named by id.

    A backup who takes over a primary is backup no longer; a backup role is not added to a primary one.
    Three queries, whatever the number of agencies. Raises ValidationError, in words, when it cannot be.
    """
    if source.pk == target.pk:
        raise ValidationError("Choose another program manager to hand over to.")
    moving = list(running_on(source, on).order_by("agency__name", "agency_id", "pk"))
    if assignments is not None:
        moving = _chosen(moving, assignments)
    _check_movable(source, moving, on)
    theirs = overlapping(Assignment.objects.filter(program_manager=target), on, None)
    held_rows = theirs.filter(agency__in=[row.agency_id for row in moving]).select_related(
        "program_manager", "agency"
    )
    held: dict[int, list[Assignment]] = defaultdict(list)
    for row in held_rows:
        held[row.agency_id].append(row)
    moves = [_move(row, held[row.agency_id], on) for row in moving]
    begins = [
        _begun(move.assignment, target, on, move.assignment.valid_to)
        for move in moves
        if move.outcome != Outcome.HELD
    ]
    for row in begins:
        check_within(target, on, row.valid_to)
    return HandOverPlan(moves, begins)


def _chosen(running: Sequence[Assignment], ids: Collection[int]) -> list[Assignment]:
    chosen = [row for row in running if row.pk in ids]
    if len(chosen) != len(set(ids)):
        raise ValidationError(
            "The portfolio has changed, or it has other assignments on that day. Look at it and choose again."
        )
    return chosen


def _check_movable(source: ProgramManager, moving: Sequence[Assignment], on: date) -> None:
    if not moving:
        raise ValidationError(
            f"{source.name} has no assignments on or after {on}. There is nothing to hand over."
        )
    later = [row.agency.name for row in moving if row.valid_from >= on]
    if later:
        raise ValidationError(
            f"{len(later)} assignments begin on or after {on} ({', '.join(later[:3])}). "
            "Choose a later day, or end them first."
        )


def _move(assignment: Assignment, held: Sequence[Assignment], on: date) -> Move:
    """`held`: what the one who takes over has there on or after `on`, one row a day at most."""
    until = assignment.valid_to
    present = [row for row in held if until is None or row.valid_from < until]
    if not present:
        return Move(assignment, Outcome.MOVES, None)
    first = min(present, key=lambda row: row.valid_from)
    is_alone = len(present) == 1
    if assignment.role == AssignmentRole.BACKUP and is_alone and first.valid_from <= on:
        return Move(assignment, Outcome.HELD, first)
    is_backup = assignment.role == AssignmentRole.PRIMARY and first.role == AssignmentRole.BACKUP
    if is_backup and is_alone and first.valid_from < on:
        return Move(assignment, Outcome.PROMOTED, first)
    in_the_way = max(present, key=lambda row: row.valid_from)
    raise ValidationError(
        f"{in_the_way.program_manager.name} is {in_the_way.get_role_display().lower()} for "
        f"{in_the_way.agency.name} from {in_the_way.valid_from} {until_words(in_the_way.valid_to)}. "
        "End that first."
    )


def _begun(row: Assignment, target: ProgramManager, on: date, until: date | None) -> Assignment:
    return Assignment(
        program_manager=target,
        agency=row.agency,
        role=row.role,
        valid_from=on,
        valid_to=until,
        is_synthetic=row.is_synthetic,
    )
