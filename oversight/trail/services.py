"""Writing the trail. Every service that changes a record calls `record` in its own transaction."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Model

from oversight.access.actors import Actor
from oversight.trail.context import current_request_id
from oversight.trail.models import TrailEntry

__all__ = ["Act", "record", "record_many"]

BATCH = 500


@dataclass(frozen=True, slots=True)
class Act:
    """One act, for the bulk form."""

    verb: str
    obj: Model
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def record(
    *,
    actor: Actor,
    verb: str,
    obj: Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    request_id: str | None = None,
) -> TrailEntry:
    """Write one entry. `before` and `after` hold only the fields that matter, as plain values.

    Raises RuntimeError outside a transaction: an entry without its change, or the reverse, is a lie.
    """
    acts = [Act(verb=verb, obj=obj, before=before or {}, after=after or {}, reason=reason)]
    return record_many(actor=actor, acts=acts, request_id=request_id)[0]


def record_many(*, actor: Actor, acts: Iterable[Act], request_id: str | None = None) -> list[TrailEntry]:
    """Write many entries of one actor at once, in order."""
    if not connection.in_atomic_block:
        raise RuntimeError("The trail is written in the transaction of the change it records.")
    rid = current_request_id() if request_id is None else request_id
    entries = [
        TrailEntry(
            actor=actor.user,
            actor_label=actor.label[:150],
            verb=act.verb,
            object_type=act.obj._meta.label_lower,
            object_id=str(act.obj.pk),
            object_label=str(act.obj)[:300],
            before=_plain(act.before),
            after=_plain(act.after),
            reason=act.reason,
            request_id=rid,
        )
        for act in acts
    ]
    return TrailEntry.objects.bulk_create(entries, batch_size=BATCH)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    return value
