"""Filters of lists: one base class, so that every list treats its address the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Model, QuerySet

__all__ = ["Chip", "ListFilterSet", "date_filter", "scoped_choice"]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, in words. `name` is its key in the address."""

    name: str
    label: str
    value: str


class ListFilterSet(django_filters.FilterSet):
    """The filters of one list.

    `primary` names those that are always in view; the others are under "More filters". A value that is
    not known is an error of its field; the list then shows no rows (list_query), never all of them.
    """

    primary: ClassVar[tuple[str, ...]] = ()

    def chips(self) -> list[Chip]:
        """The filters in force, in the order of the form. Only after the form is found valid."""
        chips = []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if value in (None, "", []):
                continue
            chips.append(Chip(name, str(field.label or name), _words(field, value)))
        return chips

    @property
    def primary_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.form.fields if name in self.primary]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.form.fields if name not in self.primary]

    @property
    def more_in_force(self) -> int:
        """How many of the filters under "More" are set."""
        return sum(1 for field in self.more_fields if field.data)


def _words(field: forms.Field, value: Any) -> str:
    if isinstance(value, (list, tuple, QuerySet)):
        return ", ".join(_words(field, item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Model):
        return str(value)
    for key, label in _flat(getattr(field, "choices", ())):
        if str(key) == str(value):
            return str(label)
    return f"“{value}”" if isinstance(value, str) else str(value)


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    flat: list[tuple[Any, Any]] = []
    for key, label in choices:
        flat.extend(label if isinstance(label, (list, tuple)) else [(key, label)])
    return flat


def date_filter(*, field_name: str, lookup: str, label: str) -> django_filters.DateFilter:
    """A day, as the browser's own date field. `lookup`: gte, lte, gt or lt."""
    return django_filters.DateFilter(
        field_name=field_name,
        lookup_expr=lookup,
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "Enter a date as year-month-day, for example 2025-03-01."},
    )


def scoped_choice(*, queryset: Any, field_name: str, label: str, empty: str = "Any", **kwargs: Any) -> Any:
    """One record of those that the person may see. `queryset`: `(request) -> QuerySet`."""
    return django_filters.ModelChoiceFilter(
        queryset=queryset,
        field_name=field_name,
        label=label,
        empty_label=empty,
        error_messages={"invalid_choice": "This is not one of the choices. Choose one from the list."},
        **kwargs,
    )
