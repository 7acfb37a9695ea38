"""How long requests usually stay in a stage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, DateField, F, OuterRef, Subquery

from itinstall.models import StageTransition
from oversight.periods.sql import DaysBetween

__all__ = ["FEWEST", "WINDOW_DAYS", "Usual", "usual_days"]

WINDOW_DAYS = 365
FEWEST = 10  # of fewer visits nothing is said


@dataclass(frozen=True, slots=True)
class Usual:
    """90th percentile (nearest rank) of the days of `n` finished visits; `days` None: too few."""

    n: int
    days: int | None


def usual_days(*, on: date) -> dict[str, Usual]:
    """By stage: visits of the nation that ended in the 365 days before `on`. One statement."""
    before = StageTransition.objects.standing().filter(
        request=OuterRef("request"), sequence__lt=OuterRef("sequence")
    )
    last = before.order_by("-sequence")
    ends = (
        StageTransition.objects.standing()
        .filter(on__gte=on - timedelta(days=WINDOW_DAYS), on__lt=on, sequence__gt=1)
        .annotate(
            left_stage=Subquery(last.values("stage")[:1]),
            began_on=Subquery(last.values("on")[:1], output_field=DateField()),
        )
        .filter(left_stage__isnull=False)
        .annotate(days=DaysBetween("began_on", F("on")))
        .order_by()
        .values("left_stage", "days")
        .annotate(n=Count("pk"))
    )
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for row in ends:
        counts[row["left_stage"]][row["days"]] = row["n"]
    return {stage: _usual(found) for stage, found in counts.items()}


def _usual(found: dict[int, int]) -> Usual:
    n = sum(found.values())
    if n < FEWEST:
        return Usual(n, None)
    rank, passed = -(-9 * n // 10), 0
    for days in sorted(found):
        passed += found[days]
        if passed >= rank:
            return Usual(n, days)
    raise AssertionError("The ranks end with the last visit.")
