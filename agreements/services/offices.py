"""Which field office an agency falls under, derived from areas and the agency's state and county."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction

from agreements.choices import AgencyType, Origin
from agreements.models import Agency, AgencyOffice, FieldOfficeArea
from agreements.services.affected import changed_days, merged
from agreements.services.bulk import replace_rows
from oversight.metrics.services import days_mark_stale

__all__ = ["agency_offices_rebuild", "areas_apply"]

Span = tuple[str, Any, Any]  # office, valid_from, valid_to


def agency_offices_rebuild() -> None:
    """Bring `AgencyOffice` to what areas and counties say; three reads, writes only where they differ.

    A county's office wins over its state's. A state agency in a state with several offices, and an agency
    without a county there, has none: not known is not guessed (docs/data-sources.md).
    """
    by_state: dict[str, list[Span]] = defaultdict(list)
    by_county: dict[str, list[Span]] = defaultdict(list)
    areas = FieldOfficeArea.objects.values_list(
        "office_id", "state_id", "county_id", "valid_from", "valid_to"
    )
    for office, state, county, valid_from, valid_to in areas:
        (by_county[county] if county else by_state[state]).append((office, valid_from, valid_to))
    wanted: set[tuple[Any, ...]] = set()
    agencies = Agency.objects.current().values_list("pk", "state_id", "county_id", "agency_type")
    for pk, state, county, agency_type in agencies:
        spans = by_county.get(county, []) if county and agency_type != AgencyType.STATE else []
        for span in spans or by_state.get(state, []):
            wanted.add((pk, *span))
    fields = ("agency_id", "office_id", "valid_from", "valid_to")
    replace_rows(AgencyOffice, fields, wanted, origin=Origin.LIST)


@transaction.atomic
def areas_apply(*, reason: str) -> None:
    """After a change of areas: agencies follow at once, and figures of the days on which an agency falls
    under another office than before are to be computed again."""
    before = _spans_by_agency()
    agency_offices_rebuild()
    after = _spans_by_agency()
    differing = [pk for pk in {*before, *after} if before[pk] != after[pk]]
    ranges = merged(days for pk in differing for days in changed_days(before[pk], after[pk]))
    days_mark_stale(ranges=ranges, reason=reason)


def _spans_by_agency() -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = defaultdict(list)
    rows = AgencyOffice.objects.order_by("agency", "valid_from")
    for agency, office, begins, ends in rows.values_list("agency_id", "office_id", "valid_from", "valid_to"):
        spans[agency].append((office, begins, ends))
    return spans
