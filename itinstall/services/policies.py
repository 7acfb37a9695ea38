"""Versions of the installation policy: from a day on a new one holds; requests keep the one of their day.

A version in use is never edited. What a request was promised stays what it was promised.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from agreements.choices import SupportModel
from itinstall.choices import ClockStart
from itinstall.models import HoldReason, InstallationPolicy, InstallationRequest, StageTransition
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.trail.services import record

__all__ = ["ACTION", "NewPolicy", "policy_begin", "policy_withdraw"]

ACTION = "parameters.change"


@dataclass(frozen=True, slots=True)
class NewPolicy:
    """What the next version says. `target_days`: calendar days. `pausing`: holds that stop the clock."""

    valid_from: date
    target_days: int
    clock_start: ClockStart
    models_with_equipment: Collection[str]
    pausing: Collection[HoldReason]
    source: str


@transaction.atomic
def policy_begin(*, actor: Actor, new: NewPolicy, reason: str = "") -> InstallationPolicy:
    """`new` holds from its day on, and closes the open version on that day.

    Raises NotAllowed, ValidationError: nothing changes, no source, an unknown model, or a day on or before
    which the open version began or a request was submitted under it.
    """
    require(actor, ACTION)
    versions = InstallationPolicy.objects.select_for_update().order_by("-valid_from")
    last = versions.first()
    if last is not None:
        _check_follows(last, new)
        last.valid_to = new.valid_from
    version = InstallationPolicy(
        valid_from=new.valid_from,
        target_days=new.target_days,
        clock_start=new.clock_start,
        models_with_equipment=[model for model in SupportModel.values if model in new.models_with_equipment],
        source=new.source.strip(),
        author=actor.user,
    )
    if set(new.models_with_equipment) - set(SupportModel.values):
        raise ValidationError({"models_with_equipment": "There is no such support model."})
    version.full_clean(exclude=["models_with_equipment", "author"])  # may be empty: none; the system
    if last is not None:
        last.save(update_fields=["valid_to"])
    version.save()
    version.pausing.set(new.pausing)
    record(
        actor=actor,
        verb="installation_policy.begun",
        obj=version,
        before=_values(last) if last else {},
        after=_values(version),
        reason=reason,
    )
    return version


@transaction.atomic
def policy_withdraw(*, actor: Actor, policy: InstallationPolicy, reason: str) -> InstallationPolicy:
    """Take back the newest version, entered by mistake, that no request keeps; the one before it is open
    again and returned. What it said stays in the trail. Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is taken back."})
    versions = list(InstallationPolicy.objects.select_for_update().order_by("-valid_from")[:2])
    if not versions or versions[0].pk != policy.pk:
        raise ValidationError("Only the newest version can be taken back.")
    if len(versions) == 1:
        raise ValidationError("It is the only version. Enter another one from a later day instead.")
    version, before = versions
    kept = InstallationRequest.objects.filter(policy=version).count()
    if kept:
        raise ValidationError(
            f"{kept} request{' keeps' if kept == 1 else 's keep'} this version. "
            "Enter another one from a later day instead."
        )
    record(
        actor=actor,
        verb="installation_policy.withdrawn",
        obj=version,
        before=_values(version),
        after=_values(before),
        reason=reason,
    )
    version.pausing.clear()
    version.delete()
    before.valid_to = None
    before.save(update_fields=["valid_to"])
    return before


def _check_follows(last: InstallationPolicy, new: NewPolicy) -> None:
    if new.valid_from <= last.valid_from:
        raise ValidationError(
            {
                "valid_from": f"The newest version holds from {last.valid_from}. "
                "Choose a later day, or take that version back first."
            }
        )
    same = (
        last.target_days == new.target_days
        and last.clock_start == new.clock_start
        and set(last.models_with_equipment) == set(new.models_with_equipment)
        and set(last.pausing.values_list("pk", flat=True)) == {reason.pk for reason in new.pausing}
    )
    if same:
        raise ValidationError("That is what holds already. Change the target, the clock, models or holds.")
    first_steps = StageTransition.objects.standing().filter(sequence=1, request__policy=last)
    later = first_steps.filter(on__gte=new.valid_from)
    if count := later.count():
        day = later.latest("on").on + timedelta(days=1)
        raise ValidationError(
            {
                "valid_from": f"{count} request{' was' if count == 1 else 's were'} submitted on or after "
                f"{new.valid_from} under the version in force then, and keep{'s' if count == 1 else ''} it. "
                f"The earliest day is {day}."
            }
        )


def _values(version: InstallationPolicy) -> dict[str, object]:
    return {
        "valid_from": version.valid_from,
        "target_days": version.target_days,
        "clock_start": version.clock_start,
        "models_with_equipment": version.models_with_equipment,
        "pausing": sorted(version.pausing.values_list("name", flat=True)),
        "source": version.source,
    }
