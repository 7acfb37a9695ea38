"""Filters of the list of field offices."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils import timezone

from agreements.filters.common import YES_NO, state_filter
from agreements.models import FieldOffice, FieldOfficeArea
from oversight.console.list_filters import ListFilterSet

__all__ = ["OfficeFilter"]


class OfficeFilter(ListFilterSet):
    """By name and by a state that lies, wholly or in part, in today's area."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "in_force")

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label="Name")
    state = state_filter("state", method="by_state")
    in_force = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_in_force", label="Agreements in force", empty_label="Any"
    )

    class Meta:
        model = FieldOffice
        fields: ClassVar[list[str]] = []

    def by_state(self, queryset: QuerySet[FieldOffice], name: str, value: Any) -> QuerySet[FieldOffice]:
        areas = FieldOfficeArea.objects.active_on(timezone.localdate()).filter(state=value)
        return queryset.filter(pk__in=areas.values("office"))

    def by_in_force(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(n_in_force__gt=0) if value == "yes" else queryset.filter(n_in_force=0)
