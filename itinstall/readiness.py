"""Whether installations keep up in an office: asked before agreements are added (metrics.probes)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.urls import reverse

from itinstall.calendars import free_days
from itinstall.choices import RequestState
from itinstall.facts import Case, Ordinal, cases_of_day
from itinstall.facts.columns import LOOK_BACK_DAYS
from itinstall.measures import median
from itinstall.models import InstallationPolicy, InstallationVisit
from itinstall.selectors.installers import working_spans
from oversight.metrics.base import quotient
from oversight.metrics.probes import ProbeItem, Verdict, register_probe
from oversight.periods.calendars import CalendarUnknown, federal_calendar

__all__ = ["AHEAD_DAYS", "readiness", "register_probes"]

AHEAD_DAYS = 90  # of installers' calendars


def readiness(*, office: str | None, model: str, on: date, adds: int) -> Sequence[ProbeItem]:
    """Open requests, days to complete, requests past target, installers' free days against what those who
    wait need, and `adds` more agreements. A constant number of queries."""
    everywhere = list(cases_of_day(on))
    cases = [case for case in everywhere if office in (None, case.office) and model in ("", case.model)]
    still = [case for case in cases if case.closed is None]
    late = sum(case.is_late for case in still)
    policy = InstallationPolicy.objects.active_on(on).order_by("-valid_from").first()
    target = None if policy is None else Decimal(policy.target_days)
    place = {name: value for name, value in (("office", office), ("model", model)) if value}
    return [
        ProbeItem(
            key="open",
            label="Open installation requests",
            value=Decimal(len(still)),
            unit="requests",
            href=_address("itinstall:request_list", **place, status=RequestState.OPEN.value),
        ),
        _days_item(cases, on, target, place),
        ProbeItem(
            key="past_target",
            label="Open requests past their target",
            value=Decimal(late),
            unit="requests",
            limit=Decimal(0),
            verdict=Verdict.SHORT if late else Verdict.READY,
            href=_address("itinstall:request_list", **place, status=RequestState.OPEN.value, late="yes"),
        ),
        _installer_item(everywhere, office, on, adds),
    ]


def _address(name: str, **query: str) -> str:
    return f"{reverse(name)}?{urlencode(query)}"


def _days_item(cases: Sequence[Case], on: date, target: Decimal | None, place: dict[str, str]) -> ProbeItem:
    since = on.toordinal() - LOOK_BACK_DAYS
    done = [
        case.elapsed
        for case in cases
        if case.state == RequestState.COMPLETED and (case.closed or 0) > since and case.elapsed is not None
    ]
    found = median(done)
    verdict = Verdict.UNKNOWN
    if found is not None and target is not None:
        verdict = Verdict.READY if found <= target else Verdict.SHORT
    return ProbeItem(
        key="days_median",
        label="Days to installation, median of the last 365 days",
        value=found,
        unit="calendar days",
        limit=target,
        verdict=verdict,
        href=_address("itinstall:delays", **place, as_of=on.isoformat()),
        reason="" if done else "none completed in 365 days with a clock",
    )


def _installer_item(cases: Sequence[Case], office: str | None, on: date, adds: int) -> ProbeItem:
    """Free days of the installers who work for the office in the next 90 days; `limit`: what `adds` more
    agreements need, one site each, after the open requests that wait for a visit of the same installers, by
    the mean of past visits."""
    end = on + timedelta(days=AHEAD_DAYS)
    spans = [span for span in working_spans(first=on, end=end) if span.office in ("", office or span.office)]
    past = InstallationVisit.objects.filter(ends_on__lte=on)
    length = Ordinal("ends_on") - Ordinal("begins_on")
    told = past.aggregate(days=Sum(length), n=Count("request", distinct=True))
    each = quotient(told["days"] or 0, told["n"]) if told["n"] else None
    shared = office is None or any(span.office == "" for span in spans)  # they serve the other offices, too
    visited = set(InstallationVisit.objects.values_list("request_id", flat=True).distinct())
    n_waiting = sum(
        case.closed is None and (shared or case.office == office) and case.pk not in visited for case in cases
    )
    needed = None if each is None else each * (n_waiting + adds)
    try:
        free = free_days(installers=spans, first=on, end=end, calendar=federal_calendar())
    except CalendarUnknown:
        free = None
    value = None if free is None or not spans else Decimal(sum(len(days) for days in free.values()))
    verdict = Verdict.UNKNOWN
    if value is not None and needed is not None:
        verdict = Verdict.READY if value >= needed else Verdict.SHORT
    reasons = (
        (not spans, "no installer is entered for these days"),
        (free is None, "holidays are not known"),
    )
    return ProbeItem(
        key="installer_days",
        label=f"Installers’ free days in the next {AHEAD_DAYS}",
        value=value,
        unit="business days",
        limit=needed,
        verdict=verdict,
        href=reverse("itinstall:installer_list"),
        reason=next((words for is_so, words in reasons if is_so), "" if needed is not None else NO_VISITS),
    )


NO_INSTALLER = "no installer is entered for these days"
NO_VISITS = "how many days a site takes is not known: no visit is over yet"


def register_probes() -> None:
    """Called once, when the app is ready."""
    register_probe("itinstall.readiness", "IT installation", readiness)
