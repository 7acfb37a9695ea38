"""Reading agencies for pages, lists and search."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from agreements.choices import IN_FORCE, LISTED, SupportModel
from agreements.models import Agency, AgencyAlias, AgencyOffice, Agreement, AgreementStatus, RegisterChange
from agreements.responsible import responsible
from agreements.selectors import register
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = [
    "agency_agreements",
    "agency_aliases",
    "agency_by_ref",
    "agency_changes",
    "agency_list",
    "agency_offices",
    "agency_statements",
    "in_force_name",
]

MAX_HOPS = 5


def in_force_name(model: str) -> str:
    """The annotation that counts an agency's agreements of `model` in force."""
    return f"in_force_{model.lower()}"


def _count_of_agreements(condition: Q) -> Coalesce:
    mine = Agreement.objects.current().filter(condition, agency=OuterRef("pk")).order_by()
    n = mine.values("agency").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(n, output_field=IntegerField()), 0)


def agency_list(*, user: User) -> QuerySet[Agency]:
    """Agencies visible to `user`, with today's office, the primary PM, and agreements in force by model and
    in all."""
    today = timezone.localdate()
    office = AgencyOffice.objects.active_on(today).filter(agency=OuterRef("pk")).order_by("-valid_from")
    counts: dict[str, Any] = {
        in_force_name(model): _count_of_agreements(Q(status__in=IN_FORCE, model=model))
        for model in SupportModel.values
    }
    return (
        register.agencies(user=user)
        .select_related("state", "county")
        .annotate(
            office_name=Subquery(office.values("office__name")[:1], output_field=CharField()),
            office_slug=Subquery(office.values("office")[:1], output_field=CharField()),
            primary_pm=responsible().primary_name(on=today),
            n_in_force=_count_of_agreements(Q(status__in=IN_FORCE)),
            **counts,
        )
    )


def agencies_with_agreement(condition: Q) -> QuerySet[Agreement, Any]:
    """Ids of agencies with a standing agreement that meets `condition`."""
    return Agreement.objects.current().filter(condition).order_by().values("agency")


def is_listed(*, model: str = "") -> Q:
    """Agreements on the newest participating list."""
    found = Q(list_status__in=LISTED)
    return found & Q(model=model) if model else found


def agency_by_ref(*, user: User, ref: str) -> Agency:
    """The agency that `ref` names today: itself, or the one it was found to be (compare `.ref`).

    Raises Agency.DoesNotExist when there is none or `user` may not see it.
    """
    row = Agency.objects.only("pk", "merged_into_id").get(ref=ref.upper())
    for _ in range(MAX_HOPS):
        if row.merged_into_id is None:
            break
        row = Agency.objects.only("pk", "merged_into_id").get(pk=row.merged_into_id)
    return agency_list(user=user).get(pk=row.pk)


def agency_agreements(*, user: User, agency: Agency) -> QuerySet[Agreement]:
    """Its agreements, newest first."""
    return (
        register.agreements(user=user)
        .filter(agency=agency)
        .select_related("agency", "first_publication", "last_publication", "superseded_by")
        .order_by("-signed_on", "-pk")
    )


def agency_statements(*, user: User, agency: Agency) -> QuerySet[AgreementStatus]:
    """Every dated status of its agreements that was not withdrawn, in order."""
    return (
        visible_to(AgreementStatus.objects.standing(), user)
        .filter(agreement__agency=agency, agreement__merged_into__isnull=True)
        .select_related("agreement", "publication", "entered_by")
        .order_by("agreement", "begins_on", "pk")
    )


def agency_aliases(*, user: User, agency: Agency) -> QuerySet[AgencyAlias]:
    """Every spelling that a list printed."""
    return (
        visible_to(AgencyAlias.objects.filter(agency=agency), user)
        .select_related("first_publication", "last_publication")
        .order_by("first_publication__ordered_at", "name")
    )


def agency_offices(*, user: User, agency: Agency) -> QuerySet[AgencyOffice]:
    """Its field offices by date, newest first."""
    return (
        visible_to(AgencyOffice.objects.filter(agency=agency), user)
        .select_related("office")
        .order_by("-valid_from")
    )


def agency_changes(*, user: User, agency: Agency) -> QuerySet[RegisterChange]:
    """What lists changed about it, newest first."""
    return (
        visible_to(RegisterChange.objects.filter(agency=agency), user)
        .select_related("publication", "agreement", "agency")
        .order_by("-publication__ordered_at", "-pk")
    )
