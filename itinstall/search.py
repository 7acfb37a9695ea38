"""What the search box finds here: installation requests by reference, sites by name or reference."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from itinstall.models import InstallationRequest, Site
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console.search import Hit, SearchProvider, contains, register_search

__all__ = ["find_requests", "find_sites", "register_providers"]


def find_requests(*, user: User, text: str, limit: int) -> Sequence[Hit]:
    """By reference, in full or its beginning. One query, none for other texts."""
    if not text.upper().startswith("ITR-"):
        return []
    rows = visible_to(InstallationRequest.objects.all(), user).filter(ref__istartswith=text)
    hits = list(rows.select_related("site__agency", "stage").order_by("ref")[:limit])
    return [
        Hit(
            title=request.ref,
            href=reverse("itinstall:request_detail", args=[request.ref]),
            note=f"{request.site}, {request.get_state_display().lower()}, {request.stage}",
            exact=len(hits) == 1,
        )
        for request in hits
    ]


def find_sites(*, user: User, text: str, limit: int) -> Sequence[Hit]:
    """By name or reference. One query."""
    rows = visible_to(Site.objects.all(), user).filter(contains("name", text=text) | Q(ref__iexact=text))
    hits = list(rows.select_related("agency").order_by("agency__name", "name", "pk")[:limit])
    return [
        Hit(
            title=str(site),
            href=reverse("itinstall:site_detail", args=[site.ref]),
            note=site.ref,
            exact=text.upper().startswith("SIT-") and len(hits) == 1,
        )
        for site in hits
    ]


def register_providers() -> None:
    """Called once, when the app is ready."""
    register_search(
        SearchProvider(
            "installation_requests", "Installation requests", find_requests, order=40,
            more="itinstall:request_list",
        )
    )  # fmt: skip
    register_search(SearchProvider("sites", "Sites", find_sites, order=45, more="itinstall:site_list"))
