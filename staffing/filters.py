"""Filters of the list of program managers."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agreements.filters.common import YES_NO
from agreements.models import FieldOffice
from oversight.access.scope import visible_to
from oversight.console.list_filters import ListFilterSet, scoped_choice
from staffing.models import ProgramManager

__all__ = ["ProgramManagerFilter"]


def _offices(request: HttpRequest | None) -> QuerySet[FieldOffice]:
    rows = FieldOffice.objects.order_by("name")
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


class ProgramManagerFilter(ListFilterSet):
    """By name, office, whether program manager today, and whether made up for the sample."""

    primary: ClassVar[tuple[str, ...]] = ("q", "office", "today")

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label="Name")
    office = scoped_choice(queryset=_offices, field_name="office", label="Field office")
    today = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_today", label="Program manager today", empty_label="Any"
    )
    assigned = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_assigned", label="Agencies today", empty_label="Any"
    )
    synthetic = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_synthetic", label="Made up for the sample", empty_label="Any"
    )

    class Meta:
        model = ProgramManager
        fields: ClassVar[list[str]] = []

    def by_today(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        day = timezone.localdate()
        holds = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        return queryset.filter(holds if value == "yes" else ~holds)

    def by_assigned(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(n_agencies__gt=0) if value == "yes" else queryset.filter(n_agencies=0)

    def by_synthetic(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_synthetic=value == "yes")
