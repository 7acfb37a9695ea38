"""The registry of exports: what can be had as a file, by whom, and with which columns and rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import QuerySet

from oversight.access.actors import Actor
from oversight.access.permissions import MATRIX
from oversight.exchange.columns import Column, Value

__all__ = [
    "BadParameters",
    "Export",
    "ExportContext",
    "ListedRows",
    "QueryRows",
    "all_exports",
    "get_export",
    "register_export",
]


class BadParameters(Exception):
    """A parameter that the export does not take. Its message says which, and what would do."""


@dataclass(frozen=True, slots=True)
class ExportContext:
    """For whom and with what an export is made. `as_of` None: as it is now."""

    actor: Actor
    as_of: dt.date | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueryRows:
    """Rows straight from the database: `queryset.values_list(*fields)`, one field per column.

    The quick way: on PostgreSQL the CSV comes from COPY. Fields may be annotations; no Python sees them.
    """

    queryset: QuerySet[Any, Any]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedRows:
    """Rows that Python makes. `rows` is called once per file; `count` only serves the progress bar."""

    rows: Callable[[], Iterator[tuple[Value, ...]]]
    count: Callable[[], int]


Rows = QueryRows | ListedRows


@dataclass(frozen=True, slots=True)
class Export:
    """One export.

    `name`: fixed, the command's argument. `action`: the line of the permission matrix that opens its rows
    (`export.create` is asked for as well). `rows(context)` is cut to what `context.actor` may see.
    `form`: checks parameters given as texts. `takes_as_of`: whether it can be had for a past date.
    """

    name: str
    title: str
    action: str
    columns: Callable[[ExportContext], tuple[Column, ...]]
    rows: Callable[[ExportContext], Rows]
    form: type[forms.Form] | None = None
    takes_as_of: bool = False
    check: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None  # instead of a form

    def clean(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters as the rows need them. Raises BadParameters."""
        if self.check is not None:
            return self.check(given)
        if self.form is None:
            if given:
                raise BadParameters(f"“{self.name}” takes no parameter “{sorted(given)[0]}”.")
            return {}
        form = self.form(dict(given))
        if unknown := sorted(set(given) - set(form.fields)):
            known = ", ".join(sorted(form.fields))
            raise BadParameters(f"“{self.name}” takes no parameter “{unknown[0]}”. It takes: {known}.")
        if not form.is_valid():
            name, errors = next(iter(form.errors.items()))
            raise BadParameters(f"Parameter “{name}”: {errors[0]}")
        return dict(form.cleaned_data)

    def check_as_of(self, as_of: dt.date | None) -> None:
        """Raises BadParameters when a past date is asked of an export that only knows today."""
        if as_of is not None and not self.takes_as_of:
            raise BadParameters(f"“{self.title}” shows the records as they are now. Leave the date out.")


_exports: dict[str, Export] = {}


def register_export(export: Export) -> Export:
    """Add an export. Raises ValueError when the name is taken, KeyError for an unknown action."""
    MATRIX[export.action]
    if export.name in _exports:
        raise ValueError(f"Two exports have the name {export.name!r}.")
    _exports[export.name] = export
    return export


def get_export(name: str) -> Export:
    """By name, or "list:KEY" for a console list. Raises KeyError for an unknown one."""
    if name.startswith("list:"):
        from oversight.console.lists import get_list
        from oversight.exchange.list_exports import export_of

        return export_of(get_list(name.removeprefix("list:")))
    return _exports[name]


def all_exports() -> list[Export]:
    return list(_exports.values())
