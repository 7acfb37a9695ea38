"""Installation requests: submitted, moved, completed, cancelled, corrected. Nothing is overwritten.

Every write checks the whole history as it would stand afterwards (`itinstall.rules`), under a lock on the
request. `version` is what the person looked at; a later write of somebody else refuses this one.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from agreements.models import Agreement
from agreements.refs import make_ref
from itinstall.choices import EntryKind, Priority
from itinstall.history import Steps
from itinstall.models import InstallationPolicy, InstallationRequest, Site, Stage, StageTransition
from itinstall.rules import enforce, new_violations, violations_of
from itinstall.selectors.requests import clock_agreement, policy_on, standing_steps
from itinstall.services.common import (
    ACTION,
    refresh,
    request_lock,
    step_of,
    timeline_of,
)
from itinstall.services.stale import figures_mark_stale, pictures_of
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.trail.services import record

__all__ = [
    "REQUEST_PREFIX",
    "entry_correct",
    "entry_withdraw",
    "request_cancel",
    "request_complete",
    "request_create",
    "request_describe",
    "request_move",
]

REQUEST_PREFIX = "ITR"


@transaction.atomic
def request_create(
    *,
    actor: Actor,
    site: Site,
    on: date,
    agreement: Agreement | None = None,
    priority: Priority = Priority.NORMAL,
    note: str = "",
    is_synthetic: bool = False,
) -> InstallationRequest:
    """Submit a request for `site` on `on`: it is in the first stage. It keeps the policy in force that day.

    `agreement`: whose signature starts the clock; None: `clock_agreement` decides. Raises NotAllowed,
    Site.DoesNotExist outside the scope, ValidationError.
    """
    require(actor, ACTION)
    rows = Site.objects.select_for_update(of=("self",)).select_related("agency")
    site = (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=site.pk)
    policy = _policy(on)
    chosen = agreement or clock_agreement(site=site, policy=policy)
    _check_site(site, chosen)
    stage = Stage.objects.filter(is_active=True).order_by("place").first()
    if stage is None:
        raise ValidationError("There are no stages. An administrator enters them first.")
    number = InstallationRequest.objects.filter(site=site).count() + 1
    request = InstallationRequest(
        ref=_free_ref(f"{site.ref}|{number}"),
        site=site,
        agreement=chosen,
        policy=policy,
        priority=priority,
        note=note.strip(),
        stage=stage,
        stage_on=on,
        is_synthetic=is_synthetic,
    )
    entry = StageTransition(
        request=request, sequence=1, stage=stage, on=on, entered_by=actor.user, is_synthetic=is_synthetic
    )
    enforce(violations_of(timeline_of(request=request, steps=Steps.of([step_of(entry)]), pauses=[])))
    request.full_clean(exclude=["stage"])
    request.save()
    entry.save()
    figures_mark_stale(before={}, pks=[request.pk], reason=f"{request.ref} submitted")
    after = {"site": str(site), "agreement": chosen.ref if chosen else None, "stage": stage.name, "on": on}
    record(actor=actor, verb="installation.submitted", obj=request, after=after)
    return request


def request_move(
    *,
    actor: Actor,
    request: InstallationRequest,
    stage: Stage,
    on: date,
    version: int | None = None,
    reason: str = "",
) -> StageTransition:
    """Begin `stage` on `on`. Going back to an earlier stage needs a `reason`.

    Raises NotAllowed, InstallationRequest.DoesNotExist outside the scope, ValidationError.
    """
    if not stage.is_active:
        raise ValidationError({"stage": f"{stage} is no longer used. Choose another stage."})
    entry = StageTransition(kind=EntryKind.STAGE, stage=stage, on=on, reason=reason.strip())
    return _add(actor, request, entry, version, verb="installation.moved")


def request_complete(
    *, actor: Actor, request: InstallationRequest, on: date, version: int | None = None, reason: str = ""
) -> StageTransition:
    """The site works since `on`. Raises as `request_move`, also while it is on hold."""
    entry = StageTransition(kind=EntryKind.COMPLETED, on=on, reason=reason.strip())
    return _add(actor, request, entry, version, verb="installation.completed")


def request_cancel(
    *, actor: Actor, request: InstallationRequest, on: date, reason: str, version: int | None = None
) -> StageTransition:
    """Give the request up on `on`, for a reason. Raises as `request_move`, also while it is on hold."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is given up."})
    entry = StageTransition(kind=EntryKind.CANCELLED, on=on, reason=reason.strip())
    return _add(actor, request, entry, version, verb="installation.cancelled")


@transaction.atomic
def _add(
    actor: Actor, request: InstallationRequest, entry: StageTransition, version: int | None, *, verb: str
) -> StageTransition:
    request = request_lock(actor=actor, request=request, version=version)
    standing, then = standing_steps(request=request), pictures_of([request.pk])
    last = StageTransition.objects.filter(request=request).order_by("-sequence").values_list("sequence")[:1]
    entry.request, entry.sequence = request, last.get()[0] + 1
    entry.entered_by, entry.is_synthetic = actor.user, request.is_synthetic
    steps = Steps.of([*standing.steps, step_of(entry)])
    _check_way_back(entry, standing)
    enforce(new_violations(timeline_of(request=request, steps=steps), standing))
    before = {"stage": request.stage.name, "stage_on": request.stage_on, "state": request.state}
    entry.save()
    refresh(request, steps)
    told = entry.get_kind_display().lower()
    figures_mark_stale(before=then, pks=[request.pk], reason=f"{request.ref} {told}")
    after = {"stage": entry.stage.name} if entry.stage else {"closed_on": entry.on}
    record(
        actor=actor,
        verb=verb,
        obj=request,
        before=before,
        after={**after, "stage_on": request.stage_on, "state": request.state},
        reason=entry.reason,
    )
    return entry


def _check_way_back(entry: StageTransition, standing: Steps) -> None:
    last = standing.last_stage
    if entry.stage is None or last is None or entry.stage.place > last.place or entry.reason:
        return
    if entry.stage.key != last.stage:
        raise ValidationError(
            {"reason": f"{entry.stage} comes before the present stage. Say why it goes back."}
        )


@transaction.atomic
def entry_correct(
    *,
    actor: Actor,
    entry: StageTransition,
    on: date,
    stage: Stage | None = None,
    reason: str,
    version: int | None = None,
) -> StageTransition:
    """Put another day, or for a stage another stage, in place of `entry`; the old one stays readable.

    Raises NotAllowed, InstallationRequest.DoesNotExist, ValidationError: no reason, corrected already, or a
    history that could not be.
    """
    request = request_lock(actor=actor, request=entry.request, version=version)
    entry = _standing_entry(entry, reason)
    fixed = StageTransition(
        request=request,
        sequence=entry.sequence,
        kind=entry.kind,
        stage=(stage or entry.stage) if entry.kind == EntryKind.STAGE else None,
        on=on,
        corrects=entry,
        reason=reason.strip(),
        entered_by=actor.user,
        is_synthetic=entry.is_synthetic,
    )
    if (fixed.on, fixed.stage_id) == (entry.on, entry.stage_id):
        raise ValidationError({"on": "That is what is entered already. Change the day or the stage."})
    standing = standing_steps(request=request)
    steps = Steps.of([*(s for s in standing.steps if s.sequence != entry.sequence), step_of(fixed)])
    enforce(new_violations(timeline_of(request=request, steps=steps), standing))
    then = pictures_of([request.pk])
    fixed.save()
    refresh(request, steps)
    figures_mark_stale(before=then, pks=[request.pk], reason=f"{request.ref} corrected")
    record(
        actor=actor,
        verb="installation.corrected",
        obj=request,
        before={"step": str(entry)},
        after={"step": str(fixed)},
        reason=reason,
    )
    return fixed


@transaction.atomic
def entry_withdraw(
    *, actor: Actor, entry: StageTransition, reason: str, version: int | None = None
) -> StageTransition:
    """Take a step back that should not have been entered: undo. It stays readable.

    Raises as `entry_correct`. The first step cannot be taken back; the request is cancelled instead.
    """
    request = request_lock(actor=actor, request=entry.request, version=version)
    entry = _standing_entry(entry, reason)
    if entry.sequence == 1:
        raise ValidationError("A request begins with its first stage. It cannot be taken back; cancel it.")
    standing = standing_steps(request=request)
    steps = Steps.of(step for step in standing.steps if step.sequence != entry.sequence)
    enforce(new_violations(timeline_of(request=request, steps=steps), standing))
    then = pictures_of([request.pk])
    gone = StageTransition.objects.create(
        request=request,
        sequence=entry.sequence,
        kind=entry.kind,
        stage=entry.stage,
        on=entry.on,
        corrects=entry,
        is_withdrawal=True,
        reason=reason.strip(),
        entered_by=actor.user,
        is_synthetic=entry.is_synthetic,
    )
    refresh(request, steps)
    figures_mark_stale(before=then, pks=[request.pk], reason=f"{request.ref} step taken back")
    record(
        actor=actor,
        verb="installation.step_withdrawn",
        obj=request,
        before={"step": str(entry)},
        after={"stage": request.stage.name, "state": request.state},
        reason=reason,
    )
    return gone


@transaction.atomic
def request_describe(
    *,
    actor: Actor,
    request: InstallationRequest,
    priority: Priority,
    note: str,
    agreement: Agreement | None,
    version: int | None = None,
    reason: str = "",
) -> InstallationRequest:
    """Change priority, note, or the agreement whose signature starts the clock.

    Raises NotAllowed (priorities are headquarters': they weigh requests against each other and other
    programs), InstallationRequest.DoesNotExist, ValidationError.
    """
    request = request_lock(actor=actor, request=request, version=version)
    if priority != request.priority:
        require(actor, "itinstall.plan")
    _check_site(request.site, agreement)
    before = {"priority": request.priority, "note": request.note, "agreement": request.agreement_id}
    then = pictures_of([request.pk])
    request.priority, request.note, request.agreement = priority, note.strip(), agreement
    after = {"priority": request.priority, "note": request.note, "agreement": request.agreement_id}
    changed = [key for key, value in after.items() if value != before[key]]
    if not changed:
        return request
    request.version += 1
    request.full_clean(exclude=["stage"])
    request.save(update_fields=[*changed, "version"])
    if "agreement" in changed:
        figures_mark_stale(before=then, pks=[request.pk], reason=f"{request.ref} other agreement")
    record(
        actor=actor,
        verb="installation.changed",
        obj=request,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        reason=reason,
    )
    return request


def _standing_entry(entry: StageTransition, reason: str) -> StageTransition:
    """The entry if it still stands. The request is locked. Raises ValidationError."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why, for example which message or record shows it."})
    found = StageTransition.objects.standing().filter(pk=entry.pk).select_related("stage").first()
    if found is None:
        raise ValidationError("This step was corrected meanwhile. Look at the newest one.")
    return found


def _policy(on: date) -> InstallationPolicy:
    try:
        return policy_on(day=on)
    except InstallationPolicy.DoesNotExist:
        raise ValidationError(
            {"on": f"No installation policy was in force on {on}. Headquarters enters it first."}
        ) from None


def _check_site(site: Site, agreement: Agreement | None) -> None:
    """Raises ValidationError: the agreement is another agency's, or the site is closed."""
    if site.is_closed:
        raise ValidationError(
            {"site": f"{site.name} is closed. Open it again first, or choose another site."}
        )
    root = site.agency.merged_into_id or site.agency_id
    if agreement is not None and (agreement.agency.merged_into_id or agreement.agency_id) != root:
        raise ValidationError({"agreement": f"{agreement.ref} is an agreement of another agency."})


def _free_ref(key: str) -> str:
    for attempt in range(100):
        ref = make_ref(REQUEST_PREFIX, key, attempt=attempt)
        if not InstallationRequest.objects.filter(ref=ref).exists():
            return ref
    raise RuntimeError("No free reference in a hundred tries.")  # once in 10^180
