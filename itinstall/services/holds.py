"""Holds: work on a request stops, and why. Ending, correcting or taking back is a new entry each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from itinstall.affected import Picture
from itinstall.choices import Party
from itinstall.models import Hold, HoldReason, InstallationRequest
from itinstall.rules import enforce, hold_violations
from itinstall.selectors.requests import pauses_of, standing_holds, standing_steps
from itinstall.services.common import refresh, request_lock, timeline_of
from itinstall.services.stale import figures_mark_stale, pictures_of
from oversight.access.actors import Actor
from oversight.trail.services import record

__all__ = ["hold_begin", "hold_correct", "hold_end", "hold_withdraw"]


@transaction.atomic
def hold_begin(
    *,
    actor: Actor,
    request: InstallationRequest,
    why: HoldReason,
    owner: Party,
    on: date,
    until: date | None = None,
    note: str = "",
    version: int | None = None,
) -> Hold:
    """Work stops on `on`, because of `why`; `owner` has to act. `until`: for one that is over, the "
    "first day after.

    Raises NotAllowed, InstallationRequest.DoesNotExist outside the scope, ValidationError.
    """
    request = request_lock(actor=actor, request=request, version=version)
    if not why.is_active:
        raise ValidationError({"why": f"“{why}” is no longer used. Choose another reason."})
    hold = Hold(
        request=request,
        why=why,
        owner=owner,
        begins_on=on,
        ends_on=until,
        reason=note.strip(),
        entered_by=actor.user,
        is_synthetic=request.is_synthetic,
    )
    _enforce(request, hold, None)
    then = pictures_of([request.pk])
    hold.save()
    _after(actor, request, hold, None, then, verb="installation.hold_begun", reason=note)
    return hold


@transaction.atomic
def hold_end(*, actor: Actor, hold: Hold, on: date, note: str = "", version: int | None = None) -> Hold:
    """Work goes on from `on`, the first day no longer on hold. Raises as `hold_begin`."""
    request, hold = _own(actor, hold, version)
    if hold.ends_on is not None:
        raise ValidationError({"on": f"It already ended on {hold.ends_on}. Correct that instead."})
    ended = _copy(actor, hold, ends_on=on, reason=note)
    return _replace(actor, request, hold, ended, verb="installation.hold_ended")


@transaction.atomic
def hold_correct(
    *,
    actor: Actor,
    hold: Hold,
    begins_on: date,
    ends_on: date | None,
    why: HoldReason,
    owner: Party,
    reason: str,
    version: int | None = None,
) -> Hold:
    """Put other days, another reason or owner in place of what is entered. Raises as `hold_begin`."""
    request, hold = _own(actor, hold, version)
    if not reason.strip():
        raise ValidationError({"reason": "Say why, for example which message or record shows it."})
    fixed = _copy(actor, hold, begins_on=begins_on, ends_on=ends_on, why=why, owner=owner, reason=reason)
    return _replace(actor, request, hold, fixed, verb="installation.hold_corrected")


@transaction.atomic
def hold_withdraw(*, actor: Actor, hold: Hold, reason: str, version: int | None = None) -> Hold:
    """Take a hold back that should not have been entered. It stays readable. Raises as `hold_begin`."""
    request, hold = _own(actor, hold, version)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is taken back."})
    gone = _copy(actor, hold, is_withdrawal=True, reason=reason)
    then = pictures_of([request.pk])
    gone.save()
    _after(actor, request, None, hold, then, verb="installation.hold_withdrawn", reason=reason)
    return gone


def _own(actor: Actor, hold: Hold, version: int | None) -> tuple[InstallationRequest, Hold]:
    """Request, locked, and hold, if it still stands. Raises ValidationError."""
    request = request_lock(actor=actor, request=hold.request, version=version)
    found = Hold.objects.standing().filter(pk=hold.pk).select_related("why").first()
    if found is None:
        raise ValidationError("This hold was changed meanwhile. Look at the newest entry.")
    return request, found


def _copy(actor: Actor, hold: Hold, **changes: object) -> Hold:
    values: dict[str, object] = {
        "request_id": hold.request_id,
        "why": hold.why,
        "owner": hold.owner,
        "begins_on": hold.begins_on,
        "ends_on": hold.ends_on,
        "is_synthetic": hold.is_synthetic,
    }
    values |= changes
    values["reason"] = str(values.get("reason", "")).strip()
    return Hold(corrects=hold, entered_by=actor.user, **values)


def _replace(actor: Actor, request: InstallationRequest, old: Hold, new: Hold, *, verb: str) -> Hold:
    _enforce(request, new, old)
    then = pictures_of([request.pk])
    new.save()
    _after(actor, request, new, old, then, verb=verb, reason=new.reason)
    return new


def _enforce(request: InstallationRequest, hold: Hold, old: Hold | None) -> None:
    others = [item for item in standing_holds(request=request) if old is None or item.pk != old.pk]
    line = timeline_of(request=request, pauses=pauses_of(others, ()))
    enforce(hold_violations(line, pauses_of([hold], ())[0]))


def _after(
    actor: Actor,
    request: InstallationRequest,
    new: Hold | None,
    old: Hold | None,
    then: Mapping[int, Picture],
    *,
    verb: str,
    reason: str,
) -> None:
    """`then`: what figures read of the request before."""
    refresh(request, standing_steps(request=request))
    figures_mark_stale(before=then, pks=[request.pk], reason=f"{request.ref} hold")
    record(
        actor=actor,
        verb=verb,
        obj=request,
        before=_told(old) if old is not None else {},
        after=_told(new) if new is not None else {},
        reason=reason,
    )


def _told(hold: Hold) -> dict[str, object]:
    return {
        "hold": hold.why.name,
        "owner": Party(hold.owner).label,
        "begins_on": hold.begins_on,
        "ends_on": hold.ends_on,
    }
