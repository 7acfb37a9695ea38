"""A table inside a page, paged by key with its own two parameters, without a filter form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest

from oversight.console import keyset

__all__ = ["Paged", "paged"]


@dataclass(frozen=True, slots=True)
class Paged:
    """Rows and the queries of the neighboring pages, for agreements/_pager.html."""

    rows: list[Any]
    count: int
    count_exact: bool
    first: int | None
    previous_query: str
    next_query: str

    @property
    def last(self) -> int | None:
        return self.first + len(self.rows) - 1 if self.first and self.rows else None


def paged(request: HttpRequest, queryset: QuerySet[Any], *order: str, size: int = 50) -> Paged:
    """One page in two queries. With a damaged mark the first page, and a message that says so."""
    keys = keyset.keys_of(queryset.model, order)
    count, exact = keyset.count_up_to(queryset)

    def page_at(*, after: str, before: str) -> keyset.Page:
        total = count if exact else None
        return keyset.page_of(queryset, keys, size=size, total=total, after=after, before=before)

    try:
        page = page_at(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    except keyset.CursorError:
        messages.warning(request, "The address of this page of rows is damaged. The first rows are shown.")
        page = page_at(after="", before="")
    return Paged(
        rows=page.rows,
        count=count,
        count_exact=exact,
        first=page.first,
        previous_query=_query(request, before=page.previous) if page.previous else "",
        next_query=_query(request, after=page.next) if page.next else "",
    )


def _query(request: HttpRequest, **place: str) -> str:
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in place.items():
        query[name] = value
    return query.urlencode()
