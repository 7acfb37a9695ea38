"""Sites with what their lists and pages show, as the person may see them."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from agreements.models import Agency, AgencyOffice
from itinstall.choices import EquipmentStatus, RequestState
from itinstall.models import Equipment, InstallationRequest, Site
from itinstall.selectors.isas import with_isa
from oversight.access.models import User
from oversight.access.scope import changeable_by, visible_to

__all__ = ["GONE", "changeable_agencies", "changeable_site", "changeable_sites", "site_by_ref", "site_list"]

GONE = (EquipmentStatus.RETURNED, EquipmentStatus.LOST)  # no longer at the site, nor on its way


def site_list(*, user: User) -> QuerySet[Site]:
    """Sites visible to `user`, with today's office, requests open and completed (`n_open`, `n_completed`),
    pieces of equipment there or on their way (`n_equipment`), and the newest ISA (`with_isa`)."""
    office = AgencyOffice.objects.active_on(timezone.localdate()).filter(agency=OuterRef("agency"))
    rows = with_isa(Site.objects.select_related("agency__state")).annotate(
        office_name=Subquery(
            office.order_by("-valid_from").values("office__name")[:1], output_field=CharField()
        ),
        office_slug=Subquery(office.order_by("-valid_from").values("office")[:1], output_field=CharField()),
        n_open=_count(InstallationRequest.objects.filter(state=RequestState.OPEN)),
        n_completed=_count(InstallationRequest.objects.filter(state=RequestState.COMPLETED)),
        n_equipment=_count(Equipment.objects.exclude(status__in=GONE)),
    )
    return visible_to(rows, user)


def site_by_ref(*, user: User, ref: str) -> Site:
    """Raises Site.DoesNotExist outside what `user` may see."""
    return site_list(user=user).get(ref=ref.upper())


def changeable_sites(*, user: User) -> QuerySet[Site]:
    """Sites that `user` may change, with their agencies."""
    return changeable_by(Site.objects.select_related("agency"), user)


def changeable_site(*, user: User, ref: str) -> Site:
    """Raises Site.DoesNotExist outside what `user` may change."""
    return changeable_sites(user=user).get(ref=ref.upper())


def changeable_agencies(*, user: User) -> QuerySet[Agency]:
    """Agencies that stand for themselves and that `user` may change."""
    return changeable_by(Agency.objects.current(), user)


def _count(rows: QuerySet[Any]) -> Coalesce:
    mine = rows.filter(site=OuterRef("pk")).order_by().values("site").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(mine, output_field=IntegerField()), 0)
