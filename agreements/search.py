"""What the search box finds here: agencies by any spelling, and references of agencies and agreements."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse

from agreements.models import Agency, AgencyAlias, Agreement
from agreements.selectors import register
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console.search import Hit, SearchProvider, contains, nearest, register_search

__all__ = ["find_agencies", "find_agreements", "register_providers"]


def find_agencies(*, user: User, text: str, limit: int) -> Sequence[Hit]:
    """By name, any spelling a list printed, and reference (a merged one too). At most four queries."""
    spellings = visible_to(AgencyAlias.objects.all(), user)
    spelled = spellings.filter(contains("name", text=text)).values("agency")
    visible = register.agencies(user=user).select_related("state", "county")
    merged = Agency.objects.filter(ref__iexact=text, merged_into__isnull=False).values("merged_into")
    found = list(
        visible.filter(
            contains("name", text=text) | Q(ref__iexact=text) | Q(pk__in=spelled) | Q(pk__in=merged)
        ).order_by("name", "pk")[:limit]
    )
    if not found:
        found = list(nearest(visible, field="name", text=text, limit=limit))
    why = _matching_spellings(found, text)
    return [
        Hit(
            title=agency.name,
            href=reverse("agreements:agency_detail", args=[agency.ref]),
            note=", ".join(
                str(part) for part in (agency.county and agency.county.name, agency.state, agency.ref) if part
            ),
            why=f"Also printed as “{why[agency.pk]}”." if agency.pk in why else "",
            exact=text.upper().startswith("LEA-") and len(found) == 1,
        )
        for agency in found
    ]


def _matching_spellings(found: Sequence[Agency], text: str) -> dict[int, str]:
    """For agencies whose present name does not show the match: a spelling that does."""
    words = [word.casefold() for word in text.split()]
    silent = [row.pk for row in found if not all(word in row.name.casefold() for word in words)]
    if not silent:
        return {}
    rows = AgencyAlias.objects.filter(contains("name", text=text), agency__in=silent).order_by("-pk")
    return dict(rows.values_list("agency_id", "name"))


def find_agreements(*, user: User, text: str, limit: int) -> Sequence[Hit]:
    """By reference, in full or its beginning (a merged one too)."""
    if not text.upper().startswith("MOA-"):
        return []
    merged = Agreement.objects.filter(ref__iexact=text, merged_into__isnull=False).values("merged_into")
    found = (
        register.agreements(user=user)
        .filter(Q(ref__istartswith=text) | Q(pk__in=merged))
        .select_related("agency")
        .order_by("ref")[:limit]
    )
    hits = list(found)
    return [
        Hit(
            title=agreement.ref,
            href=reverse("agreements:agreement_detail", args=[agreement.ref]),
            note=str(agreement),
            exact=len(hits) == 1,
        )
        for agreement in hits
    ]


def register_providers() -> None:
    """Called once, when the app is ready."""
    register_search(
        SearchProvider("agencies", "Agencies", find_agencies, order=10, more="agreements:agency_list")
    )
    register_search(
        SearchProvider(
            "agreements", "Agreements", find_agreements, order=20, more="agreements:agreement_list"
        )
    )
