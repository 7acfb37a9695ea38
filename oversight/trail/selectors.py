"""Reading the trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from oversight.trail.models import TrailEntry

__all__ = ["FieldChange", "entries", "field_changes", "history_of"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one act. None: there was no value."""

    field: str
    before: Any
    after: Any


def entries() -> QuerySet[TrailEntry]:
    """The whole trail, newest first. Who may read it is the caller's question."""
    return TrailEntry.objects.select_related("actor").order_by("-pk")


def history_of(objects: Iterable[Model]) -> QuerySet[TrailEntry]:
    """Entries on any of `objects`, newest first. The caller has resolved them through scope."""
    from django.db.models import Q

    wanted = Q(pk__in=[])
    by_type: dict[str, list[str]] = {}
    for obj in objects:
        by_type.setdefault(obj._meta.label_lower, []).append(str(obj.pk))
    for object_type, ids in by_type.items():
        wanted |= Q(object_type=object_type, object_id__in=ids)
    return entries().filter(wanted)


def field_changes(entry: TrailEntry) -> list[FieldChange]:
    """What the act changed, field by field; fields that stayed the same are left out."""
    names = [*entry.before, *(name for name in entry.after if name not in entry.before)]
    changes = [FieldChange(name, entry.before.get(name), entry.after.get(name)) for name in names]
    return [change for change in changes if change.before != change.after]
