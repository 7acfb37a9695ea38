"""What of installations happened between two days: submitted, moved, completed, cancelled, held."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from itinstall.choices import EntryKind
from itinstall.facts import Ordinal
from itinstall.models import Hold, StageTransition
from oversight.access.scope import visible_to
from oversight.console.changes import ChangeRow, ChangesRequest, Section, register_change_section

__all__ = ["register_sections"]

TEXT = CharField()


def happened(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Steps and holds after `first` up to `last`, of requests that the person may see. One query."""
    parts = [_steps(request, first, last), _holds(request, first, last, "begins_on"),
             _holds(request, first, last, "ends_on")]  # fmt: skip
    statements = [part.order_by().query.sql_with_params() for part in parts]
    union = " UNION ALL ".join(sql for sql, _ in statements)
    values = [value for _, params in statements for value in params]
    limit = "" if request.limit is None else "LIMIT %s"
    # Only statements that Django wrote are put in; values are bound.
    sql = f"SELECT happened.*, COUNT(*) OVER () FROM ({union}) happened ORDER BY 1 DESC, 3, 8 DESC, 2 {limit}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, values if request.limit is None else [*values, request.limit])
        found = cursor.fetchall()
    return Section(
        "Installations",
        [_row(row) for row in found],
        found[0][-1] if found else 0,
        "No installation request was submitted, moved, completed or put on hold in these days.",
    )


def _row(row: tuple[Any, ...]) -> ChangeRow:
    day, what, ref, agency, site, after, why, _, _ = row
    return ChangeRow(
        on=dt.date.fromordinal(day),
        what=what,
        subject=f"{agency}: {site}",
        href=reverse("itinstall:request_detail", args=[ref]),
        after=after,
        why=why,
    )


def _steps(request: ChangesRequest, first: dt.date, last: dt.date) -> QuerySet[Any]:
    rows = visible_to(StageTransition.objects.standing(), request.user).filter(on__gt=first, on__lte=last)
    what = Case(
        When(kind=EntryKind.COMPLETED, then=Value("Completed")),
        When(kind=EntryKind.CANCELLED, then=Value("Cancelled")),
        When(sequence=1, then=Value("Submitted")),
        default=Value("Moved"),
        output_field=TEXT,
    )
    return _columns(rows, day="on", what=what, after=Coalesce("stage__name", Value("")))


def _holds(request: ChangesRequest, first: dt.date, last: dt.date, day: str) -> QuerySet[Any]:
    """Holds that began (`day` "begins_on") or ended ("ends_on")."""
    within = {f"{day}__gt": first, f"{day}__lte": last}
    rows = visible_to(Hold.objects.standing(), request.user).filter(**within)
    what = Value("Put on hold" if day == "begins_on" else "Hold ended", output_field=TEXT)
    return _columns(rows, day=day, what=what, after=F("why__name"))


def _columns(rows: QuerySet[Any], *, day: str, what: Any, after: Any) -> QuerySet[Any]:
    return rows.annotate(happened_on=Ordinal(day), happened=what, became=after).values(
        "happened_on", "happened", "request__ref", "request__site__agency__name", "request__site__name",
        "became", "reason", "pk",
    )  # fmt: skip


def register_sections() -> None:
    """Called once, when the app is ready."""
    register_change_section("itinstall.requests", 55, happened)
