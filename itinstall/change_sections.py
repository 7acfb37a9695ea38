"""What of installations happened between two days: submitted, moved, completed, cancelled, held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from itinstall.choices import EntryKind
from itinstall.facts import Ordinal
from itinstall.models import Hold, StageTransition
from oversight.access.scope import visible_to
from oversight.console.addresses import record_url
from oversight.console.changes import ChangeRow, ChangesRequest, Section, register_change_section

__all__ = ["register_sections"]

TEXT = CharField()


def happened(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Steps and holds after `first` up to `last`, of requests that the person may see. One query."""
    parts = {
        "step": _steps(request, first, last),
        "began": _holds(request, first, last, "begins_on"),
        "ended": _holds(request, first, last, "ends_on"),
    }
    found = _all(parts) if request.limit is None else _newest(parts, request.limit)
    return Section(
        "Installations",
        [_row(row) for row in found],
        found[0][-1] if found else 0,
        "No installation request was submitted, moved, completed or put on hold in these days.",
    )


ORDER = "ORDER BY 1 DESC, 3, 4 DESC, 2"  # the day, the request, the entry, what happened


def _all(parts: Mapping[str, QuerySet[Any]]) -> list[tuple[Any, ...]]:
    """Every row, and with each how many there are."""
    union, values = _union(_named(rows) for rows in parts.values())
    # Only statements that Django wrote are put in, here and below; values are bound.
    return _fetched(f"SELECT happened.*, COUNT(*) OVER () FROM ({union}) happened {ORDER}", values)  # noqa: S608


def _newest(parts: Mapping[str, QuerySet[Any]], limit: int) -> list[tuple[Any, ...]]:
    """The first rows in the same order. A week has thousands: names are looked up of those that are shown."""
    keys, values = _union(rows.values(*KEYS, part=Value(name, TEXT)) for name, rows in parts.items())
    shown = {
        name: rows.model.objects.filter(pk__in=RawSQL("SELECT pk FROM newest WHERE part = %s", [name]))
        for name, rows in parts.items()
    }
    union, more = _union(
        _named(found)
        for found in (
            _as_step(shown["step"]),
            _as_hold(shown["began"], "begins_on"),
            _as_hold(shown["ended"], "ends_on"),
        )
    )
    newest = f"SELECT keys.*, COUNT(*) OVER () AS n FROM ({keys}) keys {ORDER} LIMIT %s"  # noqa: S608
    sql = (
        f"WITH newest AS ({newest}) SELECT happened.*, (SELECT MAX(n) FROM newest) "  # noqa: S608
        f"FROM ({union}) happened {ORDER}"
    )
    return _fetched(sql, [*values, limit, *more])


def _union(parts: Iterable[QuerySet[Any]]) -> tuple[str, list[Any]]:
    statements = [part.order_by().query.sql_with_params() for part in parts]
    values = [value for _, each in statements for value in each]
    return " UNION ALL ".join(sql for sql, _ in statements), values


def _fetched(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _row(row: tuple[Any, ...]) -> ChangeRow:
    day, what, ref, _, agency, site, after, why, _ = row
    return ChangeRow(
        on=dt.date.fromordinal(day),
        what=what,
        subject=f"{agency}: {site}",
        href=record_url("itinstall:request_detail", ref),
        after=after,
        why=why,
    )


def _steps(request: ChangesRequest, first: dt.date, last: dt.date) -> QuerySet[Any]:
    rows = visible_to(StageTransition.objects.standing(), request.user)
    return _as_step(rows.filter(on__gt=first, on__lte=last))


def _as_step(rows: QuerySet[Any]) -> QuerySet[Any]:
    what = Case(
        When(kind=EntryKind.COMPLETED, then=Value("Completed")),
        When(kind=EntryKind.CANCELLED, then=Value("Cancelled")),
        When(sequence=1, then=Value("Submitted")),
        default=Value("Moved"),
        output_field=TEXT,
    )
    return rows.annotate(happened_on=Ordinal("on"), happened=what, became=Coalesce("stage__name", Value("")))


def _holds(request: ChangesRequest, first: dt.date, last: dt.date, day: str) -> QuerySet[Any]:
    """Holds that began (`day` "begins_on") or ended ("ends_on")."""
    rows = visible_to(Hold.objects.standing(), request.user)
    return _as_hold(rows.filter(**{f"{day}__gt": first, f"{day}__lte": last}), day)


def _as_hold(rows: QuerySet[Any], day: str) -> QuerySet[Any]:
    what = Value("Put on hold" if day == "begins_on" else "Hold ended", output_field=TEXT)
    return rows.annotate(happened_on=Ordinal(day), happened=what, became=F("why__name"))


# What rows are ordered by, the same in both.
KEYS = ("happened_on", "happened", "request__ref", "pk")


def _named(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.values(*KEYS, "request__site__agency__name", "request__site__name", "became", "reason")


def register_sections() -> None:
    """Called once, when the app is ready."""
    register_change_section("itinstall.requests", 55, happened)
