"""Filters of the list of imports."""

from __future__ import annotations

from typing import ClassVar

import django_filters

from agreements.choices import ImportState, ListKind
from agreements.models import RosterImport
from oversight.console.list_filters import ListFilterSet, date_filter

__all__ = ["ImportFilter"]


class ImportFilter(ListFilterSet):
    """By file name, state, kind and day."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "kind")

    q = django_filters.CharFilter(field_name="file_name", lookup_expr="icontains", label="File name")
    state = django_filters.ChoiceFilter(choices=ImportState.choices, label="State", empty_label="Any")
    kind = django_filters.ChoiceFilter(choices=ListKind.choices, label="List", empty_label="Any")
    since = date_filter(field_name="created_at__date", lookup="gte", label="Uploaded from")
    until = date_filter(field_name="created_at__date", lookup="lte", label="Uploaded until")

    class Meta:
        model = RosterImport
        fields: ClassVar[list[str]] = []
