"""Why a figure moved between two days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.metrics.choices import Part
from oversight.metrics.movement import Movement, movement
from oversight.metrics.views.parts import Address, address_or_404, day_or_none, today_anywhere
from oversight.metrics.words import difference_words, part_names, value_words

__all__ = ["MovedPage"]

WEEK = timedelta(days=7)


class MovedPage(ActionRequired):
    """`?from=2026-05-11&to=2026-05-18`: what entered, left and changed. htmx gets the lines only."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, **parts: Any) -> HttpResponse:
        address = address_or_404(**parts)
        days, problem = _days(request, address)
        context: dict[str, Any] = {"address": address, "problem": problem, "today": today_anywhere()}
        context["first"], context["last"] = days
        if not problem:
            found = movement(
                metric=address.metric.key,
                subject=address.subject,
                first=days[0],
                last=days[1],
                user=cast(User, request.user),
            )
            context |= _told(address, found)
            context["first_url"] = address.url(as_of=days[0])
            context["last_url"] = address.url(as_of=days[1])
        htmx: Any = getattr(request, "htmx", None)
        partial = htmx and not htmx.history_restore_request
        response = render(
            request,
            "metrics/_moved.html" if partial else "metrics/moved.html",
            context,
            status=400 if problem else 200,
        )
        response["Vary"] = "HX-Request, Cookie"
        response["Cache-Control"] = "private, no-store"
        return response


def _days(request: HttpRequest, address: Address) -> tuple[tuple[date, date], str]:
    """The two days asked for, the later the address's unless `to` says another; what is wrong with them."""
    given_last, given_first = request.GET.get("to", ""), request.GET.get("from", "")
    last = day_or_none(given_last) if given_last else address.as_of
    first = day_or_none(given_first) if given_first else address.as_of - WEEK
    usual = (address.as_of - WEEK, address.as_of)
    if first is None or last is None:
        return usual, "Enter both days as year-month-day, for example 2026-05-18."
    if last < first:
        return (first, last), "The first day comes after the last. Change one of them."
    if last > today_anywhere():
        return (first, last), f"{last} is in the future. Choose today or an earlier day."
    return (first, last), ""


def _told(address: Address, found: Movement) -> dict[str, Any]:
    """The lines with their words, grouped as the formula names its parts."""
    metric = address.metric
    above, below = part_names(metric)
    names = {Part.VALUE: above or "records", Part.NUMERATOR: above, Part.DENOMINATOR: below}
    return {
        "moved": found,
        "before": value_words(metric, found.before.value if found.before else None, empty="no figure"),
        "after": value_words(metric, found.after.value if found.after else None, empty="no figure"),
        "difference": difference_words(metric, found.difference),
        "lines": [
            {
                "line": line,
                "part": names[line.part],
                "n": f"{line.n:+,}".replace("-", "\N{MINUS SIGN}") if line.n else "0",
                "effect": difference_words(metric, line.effect) if line.effect is not None else "",
                "more": max(abs(line.n) - len(line.names), 0) if line.names else 0,
            }
            for line in found.lines
        ],
        "has_effects": any(line.effect is not None for line in found.lines),
    }
