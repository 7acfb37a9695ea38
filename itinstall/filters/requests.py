"""Filters of installation requests: list, board, and those that are stuck."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from agreements.filters.common import YES_NO, in_office, model_filter, office_filter, state_filter
from agreements.models import Agency, AgencyAlias
from agreements.refs import may_be_in_ref
from itinstall.choices import Party, Priority, RequestState
from itinstall.models import HoldReason, InstallationPolicy, InstallationRequest, Stage
from oversight.access.scope import visible_to
from oversight.console.list_filters import ListFilterSet, date_filter, scoped_choice
from oversight.console.search import contains

__all__ = ["BoardFilter", "RequestFilter", "StuckFilter"]


def _of(model: type[Any]) -> Any:
    """Rows of a model to choose from, cut to what the person may see."""

    def rows(request: HttpRequest | None) -> QuerySet[Any]:
        found = model._default_manager.all()
        return visible_to(found, request.user) if request else found.none()  # type: ignore[arg-type]

    return rows


class RequestFilter(ListFilterSet):
    """`late` is past the target, whether it is open or completed; `days` count in the present stage."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "office", "stage", "status", "late", "hold")

    q = django_filters.CharFilter(method="by_text", label="Agency, any spelling, site, or reference")
    state = state_filter("site__agency__state")
    office = office_filter("by_office")
    stage = scoped_choice(queryset=_of(Stage), field_name="stage", label="Stage")
    status = django_filters.ChoiceFilter(
        field_name="state", choices=RequestState.choices, label="Open or ended", empty_label="Any"
    )
    late = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_late", label="Past the target", empty_label="Any"
    )
    hold = django_filters.ChoiceFilter(choices=YES_NO, method="by_hold", label="On hold", empty_label="Any")
    reason = scoped_choice(queryset=_of(HoldReason), field_name="hold__why", label="Reason of the hold")
    hold_owner = django_filters.ChoiceFilter(
        field_name="hold__owner", choices=Party.choices, label="Owner of the hold", empty_label="Any"
    )
    acting = django_filters.ChoiceFilter(choices=Party.choices, label="Who has to act", empty_label="Any")
    priority = django_filters.ChoiceFilter(choices=Priority.choices, label="Priority", empty_label="Any")
    model = model_filter(field_name="agreement__model")
    clock = django_filters.ChoiceFilter(
        choices=(("yes", "Running or run"), ("no", "None")),
        method="by_clock", label="Clock", empty_label="Any",
    )  # fmt: skip
    # References, not choices: there are thousands. The rows are cut to the person's scope before.
    agency = django_filters.CharFilter(method="by_agency", label="Agency’s reference")
    site = django_filters.CharFilter(field_name="site__ref", lookup_expr="iexact", label="Site’s reference")
    days = django_filters.NumberFilter(
        field_name="stage_days", lookup_expr="gte", min_value=0, max_value=36500,
        label="At least so many days in this stage",
    )  # fmt: skip
    since_from = date_filter(field_name="stage_on", lookup="gte", label="In this stage from")
    since_until = date_filter(field_name="stage_on", lookup="lte", label="In this stage until")
    submitted_from = date_filter(field_name="submitted_on", lookup="gte", label="Submitted from")
    submitted_until = date_filter(field_name="submitted_on", lookup="lte", label="Submitted until")
    due_from = date_filter(field_name="due_on", lookup="gte", label="Due from")
    due_until = date_filter(field_name="due_on", lookup="lte", label="Due until")
    closed_from = date_filter(field_name="closed_on", lookup="gte", label="Ended from")
    closed_until = date_filter(field_name="closed_on", lookup="lte", label="Ended until")
    policy = scoped_choice(queryset=_of(InstallationPolicy), field_name="policy", label="Policy version")
    synthetic = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_synthetic", label="Made up for the sample", empty_label="Any"
    )

    class Meta:
        model = InstallationRequest
        fields: ClassVar[list[str]] = []

    def by_text(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        # Each word in one of the places: agencies and spellings looked through once, not once a request; of
        # its site only where they do not have it; references only for what may be in one.
        for word in value.split():
            has_ref = may_be_in_ref(word)
            fields = ("name", "ref") if has_ref else ("name",)
            named = Agency.objects.filter(contains(*fields, text=word)).values("pk")
            spelled = AgencyAlias.objects.filter(contains("name", text=word)).values("agency")
            found = Q(site__agency__in=named) | Q(site__agency__in=spelled)
            found |= contains(*(f"site__{field}" for field in fields), text=word)
            queryset = queryset.filter(found | Q(ref__icontains=word) if has_ref else found)
        return queryset

    def by_office(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return in_office(queryset, value, path="site__agency")

    def by_agency(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        named = Agency.objects.filter(ref__iexact=value.strip())
        roots = named.annotate(root=Coalesce("merged_into", "pk")).values("root")
        # Sites of its doubles are its own, and a double's reference leads to the agency.
        return queryset.filter(Q(site__agency__in=roots) | Q(site__agency__merged_into__in=roots))

    def by_late(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "yes":
            return queryset.filter(over_days__gt=0)
        return queryset.filter(Q(over_days__isnull=True) | Q(over_days__lte=0))

    def by_hold(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(hold__isnull=value != "yes")

    def by_clock(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(counted_days__isnull=value != "yes")

    def by_synthetic(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_synthetic=value == "yes")


class BoardFilter(RequestFilter):
    """Of open requests, all stages side by side."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "office", "late", "hold", "acting", "priority")
    stage = None
    status = None
    closed_from = None
    closed_until = None


class StuckFilter(RequestFilter):
    """Of open requests that are beyond a limit. `why`: which one."""

    primary: ClassVar[tuple[str, ...]] = ("q", "acting", "office", "stage", "why", "hold")
    status = None
    closed_from = None
    closed_until = None
    why = django_filters.ChoiceFilter(
        choices=(("target", "The target"), ("stage", "The usual days of its stage")),
        method="by_why", label="Beyond", empty_label="Any",
    )  # fmt: skip

    def by_why(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(**{"over_days__gt" if value == "target" else "over_usual__gt": 0})
