"""Setting and ending targets. Headquarters decides; the product presets none (GAO-21-186)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange.locks import one_at_a_time
from oversight.metrics.base import Subject
from oversight.metrics.choices import Direction, Level
from oversight.metrics.models import Target
from oversight.metrics.registry import get_metric
from oversight.metrics.subjects import level_names
from oversight.trail.services import record

__all__ = ["ACTION", "NewTarget", "target_end", "target_set"]

ACTION = "parameters.change"


@dataclass(frozen=True, slots=True)
class NewTarget:
    """What is to be set. `for_every`: for every subject of the level; `subject` has no key then."""

    metric: str
    subject: Subject
    direction: Direction
    value: Decimal
    valid_from: date
    owner: str
    source: str
    for_every: bool = False
    valid_to: date | None = None
    note: str = ""


@transaction.atomic
def target_set(*, actor: Actor, new: NewTarget, reason: str = "") -> Target:
    """A target from `valid_from` on; the one that ran for the same figure ends on that day.

    Raises NotAllowed, ValidationError (no such figure or subject; a later target is in the way).
    """
    require(actor, ACTION)
    if actor.user is None:
        raise ValidationError("A target is set by a person.")
    _check(new)
    one_at_a_time("metrics.targets")  # two people may not set one for the same days
    target = Target(
        metric=new.metric,
        level=new.subject.level,
        subject=new.subject.key,
        for_every=new.for_every,
        direction=new.direction,
        value=new.value,
        valid_from=new.valid_from,
        valid_to=new.valid_to,
        owner=new.owner.strip(),
        source=new.source.strip(),
        note=new.note.strip(),
        created_by=actor.user,
    )
    _make_room(actor, target)
    target.full_clean()
    target.save()
    record(actor=actor, verb="target.set", obj=target, after=_values(target), reason=reason)
    return target


def _check(new: NewTarget) -> None:
    """Raises ValidationError unless figure and subject exist."""
    try:
        metric = get_metric(new.metric)
    except KeyError:
        raise ValidationError({"metric": "There is no figure with this name."}) from None
    level = new.subject.level
    if level not in metric.levels:
        raise ValidationError({"level": f"“{metric.name}” is not given at this level."})
    if new.for_every:
        return
    if level != Level.NATION and new.subject.key not in level_names(level):
        raise ValidationError({"subject": "Choose a subject of this level from the list."})


def _make_room(actor: Actor, target: Target) -> None:
    """End what runs on the new target's first day. Raises ValidationError where a later one is in the way."""
    same = Target.objects.select_for_update().filter(
        metric=target.metric, level=target.level, subject=target.subject, for_every=target.for_every
    )
    later = same.filter(valid_from__gte=target.valid_from).order_by("valid_from")
    if target.valid_to is not None:
        later = later.filter(valid_from__lt=target.valid_to)
    first = later.first()
    if first is not None:
        raise ValidationError(
            {
                "valid_from": f"There is a target from {first.valid_from} on. "
                "Choose an end on or before that day, or end that one first."
            }
        )
    running = same.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=target.valid_from))
    for old in running.filter(valid_from__lt=target.valid_from):  # at most one: they do not overlap
        _end(actor, old, target.valid_from, "A new target takes its place.")


@transaction.atomic
def target_end(*, actor: Actor, target: Target, on: date, reason: str = "") -> Target:
    """`target` no longer holds from `on`. Raises NotAllowed, ValidationError (over; not after its start)."""
    require(actor, ACTION)
    target = Target.objects.select_for_update().get(pk=target.pk)
    if target.valid_to is not None and target.valid_to <= on:
        raise ValidationError({"on": f"It ends on {target.valid_to} already. Choose an earlier day."})
    if on <= target.valid_from:
        raise ValidationError({"on": f"It holds from {target.valid_from}. Choose a later day."})
    _end(actor, target, on, reason)
    return target


def _end(actor: Actor, target: Target, on: date, reason: str) -> None:
    before = target.valid_to
    target.valid_to = on
    target.save(update_fields=["valid_to"])
    record(
        actor=actor,
        verb="target.ended",
        obj=target,
        before={"valid_to": before},
        after={"valid_to": on},
        reason=reason,
    )


def _values(target: Target) -> dict[str, object]:
    return {
        "metric": target.metric,
        "level": target.level,
        "subject": target.subject,
        "for_every": target.for_every,
        "direction": target.direction,
        "value": target.value,
        "valid_from": target.valid_from,
        "valid_to": target.valid_to,
        "owner": target.owner,
        "source": target.source,
    }
