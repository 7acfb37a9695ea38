"""Filters of the list of program managers."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agreements.filters.common import YES_NO
from agreements.models import Agency, FieldOffice
from oversight.access.scope import visible_to
from oversight.console.list_filters import ListFilterSet, scoped_choice
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager

__all__ = ["AssignmentFilter", "ProgramManagerFilter"]


def _offices(request: HttpRequest | None) -> QuerySet[FieldOffice]:
    rows = FieldOffice.objects.order_by("name")
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def _agencies(request: HttpRequest | None) -> QuerySet[Agency]:
    """Also those found to be another's double: a reference once given out still works."""
    rows = Agency.objects.all()
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def _managers(request: HttpRequest | None) -> QuerySet[ProgramManager]:
    rows = ProgramManager.objects.all()
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def _holding_today(queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
    """Rows with a span of days: those that hold today, or those that do not."""
    day = timezone.localdate()
    holds = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    return queryset.filter(holds if value == "yes" else ~holds)


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
        return _holding_today(queryset, value)

    def by_assigned(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(n_agencies__gt=0) if value == "yes" else queryset.filter(n_agencies=0)

    def by_synthetic(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_synthetic=value == "yes")


class AssignmentFilter(ListFilterSet):
    """By agency (its reference), program manager (its number), office, role, and whether it holds today."""

    primary: ClassVar[tuple[str, ...]] = ("agency", "program_manager", "today")

    agency = scoped_choice(
        queryset=_agencies, field_name="agency", label="Agency", to_field_name="ref", method="by_agency"
    )
    program_manager = scoped_choice(queryset=_managers, field_name="program_manager", label="Program manager")
    office = scoped_choice(queryset=_offices, field_name="program_manager__office", label="Field office")
    role = django_filters.ChoiceFilter(choices=AssignmentRole.choices, label="Role", empty_label="Any")
    today = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_today", label="Holds today", empty_label="Any"
    )
    synthetic = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_synthetic", label="Made up for the sample", empty_label="Any"
    )

    class Meta:
        model = Assignment
        fields: ClassVar[list[str]] = []

    def by_agency(self, queryset: QuerySet[Any], name: str, value: Agency) -> QuerySet[Any]:
        root = value.merged_into_id or value.pk  # assignments to its doubles are its own
        return queryset.filter(Q(agency=root) | Q(agency__merged_into=root))

    def by_today(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _holding_today(queryset, value)

    def by_synthetic(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_synthetic=value == "yes")
