"""Listed agreements over time, from what the lists say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.core.cache import cache
from django.db.models import Count as CountRows
from django.db.models import F

from agreements.choices import LISTED, Origin, Status, SupportModel
from agreements.models import AgreementStatus
from agreements.selectors.dashboard.lists import Lists

__all__ = ["OverTime", "Point", "listed_over_time"]

MODELS = tuple(SupportModel.values)
KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Point:
    """What stood on the last list of one day: listed agreements by model, and the missing ones."""

    day: date
    publication: int
    listed: Mapping[str, int]
    missing: int

    @property
    def total(self) -> int:
        return sum(self.listed.values())


@dataclass(frozen=True, slots=True)
class OverTime:
    """One point per day with a participating list; nothing in between is made up."""

    points: tuple[Point, ...]
    models: tuple[str, ...]  # those that ever occur; "" = not read

    def gaps(self, *, longer_than_days: int) -> list[tuple[date, date, int]]:
        """Stretches without a list: from, to, days."""
        days = [point.day for point in self.points]
        return [(a, b, (b - a).days) for a, b in pairwise(days) if (b - a).days > longer_than_days]


def listed_over_time(*, lists: Lists) -> OverTime:
    """Listed agreements by model on each day with a participating list, from list statements.

    Only a write of the register changes them, so they are computed once for each (`Lists.mark`). One query.
    """
    if not lists.mark:
        return _listed_over_time(lists)
    key = f"agreements.over_time.{lists.mark}.{len(lists.participating)}"
    found: OverTime | None = cache.get(key)
    if found is None:
        found = _listed_over_time(lists)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _listed_over_time(lists: Lists) -> OverTime:
    """Over all list statements.

    A statement [begins_on, ends_on) adds one on its first day and takes it away on its end: summing those
    steps gives every day's count without looking at each day.
    """
    statements = AgreementStatus.objects.filter(
        origin=Origin.LIST, status__in=[*LISTED, Status.MISSING], agreement__merged_into__isnull=True
    ).order_by()
    begins = statements.values("status", model=F("agreement__model"), day=F("begins_on"))
    ends = statements.filter(ends_on__isnull=False).values(
        "status", model=F("agreement__model"), day=F("ends_on")
    )
    steps = begins.annotate(step=CountRows("pk")).union(ends.annotate(step=CountRows("pk") * -1), all=True)
    by_day: dict[date, list[tuple[str, str, int]]] = defaultdict(list)
    for row in steps:
        by_day[row["day"]].append((row["status"], row["model"], row["step"]))
    return _accumulate(by_day, lists)


def _accumulate(by_day: Mapping[date, list[tuple[str, str, int]]], lists: Lists) -> OverTime:
    last_of_day = {item.published_on: item.pk for item in lists.participating}
    level: dict[tuple[str, str], int] = defaultdict(int)
    points = []
    for day in sorted({*by_day, *last_of_day}):
        for status, model, step in by_day.get(day, ()):
            level["missing" if status == Status.MISSING else "listed", model] += step
        if day in last_of_day:
            listed = {model: n for (what, model), n in level.items() if what == "listed" and n}
            missing = sum(n for (what, _), n in level.items() if what == "missing")
            points.append(Point(day, last_of_day[day], listed, missing))
    seen = {model for point in points for model in point.listed}
    order = [*(model for model in MODELS if model in seen), *sorted(seen - set(MODELS))]
    return OverTime(tuple(points), tuple(order))
