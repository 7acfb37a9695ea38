"""The lists themselves, and what the last ones changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import DateTimeField, IntegerField, QuerySet, Subquery

from agreements.choices import ListKind
from agreements.models import Publication, RegisterChange, RegisterState
from agreements.selectors.dashboard.counts import Count, count_of, reached, sum_of
from agreements.selectors.dashboard.reviews import REVIEW_COUNTS, Reviews, open_reviews
from agreements.selectors.register import open_reviews as reviews_waiting
from oversight.access.models import User

__all__ = ["ListChanges", "Lists", "PublishedList", "last_changes", "published_lists"]


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A list: when it was published and how many rows it prints."""

    pk: int
    published_on: date
    row_count: int


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists of both kinds in their order, and the questions that they left to a person."""

    participating: tuple[PublishedList, ...]
    pending: tuple[PublishedList, ...]
    reviews: Reviews
    mark: str = ""  # other whenever the register was written; "" before it ever was

    @property
    def last(self) -> PublishedList | None:
        """The newest participating list: what "now" means on the home page."""
        return self.participating[-1] if self.participating else None

    @property
    def last_pending(self) -> PublishedList | None:
        return self.pending[-1] if self.pending else None


def published_lists() -> Lists:
    """Every list, in order, with the questions that wait. One query; two while there is no list."""
    found: dict[str, list[PublishedList]] = defaultdict(list)
    written = RegisterState.objects.filter(version__gt=0)
    rows = Publication.objects.order_by("sequence", "ordered_at", "pk").annotate(
        version=Subquery(written.values("version")[:1]),
        at=Subquery(written.values("updated_at")[:1]),
        n_waiting=_of_reviews("n", IntegerField()),
        n_put_off=_of_reviews("put_off", IntegerField()),
        oldest_at=_of_reviews("oldest_at", DateTimeField()),
    )
    mark, reviews = "", None
    for kind, pk, published_on, row_count, version, at, *waiting in rows.values_list(
        "kind", "pk", "published_on", "row_count", "version", "at", "n_waiting", "n_put_off", "oldest_at"
    ):
        found[kind].append(PublishedList(pk, published_on, row_count))
        mark = f"{version}.{at.timestamp()}" if version else ""
        reviews = Reviews(waiting[0] or 0, waiting[1] or 0, waiting[2])
    lists = (tuple(found[ListKind.PARTICIPATING]), tuple(found[ListKind.PENDING]))
    return Lists(*lists, reviews or open_reviews(), mark)


def _of_reviews(name: str, output_field: Any) -> Subquery:
    """A count of `open_reviews` as a column."""
    rows: QuerySet[Any] = reviews_waiting().order_by().values("is_standing")
    return Subquery(rows.annotate(found=REVIEW_COUNTS[name]).values("found"), output_field=output_field)


@dataclass(frozen=True, slots=True)
class ListChanges:
    """A list and how many changes of each kind it brought."""

    published: PublishedList
    counts: Mapping[str, Count]

    @property
    def total(self) -> Count:
        return sum_of(self.counts.values())


def last_changes(*, user: User, lists: Lists, how_many: int = 5) -> list[ListChanges]:
    """The last participating lists, newest first, with what each changed against the one before it.

    One query.
    """
    shown = list(reversed(lists.participating[-how_many:]))
    rows = (
        RegisterChange.objects.filter(publication__in=[item.pk for item in shown])
        .annotate(reached=reached(user, "agency"))
        .values("publication", "kind", "reached")
        .annotate(changes=CountRows("pk"))
        .order_by()
    )
    counts: dict[int, dict[str, Count]] = defaultdict(lambda: defaultdict(Count))
    for row in rows:
        counts[row["publication"]][row["kind"]] += count_of(row, "changes")
    return [ListChanges(item, dict(counts[item.pk])) for item in shown]
