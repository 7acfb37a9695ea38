"""Filters of the list of agencies."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet

from agreements.choices import IN_FORCE, LISTED, AgencyType
from agreements.filters.common import YES_NO, in_office, model_filter, office_filter, state_filter
from agreements.models import Agency, AgencyAlias, Agreement
from oversight.console.list_filters import ListFilterSet, date_filter
from oversight.console.search import contains

__all__ = ["AgencyFilter"]


class AgencyFilter(ListFilterSet):
    """`model` narrows "in force" and "listed"; alone it means: has an agreement of that model in force."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "office", "in_force", "pm", "model")

    q = django_filters.CharFilter(method="by_text", label="Name, any spelling, or reference")
    state = state_filter("state")
    office = office_filter("by_office")
    in_force = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_nothing", label="Agreement in force", empty_label="Any"
    )
    pm = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_manager", label="Has a primary PM", empty_label="Any"
    )
    model = model_filter(method="by_nothing")
    listed = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_nothing", label="On the newest list", empty_label="Any"
    )
    agency_type = django_filters.ChoiceFilter(choices=AgencyType.choices, label="Type", empty_label="Any")
    county = django_filters.CharFilter(field_name="county__name", lookup_expr="icontains", label="County")
    first_from = date_filter(field_name="first_listed_on", lookup="gte", label="First listed from")
    first_until = date_filter(field_name="first_listed_on", lookup="lte", label="First listed until")
    ever = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_ever", label="Ever on a participating list", empty_label="Any"
    )

    class Meta:
        model = Agency
        fields: ClassVar[list[str]] = []

    def filter_queryset(self, queryset: QuerySet[Agency]) -> QuerySet[Agency]:
        # These three speak about the same agreement, so they are one condition, not three.
        cleaned = self.form.cleaned_data
        models, in_force, listed = cleaned.get("model"), cleaned.get("in_force"), cleaned.get("listed")
        of_model = Q(model__in=models) if models else Q()
        if models and not in_force and not listed:
            in_force = "yes"
        for answer, condition in (
            (in_force, Q(status__in=IN_FORCE)),
            (listed, Q(list_status__in=LISTED)),
        ):
            if answer:
                having = Agreement.objects.current().filter(of_model, condition).order_by().values("agency")
                found = Q(pk__in=having)
                queryset = queryset.filter(found if answer == "yes" else ~found)
        return super().filter_queryset(queryset)

    def by_nothing(self, queryset: QuerySet[Agency], name: str, value: Any) -> QuerySet[Agency]:
        """Done together in `filter_queryset`."""
        return queryset

    def by_text(self, queryset: QuerySet[Agency], name: str, value: str) -> QuerySet[Agency]:
        spelled = AgencyAlias.objects.filter(contains("name", text=value)).values("agency")
        return queryset.filter(contains("name", "ref", text=value) | Q(pk__in=spelled))

    def by_office(self, queryset: QuerySet[Agency], name: str, value: Any) -> QuerySet[Agency]:
        return in_office(queryset, value, path="pk")

    def by_manager(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(primary_pm__isnull=value == "no")

    def by_ever(self, queryset: QuerySet[Agency], name: str, value: str) -> QuerySet[Agency]:
        return queryset.filter(ever_participating=value == "yes")
