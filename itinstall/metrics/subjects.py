"""What the subjects of installations' figures are called: fiscal years and stages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.core.cache import cache
from django.db.models import Min
from django.utils import timezone

from itinstall.choices import EntryKind
from itinstall.facts import BEFORE_REQUEST
from itinstall.models import Stage, StageTransition
from oversight.metrics.choices import Level
from oversight.metrics.subjects import register_subjects
from oversight.periods.fiscal import FIRST_YEAR, FiscalYear

__all__ = ["BEFORE_NAME", "register_names", "stage_names"]

NAMES_KEY, NAMES_SECONDS = "itinstall.stage_names", 300

BEFORE_NAME = "Before the request"


def _years(keys: Collection[str] | None) -> Mapping[str, str]:
    """All: from the first year that something was ever entered as completed in, the newest first."""
    if keys is not None:
        return {key: f"FY {key}" for key in keys if key.isascii() and key.isdecimal()}
    last = FiscalYear.of(timezone.localdate()).year
    ends = StageTransition.objects.filter(kind=EntryKind.COMPLETED, on__year__gte=FIRST_YEAR)
    day = ends.aggregate(first=Min("on"))["first"]
    first = min(FiscalYear.of(day).year, last) if day else last
    return {str(year): str(FiscalYear(year)) for year in range(last, first - 1, -1)}


def _stages(keys: Collection[str] | None) -> Mapping[str, str]:
    """In the order in which they follow, the days before the request first."""
    rows = Stage.objects.order_by("place") if keys is None else Stage.objects.filter(pk__in=keys)
    before = {BEFORE_REQUEST: BEFORE_NAME} if keys is None or BEFORE_REQUEST in keys else {}
    return before | dict(rows.values_list("pk", "name"))


def stage_names() -> Mapping[str, str]:
    """Every stage as pages name it, in order. One query, asked of the database once in five minutes."""
    names: Mapping[str, str] | None = cache.get(NAMES_KEY)
    if names is None:
        names = _stages(None)
        cache.set(NAMES_KEY, names, NAMES_SECONDS)
    return names


def register_names() -> None:
    """Called once, with the app's metrics."""
    register_subjects(Level.YEAR, _years)
    register_subjects(Level.STAGE, _stages)
