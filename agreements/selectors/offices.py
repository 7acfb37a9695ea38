"""Reading field offices: their areas by date, and what falls under them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, FilteredRelation, Prefetch, Q, QuerySet
from django.utils import timezone

from agreements.choices import IN_FORCE, SupportModel
from agreements.models import FieldOffice, FieldOfficeArea
from agreements.selectors.agencies import in_force_name
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = ["office_areas", "office_list"]


def office_list(*, user: User) -> QuerySet[FieldOffice]:
    """All field offices with today's area. The figures are national: agencies with an agreement in force
    and agreements in force by model; the rows behind them are cut to the reader's scope."""
    today = timezone.localdate()
    areas = FieldOfficeArea.objects.active_on(today).select_related("state", "county")
    spans = Q(agency_spans__valid_from__lte=today) & (
        Q(agency_spans__valid_to__isnull=True) | Q(agency_spans__valid_to__gt=today)
    )
    agreement = "here__agency__agreements"
    in_force = Q(
        **{
            "here__agency__merged_into__isnull": True,
            f"{agreement}__merged_into__isnull": True,
            f"{agreement}__status__in": IN_FORCE,
        }
    )
    # One pass for all six; an agency is in one office a day, so an agreement is met once.
    counts: dict[str, Any] = {
        in_force_name(model): Count(agreement, filter=in_force & Q(**{f"{agreement}__model": model}))
        for model in SupportModel.values
    }
    return (
        visible_to(FieldOffice.objects.all(), user)
        .annotate(here=FilteredRelation("agency_spans", condition=spans))
        .annotate(
            n_agencies=Count("here__agency", filter=in_force, distinct=True),
            n_in_force=Count(agreement, filter=in_force),
            **counts,
        )
        .prefetch_related(Prefetch("areas", queryset=areas.order_by("state", "county"), to_attr="areas_now"))
    )


def office_areas(*, user: User, office: FieldOffice) -> QuerySet[FieldOfficeArea]:
    """Its area by state and county with dates, what holds now first."""
    return (
        visible_to(FieldOfficeArea.objects.filter(office=office), user)
        .select_related("state", "county")
        .order_by(
            F("valid_to").desc(nulls_first=True), "state__name", F("county__name").asc(nulls_first=True)
        )
    )
