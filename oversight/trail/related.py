"""Whose history belongs to a record's history: an agency's shows what was done to its assignments too.

    register_related(Agency, {Assignment: "agency", Agreement: "agency"})

says by which path each related model leads back to the record. Related records are cut to what the
person may see, as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast

from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.trail.models import TrailEntry
from oversight.trail.selectors import entries

__all__ = ["history_with_related", "register_related"]

_related: dict[type[Model], dict[type[Model], str]] = {}


def register_related(model: type[Model], paths: Mapping[type[Model], str]) -> None:
    """Add related models. Apps further down may add theirs to a model of an app above them."""
    _related.setdefault(model, {}).update(paths)


def history_with_related(*, obj: Model, user: User) -> QuerySet[TrailEntry]:
    """Entries on `obj` and on its related records that `user` may see, newest first. One statement.

    The caller has resolved `obj` through scope.
    """
    wanted = Q(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    for model, path in _related.get(type(obj), {}).items():
        theirs = visible_to(model._default_manager.filter(**{path: obj.pk}), user)
        ids = theirs.order_by().annotate(trail_id=Cast("pk", CharField())).values("trail_id")
        wanted |= Q(object_type=model._meta.label_lower, object_id__in=ids)
    return entries().filter(wanted)
