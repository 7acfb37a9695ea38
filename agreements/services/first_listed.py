"""`Agency.first_listed_on`, derived from lists and names after each of them."""

from __future__ import annotations

from datetime import date

from agreements.models import Agency
from agreements.selectors.first_listed import first_listed_on
from agreements.services.bulk import update_columns

__all__ = ["first_listed_differences", "first_listed_refresh"]


def first_listed_refresh() -> None:
    """Bring every agency's day to what printed rows and spellings say; one read, writes only what differs.

    A list that turns up late, a key found to be another's, and undoing that: each may move it.
    """
    differing = first_listed_differences()
    update_columns(Agency, {pk: {"first_listed_on": day} for pk, day in differing.items()})


def first_listed_differences() -> dict[int, date | None]:
    """Agencies whose day is kept otherwise than lists say: pk → the day that they say."""
    rows = Agency.objects.order_by().annotate(_day=first_listed_on())
    kept = rows.values_list("pk", "first_listed_on", "_day")
    return {pk: day for pk, before, day in kept.iterator(chunk_size=5000) if before != day}
