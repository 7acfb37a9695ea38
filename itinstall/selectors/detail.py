"""Everything that the page of one request shows, in a fixed number of statements."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from itinstall.history import Clocks, clocks_of
from itinstall.models import InstallationRequest, InstallationVisit
from itinstall.selectors.requests import next_stage, pauses_of, steps_of
from itinstall.selectors.timeline import hold_lines, step_lines
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.periods.calendars import federal_calendar

__all__ = ["request_page"]


def request_page(*, user: User, request: InstallationRequest) -> dict[str, Any]:
    """Context of itinstall/request_detail.html. `request`: of `request_list`, resolved through scope."""
    row: Any = request
    today = timezone.localdate()
    steps = step_lines(request=request, today=today)
    holds = hold_lines(request=request, until=row.until)
    pausing = list(request.policy.pausing.order_by("name"))
    standing_steps = steps_of(line.entry for line in steps if not line.is_withdrawn)
    standing_holds = [line.entry for line in holds if not line.is_withdrawn]
    visits = InstallationVisit.objects.filter(request=request).select_related("installer")
    clocks = clocks_of(
        steps=standing_steps,
        pauses=pauses_of(standing_holds, [reason.pk for reason in pausing]),
        clock_on=row.clock_on,
        target_days=request.policy.target_days,
        as_of=today,
        calendar=federal_calendar(),
    )
    return {
        "installation": request,
        "place": request.site,  # "site" is the product in every page
        "agency": request.site.agency,
        "steps": steps,
        "holds": holds,
        "pausing": pausing,
        "clocks": clocks,
        "on_hold_business_days": _on_hold(clocks),
        "next_stage": next_stage(after=request.stage),
        "visits": list(visible_to(visits, user).order_by("begins_on", "pk")),
        "may_change": row.may_change,
        "today": today,
    }


def _on_hold(clocks: Clocks) -> int | None:
    """Business days on hold; None where they are not known."""
    if clocks.business_days is None or clocks.net_business_days is None:
        return None
    return clocks.business_days - clocks.net_business_days
