"""What the services of requests share: finding one to change, checking its history, keeping its "
"present state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from itinstall.choices import EntryKind, RequestState
from itinstall.history import Pause, Step, Steps
from itinstall.models import Hold, InstallationRequest, StageTransition
from itinstall.rules import Timeline
from itinstall.selectors.requests import pauses_of, stage_facts, standing_holds, standing_steps
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by

__all__ = [
    "ACTION",
    "PLAN_ACTION",
    "check_version",
    "refresh",
    "request_lock",
    "requests_lock",
    "step_of",
    "timeline_of",
]

ACTION = "itinstall.change"
PLAN_ACTION = "itinstall.plan"


def requests_lock(*, actor: Actor, pks: Iterable[int]) -> QuerySet[InstallationRequest]:
    """Those of `pks` that the person may change, locked, in order. Raises NotAllowed."""
    require(actor, ACTION)
    rows: QuerySet[InstallationRequest] = InstallationRequest.objects.filter(pk__in=list(pks))
    rows = rows.select_for_update(of=("self",))
    if actor.user is not None:
        rows = changeable_by(rows, actor.user)
    return rows.select_related("site__agency", "stage", "policy", "hold__why").order_by("pk")


def request_lock(*, actor: Actor, request: InstallationRequest, version: int | None) -> InstallationRequest:
    """The request, locked. `version`: what the person looked at; None: do not compare.

    Raises NotAllowed, InstallationRequest.DoesNotExist outside the scope, ValidationError when somebody
    else has changed it since.
    """
    locked = requests_lock(actor=actor, pks=[request.pk]).get()
    check_version(locked, version)
    return locked


def check_version(request: InstallationRequest, version: int | None) -> None:
    """Raises ValidationError (code "outdated") when the person looked at an earlier version."""
    if version is None or version == request.version:
        return
    newest: list[StageTransition | Hold] = [
        *StageTransition.objects.filter(request=request).select_related("entered_by").order_by("-pk")[:1],
        *Hold.objects.filter(request=request).select_related("entered_by").order_by("-pk")[:1],
    ]
    last = max(newest, key=lambda entry: entry.entered_at)
    who = last.entered_by.display_name if last.entered_by else "The system"
    at = timezone.localtime(last.entered_at)
    raise ValidationError(
        f"{who} changed {request.ref} meanwhile, at {at:%Y-%m-%d %H:%M}: it is now in {request.stage} since "
        f"{request.stage_on}. Nothing of yours was saved. Look at it again, then repeat what is "
        f"still needed.",
        code="outdated",
    )


def step_of(entry: StageTransition) -> Step:
    """An entry that is not stored yet, as a value."""
    stage = entry.stage
    return Step(entry.sequence, entry.kind, entry.on, stage.key if stage else "", stage.place if stage else 0)


def timeline_of(
    *,
    request: InstallationRequest,
    steps: Steps | None = None,
    pauses: Sequence[Pause] | None = None,
) -> Timeline:
    """The history as it stands, or with `steps` or `pauses` in place of what stands. At most three "
    "queries."""
    return Timeline(
        steps=standing_steps(request=request) if steps is None else steps,
        pauses=pauses_of(standing_holds(request=request), ()) if pauses is None else pauses,
        stages=stage_facts(),
        today=timezone.localdate(),
    )


def refresh(request: InstallationRequest, steps: Steps) -> None:
    """Make the request's present state repeat its history, and count the write. `steps`: those that stand."""
    last, end = steps.last_stage, steps.end
    if last is None:
        raise ValidationError("A request begins with its first stage. It cannot be taken back; cancel it.")
    request.stage_id, request.stage_on = last.stage, last.on
    request.state, request.closed_on = RequestState.OPEN, None
    if end is not None:
        done = end.kind == EntryKind.COMPLETED
        request.state = RequestState.COMPLETED if done else RequestState.CANCELLED
        request.closed_on = end.on
    request.hold = Hold.objects.standing().filter(request=request, ends_on__isnull=True).first()
    request.version += 1
    request.save(update_fields=["stage", "stage_on", "state", "closed_on", "hold", "version"])
