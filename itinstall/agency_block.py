"""Installations on the page of an agency: its sites with their requests."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet

from agreements.agency_sections import register_agency_section
from agreements.models import Agency
from itinstall.models import Site
from itinstall.selectors.listing import request_list
from oversight.access.actors import person
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.access.scope import changeable_by, visible_to

__all__ = ["installations_of_agency", "register_blocks"]


def installations_of_agency(*, user: User, agency: Agency) -> dict[str, Any]:
    """Sites of the agency and of its doubles, each with its requests, the newest first. Two statements, one
    more for those whose role may change."""
    sites = visible_to(Site.objects.all(), user).filter(Q(agency=agency) | Q(agency__merged_into=agency))
    requests = defaultdict(list)
    shown: QuerySet[Any] = request_list(user=user)
    shown = shown.filter(Q(site__agency=agency) | Q(site__agency__merged_into=agency))
    for request in shown.order_by("-submitted_on", "-pk"):
        requests[request.site_id].append(request)
    return {
        "sites": [(site, requests[site.pk]) for site in sites.order_by("is_closed", "name", "pk")],
        "may_change": may(person(user), "itinstall.change")
        and changeable_by(Agency.objects.filter(pk=agency.pk), user).exists(),
    }


def register_blocks() -> None:
    """Called once, when the app is ready."""
    register_agency_section(
        key="installations",
        order=10,
        template="itinstall/_agency_block.html",
        context=installations_of_agency,
    )
