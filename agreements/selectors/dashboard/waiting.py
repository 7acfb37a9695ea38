"""What waits: pending agreements and missing ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, IntegerField, Sum, Value, When, Window
from django.db.models import Count as CountRows
from django.db.models.functions import RowNumber

from agreements.choices import Status
from agreements.reconciliation.types import Parameters
from agreements.selectors.dashboard.lists import Lists
from agreements.selectors.dashboard.reach import WAITS, Held, Reach
from agreements.selectors.register import agreements
from oversight.access.models import User

__all__ = ["Waiting", "WaitingRow", "removed_next", "waiting"]


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An agreement that is pending or missing, and since when."""

    ref: str
    agency: str
    state: str
    model: str
    since: date
    days: int  # up to today
    at_least: bool  # on the first pending list known: it may have waited longer


@dataclass(frozen=True, slots=True)
class Waiting:
    """Agreements of one status that a person may see: how many, and those that wait longest.

    `n_near`: missing ones that the next list removes when it does not print them either.
    """

    n: int = 0
    n_near: int = 0
    longest: tuple[WaitingRow, ...] = ()

    @property
    def since(self) -> date | None:
        return self.longest[0].since if self.longest else None


_ROW = ("status", "ref", "agency__name", "agency__state", "model", "status_on", "n", "n_near")


def waiting(
    *,
    user: User,
    today: date,
    lists: Lists,
    near: date | None,
    reach: Reach | None = None,
    how_many: int = 10,
) -> Mapping[str, Waiting]:
    """By status, pending and missing: counts and the rows longest in it.

    `near`: missing since that day or earlier counts as near its end (`removed_next`). One query; none with
    the `reach` of somebody who sees only part, which has the rows already.
    """
    first = lists.pending[0].published_on if lists.pending else None
    rows: dict[str, list[WaitingRow]] = {}
    counts: dict[str, tuple[int, int]] = {}
    found = _longest(user, near, how_many) if reach is None else _held(reach.held, near, how_many)
    for held, n, n_near in found:
        counts[held.status] = n, n_near
        at_least = held.status == Status.PENDING and first is not None and held.since <= first
        days = (today - held.since).days
        row = WaitingRow(held.ref, held.agency, held.state or "", held.model, held.since, days, at_least)
        rows.setdefault(held.status, []).append(row)
    return {status: Waiting(*counts[status], tuple(found)) for status, found in rows.items()}


def _longest(user: User, near: date | None, how_many: int) -> Iterator[tuple[Held, int, int]]:
    """The first rows of each status, each with how many there are and how many are near their end."""
    is_near: list[When] = [When(status_on__lte=near, then=Value(1))] if near else []
    ranked = (
        agreements(user=user)
        .filter(status__in=WAITS)
        .annotate(
            place=Window(RowNumber(), partition_by="status", order_by=["status_on", "agency__name", "pk"]),
            n=Window(CountRows("pk"), partition_by="status"),
            n_near=Window(
                Sum(Case(*is_near, default=Value(0), output_field=IntegerField())), partition_by="status"
            ),
        )
        .filter(place__lte=how_many)
        .order_by("status", "place")
    )
    for *row, n, n_near in ranked.values_list(*_ROW):
        yield Held(*row), n, n_near or 0


def _held(held: Sequence[Held], near: date | None, how_many: int) -> Iterator[tuple[Held, int, int]]:
    """The same of rows that are there."""
    for status in WAITS:
        own = [item for item in held if item.status == status]
        n_near = sum(near is not None and item.since <= near for item in own)
        for item in own[:how_many]:
            yield item, len(own), n_near


def removed_next(*, lists: Lists, parameters: Mapping[str, Decimal]) -> date | None:
    """Since when an agreement must be missing for the next list to remove it; None: too few lists.

    An exit is believed after so many lists without the agreement (docs/reconciliation.md): one that is
    missing from one list less is near. The days that the rule asks for as well pass before the next list,
    or with the one after it.
    """
    seed = Decimal(Parameters().missing_lists)
    needed = max(int(parameters.get("roster.missing_lists", seed)) - 1, 1)
    if len(lists.participating) < needed:
        return None
    return lists.participating[-needed].published_on
