"""Records that an entry mentions by number, named as people know them.

    register_reference(Agency, "ref", "name")

An entry keeps what the table held, also the number of another record ("agency: 1627 → 19"); nobody knows
records by such numbers. The stored entry stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import ForeignKey, IntegerField, Model, QuerySet

from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.trail.models import TrailEntry

__all__ = ["References", "register_reference"]

_named: dict[type[Model], tuple[str, ...]] = {}


def register_reference(model: type[Model], *fields: str) -> None:
    """`fields` of `model`, in this order, say which record is meant."""
    _named[model] = fields


class References:
    """Names of what `entries` mention, one query per kind of record, made when first asked for.

    With a `user` only records that the person may see are named; without, all: for readers of the whole
    trail. Without `entries` every record of a kind is read: for files, which pass entries one by one.
    """

    def __init__(self, *, entries: Iterable[TrailEntry] | None = None, user: User | None = None) -> None:
        self._entries = None if entries is None else list(entries)
        self._user = user
        self._names: dict[type[Model], dict[Any, str]] = {}

    def name(self, field: object, value: Any) -> str | None:
        """The name of the record that `value` of `field` points to; None when it has none here."""
        model = _model_of(field)
        if model is None or not _is_key(model, value):
            return None
        if model not in self._names:
            self._names[model] = self._read(model)
        found = self._names[model].get(value)
        if found is None and self._user is not None:
            return f"{model._meta.verbose_name} outside your area"
        return found

    def _read(self, model: type[Model]) -> dict[Any, str]:
        rows: QuerySet[Any] = model._default_manager.all()
        if self._user is not None:
            rows = visible_to(rows, self._user)
        if self._entries is not None:
            rows = rows.filter(pk__in=set(self._mentioned(model)))
        return {pk: ", ".join(filter(None, parts)) for pk, *parts in rows.values_list("pk", *_named[model])}

    def _mentioned(self, model: type[Model]) -> Iterator[Any]:
        from oversight.trail.words import field_of, model_of

        for entry in self._entries or ():
            owner = model_of(entry.object_type)
            for values in (entry.before, entry.after):
                for name, value in values.items():
                    if _model_of(field_of(owner, name)) is model and _is_key(model, value):
                        yield value


def _model_of(field: object) -> type[Model] | None:
    """The registered model that a field points to."""
    if not isinstance(field, ForeignKey):
        return None
    model = field.related_model
    return model if isinstance(model, type) and model in _named else None


def _is_key(model: type[Model], value: Any) -> bool:
    """Services tell a record by its words or its key; only a key can be looked up."""
    if isinstance(model._meta.pk, IntegerField):
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)
