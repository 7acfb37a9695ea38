"""How long requests usually stay in a stage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.cache import cache
from django.db.models import Count, DateField, F, OuterRef, Subquery

from itinstall.models import Stage, StageTransition
from oversight.periods.sql import DaysBetween

__all__ = ["FEWEST", "WINDOW_DAYS", "Usual", "usual_days"]

WINDOW_DAYS = 365
FEWEST = 10  # of fewer visits nothing is said
KEPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Usual:
    """90th percentile (nearest rank) of the days of `n` finished visits; `days` None: too few."""

    name: str
    n: int
    days: int | None


def usual_days(*, on: date) -> dict[str, Usual]:
    """By stage, in their order: visits of the nation that ended in the 365 days before `on`. Two statements,
    none when it was asked in the last ten minutes: what is usual does not change with one entry."""
    key = f"itinstall.usual:{on}"
    known: dict[str, Usual] | None = cache.get(key)
    if known is None:
        known = _usual_days(on)
        cache.set(key, known, KEPT_SECONDS)
    return known


def _usual_days(on: date) -> dict[str, Usual]:
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
    return {stage.key: _usual(stage.name, counts[stage.key]) for stage in Stage.objects.order_by("place")}


def _usual(name: str, found: dict[int, int]) -> Usual:
    n = sum(found.values())
    if n < FEWEST:
        return Usual(name, n, None)
    rank, passed = -(-9 * n // 10), 0
    for days in sorted(found):
        passed += found[days]
        if passed >= rank:
            return Usual(name, n, days)
    raise AssertionError("The ranks end with the last visit.")
