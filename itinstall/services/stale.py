"""Marking the figures stale that a change of installations touches: these days, these metrics, no others.

then = pictures_of([request.pk])
...                                   # write
figures_mark_stale(before=then, pks=[request.pk], reason="ITR-7K3Q9XZP corrected")
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from django.db.models import F, Min, Q, Value
from django.db.models.functions import Coalesce

from itinstall.affected import DayRange, Picture, coarser, merged, touched_days
from itinstall.choices import ClockStart
from itinstall.history import Pause, Step, Steps
from itinstall.models import Hold, InstallationPolicy, InstallationRequest, StageTransition
from oversight.metrics.services import days_mark_stale, metric_days_mark_stale

__all__ = ["figures_mark_stale", "pictures_of", "register_changed"]

METRICS = "itinstall."  # what the keys of this app's metrics begin with
MOST_RANGES = 50  # in one condition; more are marked as one


def pictures_of(pks: Collection[int]) -> dict[int, Picture]:
    """What figures read of these requests now. Four queries."""
    signed = Coalesce("agreement__merged_into__signed_on", "agreement__signed_on")
    model = Coalesce("agreement__merged_into__model", "agreement__model", Value(""))
    policy = ("policy", "policy__target_days", "policy__clock_start")
    rows = InstallationRequest.objects.filter(pk__in=pks).order_by()
    found = list(rows.values_list("pk", signed, model, *policy))
    policies = {row[3] for row in found}
    stopping: dict[int, set[str]] = defaultdict(set)
    pausing = InstallationPolicy.pausing.through.objects.filter(installationpolicy__in=policies)
    for policy_id, reason in pausing.values_list("installationpolicy", "holdreason"):
        stopping[policy_id].add(reason)
    steps, holds = _steps(pks), _holds(pks)
    pictures = {}
    for pk, signed_on, of_model, policy_id, target, clock_start in found:
        history = Steps.of(steps[pk])
        pauses = (Pause(begins, ends, "", why in stopping[policy_id]) for begins, ends, why in holds[pk])
        clock = history.submitted_on if clock_start == ClockStart.SUBMITTED else signed_on
        pictures[pk] = Picture(history, tuple(pauses), clock, of_model, target)
    return pictures


def _steps(pks: Collection[int]) -> dict[int, list[Step]]:
    found: dict[int, list[Step]] = defaultdict(list)
    rows = StageTransition.objects.standing().filter(request__in=pks).order_by()
    for pk, sequence, kind, on, stage in rows.values_list("request", "sequence", "kind", "on", "stage"):
        found[pk].append(Step(sequence, kind, on, stage or ""))
    return found


def _holds(pks: Collection[int]) -> dict[int, list[tuple[date, date | None, str]]]:
    found: dict[int, list[tuple[date, date | None, str]]] = defaultdict(list)
    rows = Hold.objects.standing().filter(request__in=pks).order_by()
    for pk, begins, ends, why in rows.values_list("request", "begins_on", "ends_on", "why"):
        found[pk].append((begins, ends, why))
    return found


def figures_mark_stale(*, before: Mapping[int, Picture], pks: Collection[int], reason: str) -> None:
    """After requests were written: the days that their histories count differently on than `before`."""
    _mark(before, pictures_of(pks), reason)


def _mark(before: Mapping[int, Picture], after: Mapping[int, Picture], reason: str) -> None:
    days: dict[tuple[str, ...], list[DayRange]] = defaultdict(list)
    for pk in {*before, *after}:
        for metrics, ranges in touched_days(before.get(pk), after.get(pk)).items():
            days[metrics] += ranges
    metric_days_mark_stale(
        days={metrics: coarser(merged(ranges), MOST_RANGES) for metrics, ranges in days.items()},
        reason=reason,
    )


def register_changed(
    *,
    signed: Mapping[int, tuple[date | None, date | None]],
    agreements: Collection[int],
    agencies: Collection[int],
    reason: str,
) -> None:
    """Lists changed what clocks and figures read of the register (agreements.services.dependents).

    `signed`: agreement → signing date before and now; `agreements` and `agencies`: those that are counted
    elsewhere now. Figures of the latter are marked from the first of their requests on.
    """
    if signed:
        _signed_changed(signed, reason)
    moved = Q()
    if agreements:
        moved |= Q(agreement__in=agreements) | Q(agreement__merged_into__in=agreements)
    if agencies:
        moved |= Q(site__agency__in=agencies) | Q(site__agency__merged_into__in=agencies)
    if not moved:
        return
    touched = InstallationRequest.objects.filter(moved).order_by().values("pk")
    first = StageTransition.objects.filter(request__in=touched).aggregate(first=Min("on"))["first"]
    if first is not None:
        days_mark_stale(ranges=[(first, None)], reason=reason, prefix=METRICS)


def _signed_changed(signed: Mapping[int, tuple[date | None, date | None]], reason: str) -> None:
    """Clocks that start with the signature begin on another day than before."""
    rows = InstallationRequest.objects.filter(policy__clock_start=ClockStart.SIGNED)
    of_them = Q(agreement__in=signed) | Q(agreement__merged_into__in=signed)
    root = Coalesce(F("agreement__merged_into"), F("agreement"))
    roots: Iterable[tuple[int, int]] = rows.filter(of_them).order_by().values_list("pk", root)
    holders = {pk: agreement for pk, agreement in roots if agreement in signed}
    now = pictures_of(holders)
    before = {pk: replace(now[pk], clock_on=signed[agreement][0]) for pk, agreement in holders.items()}
    _mark(before, now, reason)
