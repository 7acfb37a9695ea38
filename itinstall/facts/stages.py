"""Times in stages, counted by the database: transitions do not travel one by one."""

# ruff: noqa: S608 - only statements that Django wrote are put in; values are bound

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case as SqlCase
from django.db.models import F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import Lead

from itinstall.facts.columns import LOOK_BACK_DAYS, Ordinal, completed_since, entries_known

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
    as_of: date,
    known_at: datetime | None = None,
    requests: QuerySet[Any] | None = None,
) -> list[StageSum]:
    """For the requests completed in the 365 days up to and with `as_of` whose clock ran (or `requests`, made
    by `requests_of_day`): days by stage, those of late ones and those of the others. One statement.

    Days before the start of the clock are left out, so that with `BEFORE_REQUEST` they add up to `elapsed`.
    """
    spans = visits_of(as_of, known_at)
    if requests is None:
        requests = completed_since(as_of, known_at)
        spans = _recent(spans, as_of - timedelta(days=LOOK_BACK_DAYS), known_at)
    else:
        spans = spans.filter(request__in=requests.order_by().values("pk"))
    late = SqlCase(
        When(elapsed__gt=F("policy__target_days") + F("stopped"), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    done = requests.filter(elapsed__isnull=False).annotate(late=late).order_by()
    left, left_values = done.values("pk", "clock", "submitted", "late").query.sql_with_params()
    right, right_values = spans.values("request_id", "stage_id", "begins", "ends").query.sql_with_params()
    sql = f"""
        WITH done AS ({left}), spans AS ({right})
        SELECT spans.stage_id, done.late, SUM(CASE
            WHEN spans.ends <= done.clock THEN 0
            WHEN spans.begins < done.clock THEN spans.ends - done.clock
            ELSE spans.ends - spans.begins END)
        FROM done JOIN spans ON spans.request_id = done.pk
        WHERE spans.stage_id IS NOT NULL AND spans.ends IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT %s, late, SUM(CASE WHEN submitted > clock THEN submitted - clock ELSE 0 END)
        FROM done GROUP BY 2"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*left_values, *right_values, BEFORE_REQUEST])
        return [StageSum(stage, bool(is_late), int(days)) for stage, is_late, days in cursor]
