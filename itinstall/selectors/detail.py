"""Everything that the page of one request shows, in a fixed number of statements."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from itinstall.history import Clocks, clocks_of
from itinstall.models import InstallationPolicy, InstallationRequest, InstallationVisit, Stage
from itinstall.selectors.listing import request_list
from itinstall.selectors.requests import pauses_of, steps_of
from itinstall.selectors.timeline import hold_lines, step_lines
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.periods.calendars import federal_calendar

__all__ = ["request_for_page", "request_page"]


def request_for_page(*, user: User, ref: str) -> InstallationRequest:
    """With `following` (the next stage in use: key, name, words; None after the last) and `has_pausing`
    (something stops its clock). Raises InstallationRequest.DoesNotExist outside what `user` may see."""
    pausing = InstallationPolicy.pausing.through.objects.filter(installationpolicy=OuterRef("policy"))
    later = Stage.objects.filter(is_active=True, place__gt=OuterRef("stage__place")).order_by("place")
    following = JSONObject(key="key", name="name", words="words")
    rows = (
        request_list(user=user)
        .select_related("agreement")
        .annotate(
            following=Subquery(later.values_list(following)[:1], output_field=JSONField()),
            has_pausing=Exists(pausing),
        )
    )
    return rows.get(ref=ref)


def request_page(*, user: User, request: InstallationRequest) -> dict[str, Any]:
    """Context of itinstall/request_detail.html. `request`: of `request_for_page`."""
    row: Any = request
    today = timezone.localdate()
    steps = step_lines(request=request, today=today)
    holds = hold_lines(request=request, until=row.until)
    pausing = list(request.policy.pausing.order_by("name")) if row.has_pausing else []
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
        "next_stage": row.following,
        "visits": list(visible_to(visits, user).order_by("begins_on", "pk")),
        "may_change": row.may_change,
        "today": today,
    }


def _on_hold(clocks: Clocks) -> int | None:
    """Business days on hold; None where they are not known."""
    if clocks.business_days is None or clocks.net_business_days is None:
        return None
    return clocks.business_days - clocks.net_business_days
