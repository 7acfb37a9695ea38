"""People's answers in the review queue. An answer beats every rule until it is undone."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from agreements.choices import DecisionState, VerdictKind
from agreements.models import Decision, RegisterState, Verdict
from agreements.services.decisions import STAFF_STATEMENT
from agreements.services.register import register_lock, register_sync
from agreements.services.store import Store
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.trail.services import record

__all__ = ["verdict_give", "verdict_undo"]


@transaction.atomic
def verdict_give(*, actor: Actor, decision: Decision, kind: str, reason: str = "") -> Verdict:
    """Answer that the two of `decision` are the same, different, or to be decided later.

    Overruling what a rule applied needs a reason. The register is derived again at once. Raises NotAllowed,
    ValidationError (an answer stands already; no reason; "same" about a staff statement).
    """
    require(actor, "reviews.decide")
    if actor.user is None:
        raise ValidationError("A person decides, not the system.")
    state = register_lock()
    decision = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    kind = VerdictKind(kind)
    if decision.state == DecisionState.APPLIED and not reason.strip():
        raise ValidationError({"reason": "A rule decided this. Say why you overrule it."})
    if decision.rule == STAFF_STATEMENT and kind == VerdictKind.SAME:
        raise ValidationError("Withdraw or end the statement on the agreement's page if the list is right.")
    if decision.left_key == decision.right_key and kind == VerdictKind.DISTINCT:
        raise ValidationError("This is about one row only. Keep it as printed, or decide later.")
    standing = Verdict.objects.filter(
        subject=decision.subject,
        left_key=decision.left_key,
        right_key=decision.right_key,
        undone_at__isnull=True,
    )
    if standing.exclude(kind=VerdictKind.LATER).exists():
        raise ValidationError("An answer stands already. Undo it first.")
    standing.update(undone_at=timezone.now(), undone_by=actor.user)
    verdict = Verdict.objects.create(
        subject=decision.subject,
        left_key=decision.left_key,
        right_key=decision.right_key,
        decision=decision,
        kind=kind,
        reason=reason.strip(),
        decided_by=actor.user,
    )
    record(
        actor=actor,
        verb=f"review.{kind.value}",
        obj=decision,
        before={"state": decision.state},
        after={"state": kind.value},
        reason=reason,
    )
    _derive_again(actor, state, f"review: {kind.label.lower()}")
    return verdict


@transaction.atomic
def verdict_undo(*, actor: Actor, verdict: Verdict, reason: str = "") -> Verdict:
    """Take an answer back; the rules decide again. Raises NotAllowed, ValidationError when undone before."""
    require(actor, "reviews.decide")
    state = register_lock()
    verdict = Verdict.objects.select_for_update(of=("self",)).select_related("decision").get(pk=verdict.pk)
    if verdict.undone_at is not None:
        raise ValidationError("The answer was already undone.")
    verdict.undone_at, verdict.undone_by = timezone.now(), actor.user
    verdict.save(update_fields=["undone_at", "undone_by"])
    # The rules' own word again; the derivation below lays it to rest if they have none.
    Decision.objects.filter(pk=verdict.decision_id).update(state=DecisionState.OPEN, is_standing=True)
    record(
        actor=actor,
        verb="review.undone",
        obj=verdict.decision,
        before={"state": verdict.kind},
        after={"state": "undone"},
        reason=reason,
    )
    _derive_again(actor, state, "review: answer undone")
    return verdict


def _derive_again(actor: Actor, state: RegisterState, reason: str) -> None:
    store = Store.load()
    register = store.derived()
    register_sync(actor=actor, store=store, register=register, state=state, reason=reason)
