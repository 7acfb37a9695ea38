"""How long requests usually stay in a stage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Subquery

from itinstall.facts import LOOK_BACK_DAYS, stage_visits
from itinstall.measures import p90, spread
from itinstall.models import Stage
from oversight.metrics.choices import FillState, Level
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import get_metric

__all__ = ["FEWEST", "WINDOW_DAYS", "Usual", "usual_days"]

WINDOW_DAYS = LOOK_BACK_DAYS
FEWEST = 10  # of fewer visits nothing is said
KEPT_SECONDS = 600
FIGURE = "itinstall.stage_days_p90"


@dataclass(frozen=True, slots=True)
class Usual:
    """90th percentile (nearest rank) of the days of `n` finished visits; `days` None: too few."""

    name: str
    n: int
    days: int | None


def usual_days(*, on: date) -> dict[str, Usual]:
    """By stage, in their order: visits of the nation that ended in the 365 days before `on`. One statement,
    two while the day before has no figures; none when it was asked in the last ten minutes: what is usual
    does not change with one entry."""
    key = f"itinstall.usual:{on}"
    known: dict[str, Usual] | None = cache.get(key)
    if known is None:
        known = _usual_days(on)
        cache.set(key, known, KEPT_SECONDS)
    return known


def _usual_days(on: date) -> dict[str, Usual]:
    # The figures of the day before are of the same visits; to count a nation's takes most of a second.
    day = on - timedelta(days=1)
    stages = list(_stages_with_figures(day))
    if all(stage["is_computed"] for stage in stages):
        return {stage["key"]: _usual(stage["name"], stage["n"] or 0, stage["days"]) for stage in stages}
    visits: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for found in stage_visits(day):
        if not found.is_open:
            visits[found.stage].append((found.days, found.n))
    return {
        stage["key"]: _usual(stage["name"], len(days := spread(visits[stage["key"]])), p90(days))
        for stage in stages
    }


def _stages_with_figures(day: date) -> Any:
    """Every stage with `n` and `days` of its figure of `day`, and whether that day `is_computed`: one that is
    stale is not."""
    metric = get_metric(FIGURE)
    done = DayFill.objects.filter(metric=metric.key, as_of=day, state=FillState.DONE, version=metric.version)
    newest = Snapshot.objects.filter(
        metric=metric.key, level=Level.STAGE, subject=OuterRef("key"), as_of=day
    ).order_by("-pk")
    return (
        Stage.objects.order_by("place")
        .values("key", "name")
        .annotate(
            is_computed=Exists(done),
            n=Subquery(newest.values("n")[:1]),
            days=Subquery(newest.values("value")[:1]),
        )
    )


def _usual(name: str, n: int, days: Any) -> Usual:
    return Usual(name, n, None if n < FEWEST or days is None else int(days))
