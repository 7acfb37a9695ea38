"""Days to installation with open requests counted as open: the Kaplan-Meier median."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from itinstall.facts import CURVE_DAYS, requests_of_day
from itinstall.kaplan_meier import median_of
from itinstall.metrics.common import OfRequests, day_facts
from itinstall.metrics.reasons import AREA_CHANGED, Standing
from oversight.metrics.base import Change, Facts, Figure, Kind, Subject
from oversight.metrics.registry import register

__all__ = ["FEWER_THAN_HALF"]

FEWER_THAN_HALF = "fewer than half are complete"
NO_CLOCK_STARTED = "no clock started in 1,095 days"


@register
class KaplanMeierMedian(OfRequests):
    key = "itinstall.km_median"
    name = "Days to installation, open ones counted"
    words = (
        "Kaplan-Meier median of the calendar days from the start of the clock to completion, for clocks "
        "that started in the 1,095 days up to and with the day. An open request counts as open, a cancelled "
        "one up to its end. Completed ones alone would look quicker: the slow are still open."
    )
    formula = "first day on which the Kaplan-Meier estimate of the share still open is at most one half"
    unit = "calendar days"
    source = (
        "Kaplan and Meier, Journal of the American Statistical Association 53 (1958), 457-481; OIG-18-77: "
        "the clock starts with the MOA's signature"
    )
    kind = Kind.STATISTIC
    gaps = ("it.pauses",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        for subject, found in sorted(day_facts(facts).lasting.items()):
            n = len(found.complete) + len(found.censored)
            if not n:
                yield Figure(subject, None, reason=NO_CLOCK_STARTED)
                continue
            median = median_of(complete=found.complete, censored=found.censored)
            if median is None:
                yield Figure(subject, None, n=n, reason=FEWER_THAN_HALF)
            else:
                yield Figure(subject, Decimal(median), n=n)

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        since = as_of.toordinal() - CURVE_DAYS
        return requests_of_day(as_of, known_at).filter(elapsed__isnull=False, clock__gt=since)

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        if before is None:
            return "submitted"
        return AREA_CHANGED if before.elapsed is not None else "clock started"

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        since = change.last.toordinal() - CURVE_DAYS
        started = before.clock is not None and before.clock <= since
        return "clock started more than 1,095 days ago now" if started else AREA_CHANGED

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        rows = self.rows(as_of=as_of, subject=subject, known_at=known_at).order_by()
        return {pk: Decimal(days) for pk, days in rows.values_list("pk", "elapsed")}
