"""The page of delays: how long installations took, where the time went, what is open."""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from itinstall.forms.delays import DelaysForm
from itinstall.navigation import rows_url
from itinstall.selectors.delay_rows import NO_MODEL
from itinstall.selectors.delay_types import Asked, Delays, DurationLine, Month
from itinstall.selectors.delays_kept import kept_delays
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.metrics.addresses import path_parts
from oversight.metrics.base import NATION
from oversight.metrics.views.parts import today_anywhere
from oversight.trail.context import current_request_id, request_id

__all__ = ["DelaysPage"]

log = logging.getLogger(__name__)

# Key, label, unit, and where a figure of its own is not stored the part of the page of its requests.
TILES = (
    ("open", "Open requests", "", "open"),
    ("open_past_target", "Past their target", "", "open-late"),
    ("on_hold", "On hold", "", "on-hold"),
    ("km_median", "Median, open ones counted", "calendar days, Kaplan-Meier", "clocks"),
    ("completed_30d", "Completed in 30 days", "", "completed-30-days"),
)
CONTENT_HERE = "<!-- delays -->"  # stands in itinstall/delays.html; an HTML comment no reader sees
STEP = 30  # days between the lines of the curve's table


class DelaysPage(ActionRequired):
    """`?as_of=2026-05-18&office=houston&model=JEM&year=2017`. National figures: everyone sees the same."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        form = DelaysForm(request.GET)
        asked = form.asked()
        problems = [message for errors in form.errors.values() for message in errors]
        # The frame is sent at once: after a change of the facts the rest takes a second or two.
        frame = render_to_string("itinstall/delays.html", {"asked": asked, "problems": problems}, request)
        zone = zoneinfo.ZoneInfo(cast(User, request.user).time_zone)
        parts = _parts(request, asked, frame, current_request_id(), zone)
        response = StreamingHttpResponse(parts, status=400 if problems else 200)
        patch_cache_control(response, private=True, no_cache=True)
        response["X-Accel-Buffering"] = "no"  # a proxy passes each part on as it comes
        return response


def _parts(
    request: HttpRequest, asked: Asked, frame: str, number: str, zone: zoneinfo.ZoneInfo
) -> Iterator[str]:
    """The frame's beginning, what the page shows, the frame's end.

    It runs after the middleware is through, so zone and number are set again.
    """
    head, _, tail = frame.partition(CONTENT_HERE)
    yield head
    with timezone.override(zone), request_id(number):
        try:
            body = render_to_string("itinstall/_delays_body.html", _context(asked), request)
        except Exception:
            log.exception("the page of delays cannot be drawn")
            body = render_to_string("itinstall/_delays_failed.html", {"number": number}, request)
    yield body
    yield tail


def _context(asked: Asked) -> dict[str, Any]:
    found = kept_delays(asked=asked)
    return {
        "found": found,
        "asked": asked,
        "today": today_anywhere(),
        "tiles": [(label, note, found.tiles[key], part) for key, label, note, part in TILES],
        "tables": _tables(found),
        "period": _period(asked),
        "curve": _curve_context(found),
        "throughput": _throughput(found),
        "chips": _chips(found),
        "compute": reverse("metrics:compute", args=path_parts("itinstall.open", NATION, asked.as_of)),
    }


def _period(asked: Asked) -> str:
    """What the tables of completed installations are about, in words."""
    return f"completed in FY {asked.year}" if asked.year else f"completed in the 365 days up to {asked.as_of}"


def _tables(found: Delays) -> list[tuple[str, str, str, list[DurationLine]]]:
    """Id and title of each table, the filter that its lines stand for, the lines."""
    return [
        ("years", "Fiscal year of completion", "year", found.years),
        ("offices", "Field office", "office", found.offices),
        ("models", "Support model", "model", [_named(line) for line in found.models]),
    ]


def _named(line: DurationLine) -> DurationLine:
    """A line of requests that name no agreement can be asked for too."""
    return line if line.key else replace(line, key=NO_MODEL)


def _chips(found: Delays) -> list[tuple[str, str]]:
    """The filters that are set, each with the address without it."""
    asked = found.asked
    names = dict(found.choices.offices)
    chosen = {
        "office": (asked.office, names.get(asked.office, asked.office)),
        "model": (asked.model, asked.model),
        "year": (str(asked.year or ""), f"FY {asked.year}"),
    }
    query = {"as_of": asked.as_of.isoformat()} | {name: value for name, (value, _) in chosen.items() if value}
    return [
        (label, "?" + urlencode({key: one for key, one in query.items() if key != name}))
        for name, (value, label) in chosen.items()
        if value
    ]


def _curve_context(found: Delays) -> dict[str, Any] | None:
    """The curve for the chart, and every 30 days of it for the table."""
    points = found.curve.points
    if not points:
        return None
    rows, place = [], 0
    for day in range(0, points[-1].days + STEP, STEP):
        while place + 1 < len(points) and points[place + 1].days <= day:
            place += 1
        point = points[place]
        if point.days <= day:
            at_risk = points[place + 1].at_risk if place + 1 < len(points) else 0
            rows.append((day, _percent(point.open), _percent(point.low), _percent(point.high), at_risk))
        else:
            rows.append((day, "100.0", "", "", found.curve.n))
    return {
        "rows": rows,
        "median": found.curve.median,
        "n": found.curve.n,
        "n_complete": found.curve.n_complete,
        "chart": {
            "points": [[0, 100, None, None]]
            + [[p.days, _number(p.open), _number(p.low), _number(p.high)] for p in points],
            "median": found.curve.median,
        },
    }


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.1f}"


def _number(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _throughput(found: Delays) -> dict[str, Any] | None:
    if not found.months:
        return None
    limits = next((month.limits for month in reversed(found.months) if month.limits), None)
    return {
        "months": list(reversed(found.months)),
        "limits": limits,
        "chart": {"months": [_month(month, found.asked) for month in found.months]},
    }


def _month(month: Month, asked: Asked) -> dict[str, Any]:
    limits = month.limits
    return {
        "href": rows_url(asked, "month", month=f"{month.first:%Y-%m}", year=None) if month.n else "",
        "month": month.first.strftime("%Y-%m"),
        "n": month.n,
        "mean": round(limits.mean, 2) if limits else None,
        "low": round(limits.low, 2) if limits else None,
        "high": round(limits.high, 2) if limits else None,
        "verdict": month.verdict,
    }
