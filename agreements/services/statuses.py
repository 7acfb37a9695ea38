"""Staff statements about an agreement, and the effective status that follows from them and the lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agreements.choices import Origin, Status
from agreements.models import Agreement, AgreementStatus, Decision
from agreements.services.bulk import update_columns
from agreements.services.decisions import STAFF_STATEMENT
from agreements.services.waits import review_waits_sync
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.metrics.services import DayRange, days_mark_stale
from oversight.trail.services import record

Told = Mapping[str, object]  # what the trail tells of

__all__ = [
    "agreement_suspend",
    "agreement_terminate",
    "effective_statuses_refresh",
    "statement_check",
    "statement_end",
    "statement_withdraw",
]


def agreement_suspend(*, actor: Actor, agreement: Agreement, on: date, reason: str) -> AgreementStatus:
    """Enter that `agreement` is suspended from `on` (MOA, suspension section). It wins over any list.

    Raises NotAllowed, Agreement.DoesNotExist outside the scope, ValidationError with fields `on`, `reason`.
    """
    return _state(actor=actor, agreement=agreement, status=Status.SUSPENDED, on=on, reason=reason)


def agreement_terminate(*, actor: Actor, agreement: Agreement, on: date, reason: str) -> AgreementStatus:
    """Enter that `agreement` ended on `on` (MOA, termination section). Raises as `agreement_suspend`."""
    return _state(actor=actor, agreement=agreement, status=Status.TERMINATED, on=on, reason=reason)


@transaction.atomic
def _state(*, actor: Actor, agreement: Agreement, status: Status, on: date, reason: str) -> AgreementStatus:
    agreement = _changeable(actor, agreement)
    statement_check(agreement=agreement, status=status, on=on, reason=reason)
    statement = AgreementStatus.objects.create(
        agreement=agreement,
        status=status,
        begins_on=on,
        origin=Origin.STAFF,
        reason=reason.strip(),
        entered_by=actor.user,
    )
    before = agreement.status
    days_mark_stale(ranges=[(on, None)], reason=f"{agreement.ref} {status.label.lower()}")
    effective_statuses_refresh(on=timezone.localdate(), only=[agreement.pk])
    agreement.refresh_from_db()
    record(
        actor=actor,
        verb=f"agreement.{status.value}",
        obj=agreement,
        before={"status": before},
        after={"status": agreement.status, "on": on},
        reason=reason,
    )
    return statement


@transaction.atomic
def statement_end(*, actor: Actor, statement: AgreementStatus, on: date, reason: str) -> AgreementStatus:
    """End a suspension on `on` (the first day it no longer holds): the agreement is reinstated.

    Raises NotAllowed, DoesNotExist outside the scope, ValidationError with fields `on`, `reason`.
    """
    statement = _own_statement(actor, statement)
    if statement.ends_on is not None:
        raise ValidationError({"on": f"It already ended on {statement.ends_on}."})
    if on <= statement.begins_on:
        raise ValidationError({"on": f"It began on {statement.begins_on}; it can end on a later day only."})
    if not reason.strip():
        raise ValidationError({"reason": "Say why it ends, e.g. which letter or decision."})
    statement.ends_on = on
    statement.save(update_fields=["ends_on"])
    _after_change(
        actor,
        statement,
        days=(on, None),
        verb="agreement.reinstated",
        before={"ends_on": None},
        after={"ends_on": on},
        reason=reason,
    )
    return statement


@transaction.atomic
def statement_withdraw(*, actor: Actor, statement: AgreementStatus, reason: str) -> AgreementStatus:
    """Take a statement back that should not have been entered. It stays readable, with who and when.

    Raises NotAllowed, DoesNotExist outside the scope, ValidationError when it is a list's or withdrawn.
    """
    statement = _own_statement(actor, statement)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is withdrawn."})
    statement.withdrawn_at, statement.withdrawn_by = timezone.now(), actor.user
    statement.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _after_change(
        actor,
        statement,
        days=(statement.begins_on, statement.ends_on),
        verb="agreement.statement_withdrawn",
        before={"statement": statement.status},
        after={},
        reason=reason,
    )
    return statement


def effective_statuses_refresh(*, on: date, only: Iterable[int] | None = None) -> int:
    """Set `status` and `status_on` of agreements as of `on`: a staff statement in force, else the lists.

    Statements on a double count for the agreement it was found to be. How many changed.
    """
    agreements = Agreement.objects.all() if only is None else Agreement.objects.filter(pk__in=list(only))
    begun = {
        agreement: begins
        for agreement, begins in AgreementStatus.objects.filter(origin=Origin.LIST)
        .order_by("begins_on", "pk")
        .values_list("agreement_id", "begins_on")
    }
    stated = _statements_in_force(on)
    changes: dict[int, dict[str, Any]] = {}
    for pk, status, status_on, list_status in agreements.values_list(
        "pk", "status", "status_on", "list_status"
    ):
        wanted, since = stated.get(pk) or (list_status, begun.get(pk, status_on))
        if (status, status_on) != (wanted, since):
            changes[pk] = {"status": wanted, "status_on": since}
    update_columns(Agreement, changes)
    return len(changes)


def _statements_in_force(on: date) -> dict[int, tuple[str, date]]:
    """Agreement → (status, since) by staff statements on `on`; an end wins, then the later day."""
    rows = (
        AgreementStatus.objects.filter(origin=Origin.STAFF)
        .standing()
        .active_on(on)
        .values_list("agreement_id", "agreement__merged_into_id", "status", "begins_on", "pk")
    )
    # Two doubles that are found to be one may each bring a statement: entered apart, they may contradict.
    ordered = sorted(rows, key=lambda row: (row[2] == Status.TERMINATED, row[3], row[4]))
    return {root or agreement: (status, begins) for agreement, root, status, begins, _ in ordered}


def _changeable(actor: Actor, agreement: Agreement) -> Agreement:
    """The agreement, locked; the one it was found to be when it is a double."""
    require(actor, "agreements.change")
    rows: QuerySet[Agreement] = Agreement.objects.current().select_for_update(of=("self",))
    if actor.user is not None:
        rows = changeable_by(rows, actor.user)
    return rows.get(pk=agreement.merged_into_id or agreement.pk)


def _own_statement(actor: Actor, statement: AgreementStatus) -> AgreementStatus:
    statement = AgreementStatus.objects.select_for_update(of=("self",)).get(pk=statement.pk)
    _changeable(actor, statement.agreement)
    if statement.origin != Origin.STAFF:
        raise ValidationError("A published list's statement cannot be changed; enter your own.")
    if statement.withdrawn_at is not None:
        raise ValidationError("The statement was already withdrawn.")
    return statement


def statement_check(*, agreement: Agreement, status: Status, on: date, reason: str) -> None:
    """Whether a suspension or termination from `on` may be entered; for forms that ask before they enter.

    Raises ValidationError with fields `on`, `reason`.
    """
    errors = {}
    if agreement.signed_on and on < agreement.signed_on:
        errors["on"] = (
            f"{on} is before the MOA was signed ({agreement.signed_on}). "
            "Check the year, or have the signing date corrected first."
        )
    elif on > timezone.localdate() + timedelta(days=366):
        errors["on"] = f"{on} is more than a year ahead. Check the year."
    elif clash := _contradiction(agreement, status, on):
        errors["on"] = clash
    if not reason.strip():
        errors["reason"] = "Give the reason, e.g. the letter and its date."
    if errors:
        raise ValidationError(errors)


def _contradiction(agreement: Agreement, status: Status, on: date) -> str:
    """Why what staff entered before does not go with it, and what to do; "" when nothing does not.

    An agreement ends once, and nothing follows its end; two suspensions do not overlap.
    """
    standing = AgreementStatus.objects.standing().filter(origin=Origin.STAFF)
    entered = standing.filter(Q(agreement=agreement) | Q(agreement__merged_into=agreement))
    ended = entered.filter(status=Status.TERMINATED).order_by("begins_on").first()
    if ended and (status == Status.TERMINATED or on >= ended.begins_on):
        return f"It is already terminated from {ended.begins_on}. If that is wrong, withdraw it first."
    suspended = entered.filter(status=Status.SUSPENDED).order_by("begins_on")
    if status == Status.TERMINATED:
        if later := suspended.filter(begins_on__gte=on).first():
            return (
                f"A suspension from {later.begins_on} is entered, and nothing follows an end. "
                "If that is wrong, withdraw it first."
            )
        return ""
    if open_one := suspended.exclude(ends_on__lte=on).first():
        since = f"It is already suspended since {open_one.begins_on}."
        later_one = f"A suspension from {open_one.begins_on} is already entered; withdraw it first."
        return since if open_one.begins_on <= on else later_one
    return ""


def _after_change(
    actor: Actor,
    statement: AgreementStatus,
    *,
    days: DayRange,
    verb: str,
    before: Told,
    after: Told,
    reason: str,
) -> None:
    """`days`: those on which the statement says something else than before."""
    root = statement.agreement.merged_into_id or statement.agreement_id
    # What a list said against it is no question any more.
    Decision.objects.filter(rule=STAFF_STATEMENT, right_key=f"statement:{statement.pk}").update(
        is_standing=False
    )
    review_waits_sync()
    days_mark_stale(ranges=[days], reason=f"statement {statement.pk}")
    effective_statuses_refresh(on=timezone.localdate(), only=[root])
    agreement = Agreement.objects.select_related("agency").get(pk=root)
    after = {**after, "status": agreement.status}
    record(actor=actor, verb=verb, obj=agreement, before=before, after=after, reason=reason)
