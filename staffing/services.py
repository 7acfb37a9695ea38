"""Who is program manager of what, from when until when. Headquarters decides (docs/roles.md).

Ranges are half-open: the last day counts no more. No agency has two primary program managers on one
day, and nobody holds two assignments to one agency on one day. The agency's row is locked while that
is checked, so that two people cannot assign at the same moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from agreements.models import Agency, FieldOffice
from oversight.access.actors import Actor
from oversight.access.models import User
from oversight.access.permissions import require
from oversight.metrics.services import DayRange, days_mark_stale
from oversight.trail.services import Act, record, record_many
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager
from staffing.rules import (
    check_end,
    check_entered_once,
    check_within,
    overlapping,
    plan_hand_over,
    running_on,
    until_words,
)

__all__ = [
    "HandOver",
    "assignment_begin",
    "assignment_end",
    "portfolio_hand_over",
    "program_manager_create",
    "program_manager_end",
]

ACTION = "staffing.change"


@dataclass(frozen=True, slots=True)
class HandOver:
    """What a hand-over did: assignments that ended, and those that began."""

    ended: list[Assignment]
    begun: list[Assignment]


@transaction.atomic
def program_manager_create(
    *,
    actor: Actor,
    name: str,
    office: FieldOffice,
    valid_from: date,
    user: User | None = None,
    namesake: bool = False,
    is_synthetic: bool = False,
) -> ProgramManager:
    """A program manager at `office` from `valid_from`. `namesake`: another person than the one of the same
    name there, who would else be taken for entered twice. Raises NotAllowed, ValidationError.
    """
    require(actor, ACTION)
    FieldOffice.objects.select_for_update().get(pk=office.pk)  # two people may enter the same one at once
    manager = ProgramManager(
        name=" ".join(name.split()),
        office=office,
        valid_from=valid_from,
        user=user,
        is_synthetic=is_synthetic,
    )
    manager.full_clean()
    if user is not None:
        others = ProgramManager.objects.select_for_update().filter(user=user, office=office)
        if overlapping(others, valid_from, None).exists():
            raise ValidationError(
                {"user": f"{user.display_name} is program manager there already. End that first."}
            )
    if not namesake:
        check_entered_once(manager)
    manager.save()
    _mark_stale([(valid_from, None)], "program manager entered")
    after = {"name": manager.name, "office": office, "valid_from": valid_from, "user": user}
    record(actor=actor, verb="program_manager.created", obj=manager, after=after)
    return manager


@transaction.atomic
def program_manager_end(
    *,
    actor: Actor,
    program_manager: ProgramManager,
    on: date,
    end_assignments: bool = False,
    reason: str = "",
) -> ProgramManager:
    """`on` is the first day on which the person is no longer program manager there.

    Assignments that run on: refused, or ended with it when `end_assignments` (the agencies are then
    without). Raises NotAllowed, ValidationError.
    """
    require(actor, ACTION)
    manager = ProgramManager.objects.select_for_update().get(pk=program_manager.pk)
    check_end(manager, on)
    running = list(running_on(manager, on).select_for_update(of=("self",)))
    if running and not end_assignments:
        raise ValidationError(_still_assigned(manager, len(running), on))
    _end_assignments(actor, running, on, reason)
    before, manager.valid_to = manager.valid_to, on
    manager.save(update_fields=["valid_to"])
    _mark_stale([(on, before)], "program manager ended")
    record(
        actor=actor,
        verb="program_manager.ended",
        obj=manager,
        before={"valid_to": before},
        after={"valid_to": on},
        reason=reason,
    )
    return manager


@transaction.atomic
def assignment_begin(
    *,
    actor: Actor,
    program_manager: ProgramManager,
    agency: Agency,
    on: date,
    role: AssignmentRole = AssignmentRole.PRIMARY,
    until: date | None = None,
    reason: str = "",
    is_synthetic: bool = False,
) -> Assignment:
    """Make the person responsible for `agency` over [on, until). Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    Agency.objects.select_for_update().get(pk=agency.pk)
    assignment = Assignment(
        program_manager=program_manager,
        agency=agency,
        role=role,
        valid_from=on,
        valid_to=until,
        is_synthetic=is_synthetic,
    )
    assignment.full_clean(validate_constraints=False)
    if until is not None and until <= on:
        raise ValidationError({"until": f"The end ({until}) is on or before the start ({on})."})
    check_within(program_manager, on, until)
    _check_free(assignment)
    assignment.save()
    _record_begun(actor, [assignment], reason)
    return assignment


@transaction.atomic
def assignment_end(*, actor: Actor, assignment: Assignment, on: date, reason: str = "") -> Assignment:
    """`on` is the first day on which it no longer holds. Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("program_manager", "agency")
        .get(pk=assignment.pk)
    )
    check_end(assignment, on)
    _end_assignments(actor, [assignment], on, reason)
    return assignment


@transaction.atomic
def portfolio_hand_over(
    *,
    actor: Actor,
    source: ProgramManager,
    target: ProgramManager,
    on: date,
    assignments: Collection[int] | None = None,
    reason: str = "",
) -> HandOver:
    """From `on`, what `source` would be responsible for is `target`'s, in the same roles: everything, or
    the `assignments` named by id. `staffing.rules.plan_hand_over` says what moves.

    Assignments that begin on or after `on` must be ended or moved by hand first. Raises NotAllowed,
    ValidationError; then nothing is changed.
    """
    require(actor, ACTION)
    agency_ids = running_on(source, on).order_by().values("agency")
    list(Agency.objects.select_for_update().filter(pk__in=agency_ids).order_by("pk").values_list("pk"))
    plan = plan_hand_over(source=source, target=target, on=on, assignments=assignments)
    _end_assignments(actor, plan.ends, on, reason)
    Assignment.objects.bulk_create(plan.begins)
    _record_begun(actor, plan.begins, reason)
    return HandOver(ended=plan.ends, begun=plan.begins)


def _still_assigned(manager: ProgramManager, n: int, on: date) -> str:
    count, them = ("1 assignment", "it") if n == 1 else (f"{n} assignments", "them")
    return f"{manager.name} still has {count} on {on}. Hand {them} over first, or end {them} too."


def _check_free(assignment: Assignment) -> None:
    """No second primary, and no second assignment of the same person, on any day of the range."""
    others = overlapping(
        Assignment.objects.filter(agency=assignment.agency).select_related("program_manager"),
        assignment.valid_from,
        assignment.valid_to,
    )
    for other in others:
        span = f"from {other.valid_from} {until_words(other.valid_to)}"
        if other.program_manager_id == assignment.program_manager_id:
            raise ValidationError(
                f"{other.program_manager.name} is {other.get_role_display().lower()} for this agency {span}. "
                "End that first."
            )
        if assignment.role == AssignmentRole.PRIMARY and other.role == AssignmentRole.PRIMARY:
            raise ValidationError(
                f"{other.program_manager.name} is primary for this agency {span}. "
                "End that first, or assign a backup."
            )


def _end_assignments(actor: Actor, rows: Sequence[Assignment], on: date, reason: str) -> None:
    """End them on `on`, in one statement, each with its trail entry."""
    for row in rows:
        if on <= row.valid_from:
            raise ValidationError(
                f"The assignment to {row.agency.name} begins on {row.valid_from}, not before {on}. "
                "Choose a later day."
            )
    acts = [
        Act("assignment.ended", row, {"valid_to": row.valid_to}, {"valid_to": on}, reason) for row in rows
    ]
    Assignment.objects.filter(pk__in=[row.pk for row in rows]).update(valid_to=on)
    _mark_stale([(on, row.valid_to) for row in rows], "assignment ended")
    for row in rows:
        row.valid_to = on
    record_many(actor=actor, acts=acts)


def _record_begun(actor: Actor, rows: Sequence[Assignment], reason: str) -> None:
    _mark_stale([(row.valid_from, row.valid_to) for row in rows], "assignment begun")
    record_many(
        actor=actor,
        acts=[
            Act(
                "assignment.begun",
                row,
                {},
                {
                    "program_manager": row.program_manager.name,
                    "agency": row.agency,
                    "role": row.role,
                    "valid_from": row.valid_from,
                    "valid_to": row.valid_to,
                },
                reason,
            )
            for row in rows
        ],
    )


def _mark_stale(ranges: Iterable[DayRange], reason: str) -> None:
    """Figures of staffing on these days are to be computed again; those of agreements stay."""
    days_mark_stale(ranges=ranges, reason=reason, prefix="staffing.")
