"""Why a request entered or left a figure between two days: where it stood on each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from itinstall.choices import EntryKind
from itinstall.facts import requests_of_day, stage_on_day
from itinstall.models import Hold, Stage
from oversight.metrics.base import Change

__all__ = ["AREA_CHANGED", "Standing", "ended_words", "standings"]

AREA_CHANGED = "field office area changed"
SUBMITTED = "submitted"
ENDED: Mapping[str, str] = {EntryKind.COMPLETED: "completed", EntryKind.CANCELLED: "cancelled"}


class Standing(NamedTuple):
    """A request when a day ended. `ended` "" while open; `hold`: the reason it is on hold for, or ""."""

    ended: str
    closed: int | None
    clock: int | None
    elapsed: int | None
    stage: str
    stage_name: str
    hold: str


def standings(change: Change) -> tuple[dict[int, Standing], dict[int, Standing]]:
    """Request → where it stood on the first and on the last day. Two statements."""
    return _standings(change, change.first), _standings(change, change.last)


def _standings(change: Change, day: date) -> dict[int, Standing]:
    on_day = Hold.objects.known_at(change.known_at).filter(request=OuterRef("pk"), begins_on__lte=day)
    held = on_day.exclude(ends_on__lte=day).order_by("pk").values("why__name")[:1]
    rows = requests_of_day(day, change.known_at).filter(change.matching())
    rows = rows.annotate(
        at_stage=stage_on_day(day, change.known_at), held=Coalesce(Subquery(held), Value(""))
    )
    rows = rows.annotate(at_name=Subquery(Stage.objects.filter(pk=OuterRef("at_stage")).values("name")[:1]))
    fields = ("ended", "closed", "clock", "elapsed", "at_stage", "at_name", "held")
    return {pk: Standing(*values) for pk, *values in rows.order_by().values_list("pk", *fields)}


def ended_words(standing: Standing | None) -> str:
    """Example: "completed"; "" for an open one."""
    return ENDED.get(standing.ended, "") if standing else ""
