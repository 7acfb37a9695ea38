"""The records behind a figure, a page of them, with the table of their own list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.http import Http404, HttpRequest

from oversight.access.models import User
from oversight.access.scope import sees_everything
from oversight.console import keyset
from oversight.metrics.base import Kind
from oversight.metrics.choices import Part
from oversight.metrics.models import Snapshot
from oversight.metrics.rows import count_of, figure_rows
from oversight.metrics.views.parts import Address
from oversight.metrics.words import part_names

__all__ = ["RowsShown", "rows_context"]

SIZE = 25


@dataclass(frozen=True, slots=True)
class RowsShown:
    """A page of records. `n` all that the figure counts, `mine` those the person sees; `told` what the stored
    figure says, None where it does not count records."""

    part: Part
    parts: tuple[tuple[Part, str], ...]
    title: str
    table: Any
    n: int
    n_exact: bool
    mine: int
    mine_exact: bool
    told: int | None
    first: int
    last: int
    previous_query: str
    next_query: str

    @property
    def differs(self) -> bool:
        """Whether facts have changed since the figure was computed."""
        return self.told is not None and self.n_exact and self.told != self.n


def rows_context(request: HttpRequest, address: Address, snapshot: Snapshot | None) -> RowsShown:
    """Two queries; three where no figure is stored. Raises Http404 for a damaged address."""
    user = cast(User, request.user)
    try:
        found = figure_rows(
            user=user,
            metric=address.metric,
            subject=address.subject,
            as_of=address.as_of,
            part=request.GET.get("part", ""),
        )
        told = _told(snapshot, found.part, address.metric.kind)
        mine, mine_exact = count_of(found.queryset)
        if sees_everything(user):
            n, n_exact = mine, mine_exact
        else:  # how many there are in all is what the figure says
            n, n_exact = (told, True) if told is not None else count_of(found.everything)
        page = keyset.page_of(
            found.queryset,
            found.keys,
            size=SIZE,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            total=mine if mine_exact else None,
        )
    except (KeyError, keyset.CursorError):
        raise Http404("The address of these rows is damaged.") from None
    table = found.shown.table(page.rows, order_by=(), request=request)
    table.before_render(request)  # as in their list: a table may hide columns that are for files
    shown = cast(Any, table)
    shown.request_user = user
    shown.sort_headers = {}  # in the list's own order
    first = page.first or 1
    return RowsShown(
        part=found.part,
        parts=_parts(address),
        title=found.shown.title,
        table=shown,
        n=n,
        n_exact=n_exact,
        mine=mine,
        mine_exact=mine_exact,
        told=told,
        first=first,
        last=first + len(page.rows) - 1,
        previous_query=_query(found.part, before=page.previous),
        next_query=_query(found.part, after=page.next),
    )


def _parts(address: Address) -> tuple[tuple[Part, str], ...]:
    """The parts of a ratio with their names; nothing to choose from for others."""
    if address.metric.kind != Kind.RATIO:
        return ()
    above, below = part_names(address.metric)
    return ((Part.NUMERATOR, above), (Part.DENOMINATOR, below))


def _told(snapshot: Snapshot | None, part: Part, kind: Kind) -> int | None:
    if snapshot is None:
        return None
    if part == Part.VALUE:
        number: Any = snapshot.n if kind == Kind.STATISTIC else snapshot.value
    else:
        number = snapshot.numerator if part == Part.NUMERATOR else snapshot.denominator
    return None if number is None else int(number)


def _query(part: Part, **mark: str) -> str:
    ((name, value),) = mark.items()
    if not value:
        return ""
    return f"{name}={value}" + (f"&part={part.value}" if part != Part.VALUE else "")
