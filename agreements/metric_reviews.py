"""Questions that the rules leave to a person: how many wait at the end of a day, and for how long.

The day ends at midnight at headquarters. A question waits from when it arose here until it is answered or
later lists no longer lead to it; one that was put off still waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from agreements.models import Decision, Publication, ReviewWait
from oversight.metrics.base import Facts, Figure, Kind, Metric, Subject
from oversight.metrics.choices import Level
from oversight.metrics.registry import register

__all__ = ["end_of_day"]

NATION = Subject(Level.NATION)
NOT_HERE = "no list imported here yet"
NONE_WAITS = "no open review"


def end_of_day(day: date) -> datetime:
    """The first instant after `day`, at headquarters."""
    following = day + timedelta(days=1)
    return datetime.combine(following, time.min, tzinfo=timezone.get_default_timezone())


def _waits(as_of: date, known_at: datetime | None) -> QuerySet[ReviewWait]:
    """Those that run at the end of the day, or at `known_at` when that is earlier."""
    at = end_of_day(as_of) if known_at is None else min(end_of_day(as_of), known_at)
    return ReviewWait.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gte=at), begins_at__lt=at)


def _days_waited(as_of: date, known_at: datetime | None) -> list[int] | None:
    """Days waited by each open question; None when nothing was imported here by then. Two statements."""
    zone = timezone.get_default_timezone()
    begun = _waits(as_of, known_at).order_by().values_list("begins_at", flat=True)
    days = [(as_of - timezone.localdate(at, timezone=zone)).days for at in begun]
    if days:
        return days
    first = Publication.objects.aggregate(first=Min("imported_at"))["first"]
    at = end_of_day(as_of) if known_at is None else min(end_of_day(as_of), known_at)
    return days if first is not None and first < at else None


class _OfReviews(Metric):
    source = "The review queue of this installation (docs/reconciliation.md); ICE publishes none"
    levels = (Level.NATION,)

    def value(self, days: list[int]) -> Decimal:
        raise NotImplementedError

    def figures(self, facts: Facts) -> Iterable[Figure]:
        days = facts.once(_days_waited)
        if days is None:
            return [Figure(NATION, None, reason=NOT_HERE)]
        if not days:
            return [Figure(NATION, None, reason=NONE_WAITS)]
        return [Figure(NATION, self.value(days), n=len(days))]

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Decision]:
        return Decision.objects.filter(pk__in=_waits(as_of, known_at).order_by().values("decision"))


@register
class ReviewsOpen(_OfReviews):
    key = "agreements.reviews_open"
    name = "Open reviews"
    words = "Questions about lists that wait for a person at the end of the day, those put off included."
    formula = "open reviews"
    unit = "reviews"

    def figures(self, facts: Facts) -> Iterable[Figure]:
        days = facts.once(_days_waited)
        if days is None:
            return [Figure(NATION, None, reason=NOT_HERE)]
        n = Decimal(len(days))
        return [Figure(NATION, n, numerator=n, n=len(days))]


class _Age(_OfReviews):
    unit = "calendar days"
    kind = Kind.STATISTIC

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        zone = timezone.get_default_timezone()
        waits = _waits(as_of, known_at).order_by().values_list("decision", "begins_at")
        return {pk: Decimal((as_of - timezone.localdate(at, timezone=zone)).days) for pk, at in waits}


@register
class ReviewDaysMedian(_Age):
    key = "agreements.review_days_median"
    name = "Age of open reviews, median"
    words = (
        "Of the reviews open at the end of the day, the median number of calendar days since they arose here."
    )
    formula = "median(day − day on which the question arose)"
    decimals = 1

    def value(self, days: list[int]) -> Decimal:
        return Decimal(str(median(days)))


@register
class ReviewDaysOldest(_Age):
    key = "agreements.review_days_oldest"
    name = "Age of open reviews, oldest"
    words = "Calendar days since the longest waiting of the reviews open at the end of the day arose here."
    formula = "maximum of (day − day on which the question arose)"

    def value(self, days: list[int]) -> Decimal:
        return Decimal(max(days))
