"""Times in stages, counted by the database: all transitions do not travel one by one."""

# ruff: noqa: S608 - only statements that Django wrote are put in; values are bound

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, MutableMapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Lead

from itinstall.choices import EntryKind, RequestState
from itinstall.facts.cases import Case
from itinstall.facts.columns import LOOK_BACK_DAYS, Ordinal, entries_known

__all__ = ["BEFORE_REQUEST", "StageSum", "StageVisits", "stage_sums", "stage_visits", "visits_of"]

BEFORE_REQUEST = "before-request"  # the days between the start of the clock and the request


class StageVisits(NamedTuple):
    """How many times a request was in a stage for so many days. `is_open`: it is there still."""

    stage: str
    days: int
    is_open: bool
    n: int


class StageSum(NamedTuple):
    """Days that late, or timely, completed requests spent in a stage since their clock started."""

    stage: str
    is_late: bool
    days: int


def visits_of(as_of: date, known_at: datetime | None = None) -> QuerySet[Any]:
    """Every stage begun up to `as_of`, with `begins` and `ends` (NULL: the request is there still)."""
    return (
        entries_known(known_at)
        .filter(on__lte=as_of)
        .annotate(
            begins=Ordinal("on"),
            ends=Window(Lead(Ordinal("on")), partition_by=F("request_id"), order_by=F("sequence").asc()),
        )
    )


def _recent(rows: QuerySet[Any], since: date, known_at: datetime | None) -> QuerySet[Any]:
    """Without requests that had ended by `since`, where the database can tell it cheaply."""
    if known_at is not None:
        return rows
    return rows.filter(Q(request__closed_on__isnull=True) | Q(request__closed_on__gt=since))


def stage_visits(
    as_of: date,
    known_at: datetime | None = None,
    requests: QuerySet[Any] | None = None,
    since: date | None = None,
) -> list[StageVisits]:
    """Visits that ended after `since` (365 days before `as_of` unless given) up to and with `as_of`, and
    those that go on; of `requests` only, if given. Counted by the database, one statement.

    A stage that begins and ends on one day took 0 days.
    """
    since = since or as_of - timedelta(days=LOOK_BACK_DAYS)
    day = as_of.toordinal()
    rows = _recent(visits_of(as_of, known_at), since, known_at)
    if requests is not None:
        rows = rows.filter(request__in=requests.order_by().values("pk"))
    inner, values = rows.values("stage_id", "begins", "ends").query.sql_with_params()
    sql = f"""
        SELECT stage_id, COALESCE(ends, %s) - begins, CASE WHEN ends IS NULL THEN 1 ELSE 0 END, COUNT(*)
        FROM ({inner}) visits
        WHERE stage_id IS NOT NULL AND (ends IS NULL OR ends > %s) GROUP BY 1, 2, 3"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [day, *values, since.toordinal()])
        return [StageVisits(stage, days, bool(is_open), n) for stage, days, is_open, n in cursor]


def stage_sums(
    cases: Collection[Case],
    as_of: date,
    known_at: datetime | None = None,
    since: date | None = None,
    visits: MutableMapping[str, list[tuple[int, int]]] | None = None,
) -> list[StageSum]:
    """Days by stage that those of `cases` whose clock ran and that were completed spent there, late ones and
    the others apart. All were completed after `since` (365 days before `as_of` unless given). One statement.

    Days before the start of the clock are left out, so that with `BEFORE_REQUEST` they add up to `elapsed`.
    `visits`: is given the (days, 1) of each visit of `cases`, by stage, also of those without a clock.
    """
    wanted = {case.pk for case in cases}
    since = since or as_of - timedelta(days=LOOK_BACK_DAYS)
    clocks = {case.pk: (case.clock or 0, case.is_late) for case in cases if case.elapsed is not None}
    days: dict[tuple[str, bool], int] = defaultdict(int)
    for case in cases:
        if case.pk in clocks:
            days[BEFORE_REQUEST, case.is_late] += max(0, case.submitted - clocks[case.pk][0])
    for pk, stage, begins, ends in _visits_of_completed(as_of, known_at, since):
        if stage is None or pk not in wanted:
            continue
        if visits is not None:
            visits.setdefault(stage, []).append((ends - begins, 1))
        if pk in clocks:
            clock, is_late = clocks[pk]
            days[stage, is_late] += max(0, ends - max(begins, clock))
    return [StageSum(stage, is_late, total) for (stage, is_late), total in days.items()]


def _visits_of_completed(as_of: date, known_at: datetime | None, since: date) -> Iterable[tuple[Any, ...]]:
    """(request, stage, begins, ends) of what was completed after `since` up to `as_of`: no more travels."""
    rows = visits_of(as_of, known_at)
    if known_at is None:
        rows = rows.filter(
            request__state=RequestState.COMPLETED, request__closed_on__gt=since, request__closed_on__lte=as_of
        )
    else:
        done = entries_known(known_at).filter(kind=EntryKind.COMPLETED, on__gt=since, on__lte=as_of)
        rows = rows.filter(request__in=done.values("request"))
    return rows.values_list("request_id", "stage_id", "begins", "ends")
