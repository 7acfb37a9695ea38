"""The facts of a day as columns of requests, to filter the records behind a figure by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case as SqlCase
from django.db.models import (
    CharField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least

from agreements.metric_subjects import OFFICE_UNKNOWN
from agreements.models import AgencyOffice
from itinstall.choices import ClockStart, EntryKind
from itinstall.models import Hold, InstallationRequest, StageTransition

__all__ = [
    "LOOK_BACK_DAYS",
    "Ordinal",
    "areas_of_day",
    "completed_since",
    "entries_known",
    "in_office",
    "requests_of_day",
    "stage_on_day",
]

LOOK_BACK_DAYS = 365  # figures of what was completed look back so far, the day itself included


class Ordinal(Func):
    """A date as the number of its day, as `date.toordinal()` has it."""

    output_field = IntegerField()
    arity = 1
    template = "((%(expressions)s) - DATE '0001-01-01' + 1)"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "CAST(julianday(%(expressions)s) - 1721424.5 AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)


def areas_of_day(as_of: date) -> QuerySet[AgencyOffice]:
    """Which agency falls under which field office on the day."""
    over = Q(valid_to__isnull=True) | Q(valid_to__gt=as_of)
    return AgencyOffice.objects.filter(over, valid_from__lte=as_of).order_by()


def entries_known(known_at: datetime | None) -> QuerySet[Any]:
    """Steps as they were known at `known_at`."""
    return StageTransition.objects.known_at(known_at).order_by()


def requests_of_day(as_of: date, known_at: datetime | None = None) -> QuerySet[Any]:
    """The requests of `cases_of_day` with the same facts as columns, to be filtered: `submitted`, `ended`
    ("" while open), `closed`, `clock`, `elapsed` (NULL without a clock), `stopped`, `paused`. Lazy."""
    first = entries_known(known_at).filter(request=OuterRef("pk"), sequence=1)
    closed, kind = _end_columns(as_of, known_at)
    signed = Coalesce("agreement__merged_into__signed_on", "agreement__signed_on")
    rows = InstallationRequest.objects.annotate(
        submitted=Subquery(first.values(day=Ordinal("on"))[:1], output_field=IntegerField()),
        closed=closed,
        ended=kind,
    )
    rows = rows.filter(_submitted_by(as_of, known_at))
    rows = rows.annotate(
        clock=SqlCase(
            When(policy__clock_start=ClockStart.SUBMITTED, then=F("submitted")),
            default=Ordinal(signed),
            output_field=IntegerField(),
        ),
        until=Coalesce("closed", Value(as_of.toordinal()), output_field=IntegerField()),
    )
    return rows.annotate(
        elapsed=SqlCase(
            When(clock__lte=F("until"), then=F("until") - F("clock")),
            default=None,
            output_field=IntegerField(),
        ),
        paused=_held(known_at),
        stopped=_held(known_at, why__policies=OuterRef("policy")),
    )


def _submitted_by(as_of: date, known_at: datetime | None) -> Q:
    """One that ended by then had been submitted. Others are asked one by one on SQLite, which does that for
    the few that are left; PostgreSQL takes them for so many that it joins the rest badly, and gets a set."""
    there = entries_known(known_at).filter(sequence=1, on__lte=as_of)
    if connection.vendor == "sqlite":
        found = Q(Exists(there.filter(request=OuterRef("pk"))))
    else:
        found = Q(pk__in=there.values("request"))
    return found if known_at else Q(closed_on__lte=as_of) | found


def _end_columns(as_of: date, known_at: datetime | None) -> tuple[Any, Any]:
    """(day of the end or NULL, kind of the end or "") when `as_of` ended."""
    if known_at is None:
        over = Q(closed_on__lte=as_of)
        return (
            SqlCase(When(over, then=Ordinal("closed_on")), default=None, output_field=IntegerField()),
            SqlCase(When(over, then=F("state")), default=Value(""), output_field=CharField()),
        )
    ends = entries_known(known_at).exclude(kind=EntryKind.STAGE).filter(request=OuterRef("pk"), on__lte=as_of)
    return (
        Subquery(ends.values(day=Ordinal("on"))[:1], output_field=IntegerField()),
        Coalesce(Subquery(ends.values("kind")[:1]), Value(""), output_field=CharField()),
    )


def _held(known_at: datetime | None, **which: Any) -> Any:
    """Days on hold between the start of the clock and `until`."""
    begins = Greatest(Ordinal("begins_on"), OuterRef("clock"), output_field=IntegerField())
    ends = Least(
        Coalesce(Ordinal("ends_on"), OuterRef("until"), output_field=IntegerField()),
        OuterRef("until"),
        output_field=IntegerField(),
    )
    holds = Hold.objects.known_at(known_at).filter(request=OuterRef("pk"), **which).order_by()
    length = Greatest(Value(0), ends - begins, output_field=IntegerField())
    total = holds.values("request").annotate(days=Sum(length)).values("days")
    return Coalesce(Subquery(total, output_field=IntegerField()), Value(0))


def in_office(rows: QuerySet[Any], office: str, *, as_of: date) -> QuerySet[Any]:
    """Requests whose agency falls under a field office on the day; `office` may be "unknown"."""
    rows = rows.annotate(root=Coalesce("site__agency__merged_into", "site__agency"))
    areas = areas_of_day(as_of).filter(agency=OuterRef("root"))
    if office == OFFICE_UNKNOWN:
        return rows.filter(~Exists(areas))
    return rows.filter(Exists(areas.filter(office=office)))


def completed_since(
    as_of: date, known_at: datetime | None = None, days: int = LOOK_BACK_DAYS
) -> QuerySet[Any]:
    """Requests completed in the `days` up to and with `as_of`."""
    since = as_of.toordinal() - days
    rows = requests_of_day(as_of, known_at).filter(ended=EntryKind.COMPLETED, closed__gt=since)
    # What is known now stands on the request itself, where an index finds it.
    return rows if known_at else rows.filter(closed_on__gt=as_of - timedelta(days=days), closed_on__lte=as_of)


def stage_on_day(as_of: date, known_at: datetime | None = None) -> Subquery:
    """Of a request: the stage that it was in, or had been in when it ended, when `as_of` ended."""
    last = entries_known(known_at).filter(request=OuterRef("pk"), on__lte=as_of, stage__isnull=False)
    return Subquery(last.order_by("-sequence").values("stage")[:1])
