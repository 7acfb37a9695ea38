"""Reading field offices: their areas by date, and what falls under them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from agreements.choices import IN_FORCE, SupportModel
from agreements.models import AgencyOffice, FieldOffice, FieldOfficeArea
from agreements.selectors.agencies import in_force_name
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = ["office_areas", "office_list"]


def _in_force(of: str, **where: Any) -> Coalesce:
    """How many distinct `of` ("agency" or "agency__agreements") are in force under the office today."""
    rows = AgencyOffice.objects.active_on(timezone.localdate()).filter(
        office=OuterRef("pk"),
        agency__agreements__status__in=IN_FORCE,
        agency__agreements__merged_into__isnull=True,
        agency__merged_into__isnull=True,
        **where,
    )
    n = rows.order_by().values("office").annotate(n=Count(of, distinct=True)).values("n")
    return Coalesce(Subquery(n, output_field=IntegerField()), 0)


def office_list(*, user: User) -> QuerySet[FieldOffice]:
    """All field offices with today's area. The figures are national: agencies with an agreement in force
    and agreements in force by model; the rows behind them are cut to the reader's scope."""
    areas = FieldOfficeArea.objects.active_on(timezone.localdate()).select_related("state", "county")
    counts: dict[str, Any] = {
        in_force_name(model): _in_force("agency__agreements", agency__agreements__model=model)
        for model in SupportModel.values
    }
    return (
        visible_to(FieldOffice.objects.all(), user)
        .annotate(
            n_agencies=_in_force("agency"),
            n_in_force=_in_force("agency__agreements"),
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
