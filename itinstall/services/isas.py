"""Interconnection agreements (ISA) of sites: begun, stepped, corrected, taken back, given an expiry.

Steps are only ever added to. Every write checks the whole history as it would stand
(`itinstall.isa_history`), under a lock on the ISA; what was wrong before does not stop other work.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from itinstall.choices import IsaStepKind
from itinstall.isa_history import IsaMark, IsaMarks, IsaRules, isa_violations
from itinstall.models import Isa, IsaStep, Site
from itinstall.rules import enforce
from itinstall.selectors.isas import marks_of_isa
from itinstall.services.common import ACTION
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.trail.services import record

__all__ = ["isa_begin", "isa_expiry_set", "isa_step", "isa_step_correct", "isa_step_withdraw"]

MEANWHILE = "This step was corrected meanwhile. Look at the newest one."


@transaction.atomic
def isa_begin(
    *,
    actor: Actor,
    site: Site,
    on: date,
    kind: IsaStepKind = IsaStepKind.DRAFTED,
    note: str = "",
    is_synthetic: bool = False,
) -> Isa:
    """Begin the site's first or next ISA with its first step, on `on`.

    Raises NotAllowed, Site.DoesNotExist outside the scope, ValidationError: the site is closed, an ISA of it
    is still on its way, or ITI-020 and following.
    """
    require(actor, ACTION)
    rows = Site.objects.select_for_update(of=("self",)).select_related("agency")
    site = (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=site.pk)
    if site.is_closed:
        raise ValidationError(f"{site.name} is closed. Open it again first, or choose another site.")
    last = Isa.objects.filter(site=site).order_by("-number").first()
    if last is not None and (state := marks_of_isa(isa=last)).lies_with is not None:
        since = f" since {state.last.on}" if state.last else ""
        raise ValidationError(
            f"ISA {last.number} of the site is still on its way{since}. Enter its steps, or its end, there."
        )
    isa = Isa(site=site, number=last.number + 1 if last else 1, is_synthetic=is_synthetic)
    first = IsaMarks.of([IsaMark(1, kind, on)])
    _enforce(IsaMarks(()), first)
    isa.full_clean()
    isa.save()
    step = _save(actor, isa, IsaStep(sequence=1, kind=kind, on=on, reason=note.strip()), first)
    record(actor=actor, verb="isa.begun", obj=isa, after={"step": str(step)}, reason=note)
    return isa


@transaction.atomic
def isa_step(*, actor: Actor, isa: Isa, kind: IsaStepKind, on: date, note: str = "") -> IsaStep:
    """Enter the next step. Raises NotAllowed, Isa.DoesNotExist outside the scope, ValidationError."""
    isa = _locked(actor, isa)
    standing = marks_of_isa(isa=isa)
    sequence = IsaStep.objects.filter(isa=isa).order_by("-sequence").values_list("sequence", flat=True)[0] + 1
    after = IsaMarks.of([*standing.marks, IsaMark(sequence, kind, on)])
    _enforce(standing, after)
    step = _save(actor, isa, IsaStep(sequence=sequence, kind=kind, on=on, reason=note.strip()), after)
    before = {"step": str(_words(standing.last))} if standing.last else {}
    record(
        actor=actor, verb="isa.step_entered", obj=isa, before=before, after={"step": str(step)}, reason=note
    )
    return step


@transaction.atomic
def isa_step_correct(*, actor: Actor, step: IsaStep, kind: IsaStepKind, on: date, reason: str) -> IsaStep:
    """Put another day or step in place of one; the old one stays readable. Raises as `isa_step`."""
    isa, step = _standing_step(actor, step, reason)
    if (step.kind, step.on) == (kind, on):
        raise ValidationError({"on": "That is what is entered already. Change the day or the step."})
    standing = marks_of_isa(isa=isa)
    kept = [mark for mark in standing.marks if mark.sequence != step.sequence]
    after = IsaMarks.of([*kept, IsaMark(step.sequence, kind, on)])
    _enforce(standing, after)
    fixed = IsaStep(sequence=step.sequence, kind=kind, on=on, corrects=step, reason=reason.strip())
    _save(actor, isa, fixed, after)
    record(
        actor=actor,
        verb="isa.step_corrected",
        obj=isa,
        before={"step": str(step)},
        after={"step": str(fixed)},
        reason=reason,
    )
    return fixed


@transaction.atomic
def isa_step_withdraw(*, actor: Actor, step: IsaStep, reason: str) -> IsaStep:
    """Take back a step that should not have been entered. It stays readable. Raises as `isa_step`."""
    isa, step = _standing_step(actor, step, reason)
    standing = marks_of_isa(isa=isa)
    left = IsaMarks.of(mark for mark in standing.marks if mark.sequence != step.sequence)
    _enforce(standing, left)
    gone = IsaStep(
        sequence=step.sequence,
        kind=step.kind,
        on=step.on,
        corrects=step,
        is_withdrawal=True,
        reason=reason.strip(),
    )
    _save(actor, isa, gone, left)
    record(
        actor=actor,
        verb="isa.step_withdrawn",
        obj=isa,
        before={"step": str(step)},
        after={"step": str(_words(left.last))},
        reason=reason,
    )
    return gone


@transaction.atomic
def isa_expiry_set(*, actor: Actor, isa: Isa, expires_on: date | None, reason: str = "") -> Isa:
    """The first day on which the ISA no longer holds; None: not known, or none. Raises as `isa_step`."""
    isa = _locked(actor, isa)
    marks = marks_of_isa(isa=isa)
    if expires_on is not None and marks.signed_on is None:
        raise ValidationError({"expires_on": "It is not in force yet. Enter both signatures first."})
    if expires_on is not None and marks.signed_on is not None and expires_on <= marks.signed_on:
        raise ValidationError(
            {"expires_on": f"It is in force since {marks.signed_on}; it expires on a later day."}
        )
    before, isa.expires_on = isa.expires_on, expires_on
    if before == expires_on:
        return isa
    isa.save(update_fields=["expires_on"])
    record(
        actor=actor,
        verb="isa.expiry_set",
        obj=isa,
        before={"expires_on": before},
        after={"expires_on": expires_on},
        reason=reason,
    )
    return isa


def _locked(actor: Actor, isa: Isa) -> Isa:
    """The ISA, locked. Raises NotAllowed, Isa.DoesNotExist outside what the person may change."""
    require(actor, ACTION)
    rows = Isa.objects.select_for_update(of=("self",)).select_related("site__agency")
    return (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=isa.pk)


def _standing_step(actor: Actor, step: IsaStep, reason: str) -> tuple[Isa, IsaStep]:
    isa = _locked(actor, step.isa)
    if not reason.strip():
        raise ValidationError({"reason": "Say why, for example which message or record shows it."})
    found = IsaStep.objects.standing().filter(pk=step.pk).first()
    if found is None:
        raise ValidationError(MEANWHILE)
    return isa, found


def _enforce(before: IsaMarks, after: IsaMarks) -> None:
    """Raises ValidationError for what `after` has wrong and `before` had not."""
    today = timezone.localdate()
    known = isa_violations(IsaRules(before, today)) if before.marks else []
    enforce(found for found in isa_violations(IsaRules(after, today)) if found not in known)


def _save(actor: Actor, isa: Isa, step: IsaStep, after: IsaMarks) -> IsaStep:
    """Adds the step; the ISA repeats the last step of `after`, which is all that stands then."""
    step.isa, step.entered_by, step.is_synthetic = isa, actor.user, isa.is_synthetic
    step.save()
    if after.last is not None:
        isa.last_kind, isa.last_on = after.last.kind, after.last.on
        isa.save(update_fields=["last_kind", "last_on"])
    return step


def _words(mark: IsaMark | None) -> str:
    return f"{mark.label} on {mark.on}" if mark else ""
