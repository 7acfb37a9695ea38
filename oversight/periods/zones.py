"""Local days: which date it is at a place, and which instants a place's day spans.

ICE does not publish the time zones of its offices, and an area can span two. Until an administrator
enters an office's zone, headquarters' zone is assumed, and every answer says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q

from oversight.periods.models import OfficeZone

__all__ = [
    "ZoneAnswer",
    "assumed",
    "day_bounds",
    "local_date",
    "office_date",
    "office_names",
    "office_zone",
    "office_zones",
    "set_office_names",
    "validate_zone",
]


@dataclass(frozen=True, slots=True)
class ZoneAnswer:
    """An office's zone on a day. `is_assumed`: nobody entered one; `source` then says what is assumed."""

    zone: str
    is_assumed: bool
    source: str


_office_names: Callable[[], Mapping[str, str]] = dict


def set_office_names(provider: Callable[[], Mapping[str, str]]) -> None:
    """Register who knows the offices, as short name → name: this app imports no other."""
    global _office_names
    _office_names = provider


def office_names() -> Mapping[str, str]:
    """Short name → name of every field office."""
    return _office_names()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        raise ValueError(f"“{name}” is no time zone. Write one like America/Chicago.") from None


def validate_zone(name: str) -> None:
    """For forms and services. Raises ValidationError."""
    try:
        _zone(name)
    except ValueError as error:
        raise ValidationError({"zone": str(error)}) from None


def local_date(at: dt.datetime, zone: str) -> dt.date:
    """The date at `zone` at the instant `at`. Raises ValueError for a naive time or an unknown zone."""
    if at.utcoffset() is None:
        raise ValueError(f"{at} says no time zone, so it is no instant.")
    return at.astimezone(_zone(zone)).date()


def day_bounds(day: dt.date, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """The instants [begin, end) of `day` at `zone`, in UTC: 23 or 25 hours when the clock changes."""
    place = _zone(zone)
    begin, end = (dt.datetime.combine(d, dt.time(), place) for d in (day, day + dt.timedelta(days=1)))
    return begin.astimezone(dt.UTC), end.astimezone(dt.UTC)


def office_zones(*, on: dt.date) -> dict[str, ZoneAnswer]:
    """The zones that were entered and hold on `on`, by office. One query."""
    rows = OfficeZone.objects.active_on(on).order_by("valid_from")
    return {row.office_slug: ZoneAnswer(row.zone, is_assumed=False, source=row.source) for row in rows}


def office_zone(*, slug: str, on: dt.date) -> ZoneAnswer:
    """The zone of one office on `on`; headquarters' zone, marked as assumed, where none was entered."""
    row = OfficeZone.objects.active_on(on).filter(office_slug=slug).order_by("-valid_from").first()
    return assumed() if row is None else ZoneAnswer(row.zone, is_assumed=False, source=row.source)


def office_date(*, slug: str, at: dt.datetime) -> dt.date:
    """The date at an office at the instant `at`, by the zone that holds there on that date. One query.

    On the day on which an office changes its zone the newer one goes first. Headquarters' zone where none
    was entered. Raises ValueError for a naive time.
    """
    day = dt.timedelta(days=1)
    near = local_date(at, "UTC")  # no place is further than a day from it
    rows = OfficeZone.objects.filter(office_slug=slug, valid_from__lte=near + day)
    rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=near))
    for row in rows.order_by("-valid_from"):
        found = local_date(at, row.zone)
        if row.valid_from <= found and (row.valid_to is None or found < row.valid_to):
            return found
    return local_date(at, settings.TIME_ZONE)


def assumed() -> ZoneAnswer:
    """What holds for an office whose zone nobody entered."""
    return ZoneAnswer(settings.TIME_ZONE, is_assumed=True, source="Assumed: headquarters’ zone")
