"""What waits: pending agreements, and questions for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from django.db.models import Case, Exists, Min, OuterRef, Sum, When
from django.db.models import Count as CountRows

from agreements.choices import LISTED, DecisionState, Origin, Status
from agreements.models import AgreementStatus
from agreements.selectors.dashboard.counts import Count, count_of, reached
from agreements.selectors.dashboard.lists import Lists, PublishedList
from agreements.selectors.register import open_reviews as reviews_waiting
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = ["Pending", "PendingRow", "Reviews", "open_reviews", "pending"]


@dataclass(frozen=True, slots=True)
class PendingRow:
    """An agreement pending on the last pending list's day, how long it had been so, where it stands now."""

    ref: str
    agency: str
    state: str
    model: str
    since: date
    days: int
    at_least: bool  # on the first pending list known: it may have waited longer
    status: str  # today's


@dataclass(frozen=True, slots=True)
class Pending:
    """Agreements pending on the day of the last pending list, and how many of them still are."""

    as_of: PublishedList
    first: PublishedList
    n: Count
    still: Count
    median_days: float | None
    longest_days: int | None
    n_waits: int  # earlier ones: pending, then printed on a participating list
    median_wait_days: float | None
    longest: tuple[PendingRow, ...]


def pending(*, user: User, lists: Lists, how_many: int = 10) -> Pending | None:
    """Agreements pending on the last pending list's day, and days pending; None when no such list is in.

    Two queries. The median and the longest are national; the rows are those that the person may see.
    """
    as_of = lists.last_pending
    if as_of is None:
        return None
    first = lists.pending[0].published_on
    statements = AgreementStatus.objects.filter(
        origin=Origin.LIST, status=Status.PENDING, agreement__merged_into__isnull=True
    )
    listed_then = AgreementStatus.objects.filter(
        agreement=OuterRef("agreement"), origin=Origin.LIST, status__in=LISTED, begins_on=OuterRef("ends_on")
    )
    spans = (
        statements.annotate(reached=reached(user, "agreement__agency"), was_listed=Exists(listed_then))
        .values("begins_on", "ends_on", "was_listed", "agreement__status", "reached")
        .annotate(n=CountRows("pk"))
        .order_by()
    )
    days: list[int] = []
    waits: list[int] = []
    n, still = Count(), Count()
    for row in spans:
        if row["was_listed"] and row["ends_on"]:
            waits += [(row["ends_on"] - row["begins_on"]).days] * row["n"]
        if row["begins_on"] <= as_of.published_on and (
            row["ends_on"] is None or row["ends_on"] > as_of.published_on
        ):
            n += count_of(row, "n")
            still += count_of(row, "n") if row["agreement__status"] == Status.PENDING else Count()
            days += [(as_of.published_on - row["begins_on"]).days] * row["n"]
    longest = (
        visible_to(statements.active_on(as_of.published_on), user)
        .order_by("begins_on", "agreement__agency__name", "agreement")
        .values_list(*_PENDING_FIELDS)[:how_many]
    )
    return Pending(
        as_of=as_of,
        first=lists.pending[0],
        n=n,
        still=still,
        median_days=median(days) if days else None,
        longest_days=max(days, default=None),
        n_waits=len(waits),
        median_wait_days=median(waits) if waits else None,
        longest=tuple(
            PendingRow(
                ref=ref, agency=agency, state=state or "", model=model, since=since,
                days=(as_of.published_on - since).days, at_least=since <= first,
                status=Status(status).label,
            )
            for ref, agency, state, model, since, status in longest
        ),
    )  # fmt: skip


_PENDING_FIELDS = (
    "agreement__ref",
    "agreement__agency__name",
    "agreement__agency__state_id",
    "agreement__model",
    "begins_on",
    "agreement__status",
)


@dataclass(frozen=True, slots=True)
class Reviews:
    """Questions that wait for a person; `put_off` of them were answered "later"."""

    n: int
    put_off: int
    oldest_at: datetime | None


def open_reviews() -> Reviews:
    """How many questions wait, and since when. One query."""
    found = reviews_waiting().aggregate(
        n=CountRows("pk"),
        put_off=Sum(Case(When(state=DecisionState.LATER, then=1), default=0)),
        oldest_at=Min("created_at"),
    )
    return Reviews(found["n"], found["put_off"] or 0, found["oldest_at"])
