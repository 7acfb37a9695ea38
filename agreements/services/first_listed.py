"""`Agency.first_listed_on`: the day of the first participating list that printed an agency.

An agency's lists are those that printed one of its own names. An agreement that it took over from another
agency was printed under the other's name, and tells nothing about it; nor does a pending list.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import Min

from agreements.choices import ListKind
from agreements.models import Agency, AgencyAlias, Observation
from agreements.services.bulk import update_columns

__all__ = ["first_listed_differences", "first_listed_refresh"]


def first_listed_refresh() -> None:
    """Bring every agency's day to what printed rows and spellings say; writes only what differs. Three reads.

    A list that turns up late, a key found to be another's, and undoing that: each may move it.
    """
    differing = first_listed_differences()
    update_columns(Agency, {pk: {"first_listed_on": day} for pk, day in differing.items()})


def first_listed_differences() -> dict[int, date | None]:
    """Agencies whose day is kept otherwise than lists say: pk → the day that they say, None for one that was
    only ever pending.

    Each table is grouped once: asked agency by agency, PostgreSQL took minutes over a register that had just
    been written, of which it had no statistics.
    """
    # Two ways to its names, since each misses some: a spelling keeps only its first list of either kind, and
    # a key that was joined on arrival has no row of its own.
    days = _days_of_spellings()
    by_key = _days_of_keys()
    kept: dict[int, date | None] = {}
    rows = Agency.objects.order_by().values_list(
        "pk", "merged_into", "key_state", "key_name", "first_listed_on"
    )
    for pk, merged_into, state, name, before in rows.iterator(chunk_size=5000):
        kept[pk] = before
        if (day := by_key.get((state, name))) is not None:
            days[pk].append(day)
            if merged_into is not None:  # found to be that one
                days[merged_into].append(day)
    found = {pk: min(days[pk], default=None) for pk in kept}
    return {pk: day for pk, day in found.items() if kept[pk] != day}


def _days_of_spellings() -> defaultdict[int, list[date]]:
    """Per agency the day of the first list that brought one of its spellings."""
    day = Min("first_publication__published_on")
    rows = AgencyAlias.objects.filter(first_publication__kind=ListKind.PARTICIPATING).order_by()
    found: defaultdict[int, list[date]] = defaultdict(list)
    for agency, first in rows.values_list("agency").annotate(first=day):
        found[agency].append(first)
    return found


def _days_of_keys() -> dict[tuple[str, str], date]:
    """Per state and name key the day of the first list that printed it."""
    rows = Observation.objects.filter(publication__kind=ListKind.PARTICIPATING).order_by()
    keys = rows.values_list("printed_row__state_code", "printed_row__canonical")
    return {
        (state, name): first for state, name, first in keys.annotate(first=Min("publication__published_on"))
    }
