"""Reading parameters, the calendar and time zones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.periods.models import Holiday, OfficeZone, Parameter
from oversight.periods.ranges import DayRange
from oversight.periods.zones import ZoneAnswer, assumed, office_names

__all__ = ["OfficeZoneLine", "holidays_of", "parameters_on", "zones_of"]


@dataclass(frozen=True, slots=True)
class OfficeZoneLine:
    """One field office and the time zone of its days."""

    office: str
    answer: ZoneAnswer


def parameters_on(*, day: date, prefix: str = "") -> dict[str, Decimal]:
    """Key → value in force on `day`, for keys that begin with `prefix`. One query."""
    rows = Parameter.objects.active_on(day).filter(key__startswith=prefix).order_by("valid_from")
    return {row.key: row.value for row in rows}


def holidays_of(*, user: User, days: DayRange) -> QuerySet[Holiday]:
    """The holidays of a range of days, in order; public, so every role reads them."""
    rows = Holiday.objects.filter(day__gte=days.start, day__lt=days.end)
    return visible_to(rows, user).order_by("day")


def zones_of(*, user: User, on: date) -> list[OfficeZoneLine]:
    """Every field office by name with its time zone on `on`, entered or assumed. Two queries."""
    entered = {row.office_slug: row for row in visible_to(OfficeZone.objects.active_on(on), user)}
    lines = []
    for slug, name in sorted(office_names().items(), key=lambda item: item[1]):
        row = entered.get(slug)
        answer = ZoneAnswer(row.zone, is_assumed=False, source=row.source) if row else assumed()
        lines.append(OfficeZoneLine(name, answer))
    return lines
