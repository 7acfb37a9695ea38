"""Filters of the list of agreements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from agreements.choices import LISTED, AgencyType
from agreements.filters.common import (
    YES_NO,
    in_office,
    model_filter,
    office_filter,
    state_filter,
    status_filter,
)
from agreements.models import AgencyAlias, Agreement
from oversight.console.list_filters import ListFilterSet, date_filter
from oversight.console.search import contains

__all__ = ["AgreementFilter"]


class AgreementFilter(ListFilterSet):
    """Status is today's; "on the newest list" is what the lists alone say, also under a staff suspension."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "office", "listed", "moa", "model", "status")

    q = django_filters.CharFilter(method="by_text", label="Agency, any spelling, or reference")
    state = state_filter("agency__state")
    office = office_filter("by_office")
    listed = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_listed", label="On the newest list", empty_label="Any"
    )
    moa = django_filters.ChoiceFilter(
        choices=(("yes", "Linked"), ("no", "No MOA linked")), method="by_moa", label="MOA", empty_label="Any"
    )
    model = model_filter()
    status = status_filter()
    agency_type = django_filters.ChoiceFilter(
        field_name="agency__agency_type", choices=AgencyType.choices, label="Agency type", empty_label="Any"
    )
    signed_from = date_filter(field_name="signed_on", lookup="gte", label="Signed from")
    signed_until = date_filter(field_name="signed_on", lookup="lte", label="Signed until")
    since_from = date_filter(field_name="status_on", lookup="gte", label="In this status from")
    since_until = date_filter(field_name="status_on", lookup="lte", label="In this status until")
    days = django_filters.NumberFilter(
        method="by_days", label="At least so many days in this status", min_value=0, max_value=36500
    )
    last_from = date_filter(
        field_name="last_publication__published_on", lookup="gte", label="Last printed from"
    )
    last_until = date_filter(
        field_name="last_publication__published_on", lookup="lte", label="Last printed until"
    )

    class Meta:
        model = Agreement
        fields: ClassVar[list[str]] = []

    def by_text(self, queryset: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        spelled = AgencyAlias.objects.filter(contains("name", text=value)).values("agency")
        return queryset.filter(
            contains("agency__name", "agency__ref", "ref", text=value) | Q(agency__in=spelled)
        )

    def by_office(self, queryset: QuerySet[Agreement], name: str, value: Any) -> QuerySet[Agreement]:
        return in_office(queryset, value, path="agency")

    def by_listed(self, queryset: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        on_list = Q(list_status__in=LISTED)
        return queryset.filter(on_list if value == "yes" else ~on_list)

    def by_moa(self, queryset: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        return queryset.filter(moa_linked_on__isnull=value != "yes")

    def by_days(self, queryset: QuerySet[Agreement], name: str, value: Any) -> QuerySet[Agreement]:
        return queryset.filter(status_on__lte=timezone.localdate() - timedelta(days=int(value)))
