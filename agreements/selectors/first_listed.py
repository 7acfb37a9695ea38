"""The day of the first participating list that printed an agency: the rule of `Agency.first_listed_on`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import DateField, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, NullIf

from agreements.choices import ListKind
from agreements.models import Agency, AgencyAlias, Observation

__all__ = ["first_listed_on"]

NEVER = Value(date.max, output_field=DateField())


def first_listed_on() -> Combinable:
    """For agencies, that day as the lists have it, or null for one that was only ever pending. Costly: the
    column repeats it.

    An agency's lists are those that printed one of its own names. An agreement that it took over from
    another agency was printed under the other's name, and tells nothing about it; nor does a pending list.
    """
    # Two ways to its names, since each misses some: a spelling keeps only its first list of either kind, and
    # a key that was joined on arrival has no row of its own.
    ways = (_first_of_spellings(), _first_of_keys())
    # LEAST of a null is null in SQLite and ignored in PostgreSQL; each way is asked once.
    earliest = Least(*(Coalesce(Subquery(way), NEVER, output_field=DateField()) for way in ways))
    return NullIf(earliest, NEVER, output_field=DateField())


def _first_of_spellings() -> QuerySet[AgencyAlias, Any]:
    day = "first_publication__published_on"
    spellings = AgencyAlias.objects.filter(
        agency=OuterRef("pk"), first_publication__kind=ListKind.PARTICIPATING
    )
    return spellings.order_by(day).values(day)[:1]


def _first_of_keys() -> QuerySet[Agency, Any]:
    """Over its own name key, and those of agencies that were found to be it."""
    rows = Observation.objects.filter(
        publication__kind=ListKind.PARTICIPATING,
        printed_row__state_code=OuterRef("key_state"),
        printed_row__canonical=OuterRef("key_name"),
    )
    # By the key: ordering by day alone would let the database walk all lists in search of the row.
    first = rows.order_by().values("printed_row__canonical").annotate(on=Min("publication__published_on"))
    keys = Agency.objects.filter(Q(pk=OuterRef("pk")) | Q(merged_into=OuterRef("pk")))
    return (
        keys.annotate(on=Subquery(first.values("on"))).order_by(F("on").asc(nulls_last=True)).values("on")[:1]
    )
