"""Marking the figures stale that a change of the register touches: these days, these metrics, few others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from django.db.models import Q

from agreements.choices import ListKind, Status
from agreements.metrics import WINDOW_DAYS
from agreements.models import Agency, Agreement, AgreementStatus, Publication
from agreements.services.affected import EXITS, DayRange, days_until_next, merged
from agreements.services.dependents import dependents_tell
from agreements.services.derived import Touched
from oversight.metrics.services import days_mark_stale
from oversight.trail.services import Act

__all__ = ["figures_mark_stale", "list_figures_mark_stale", "moved_mark_stale"]

# What moves an agreement's figures to another state, office, agency or model on every day of its life.
MOVING = {"state_id", "county_id", "agency_type", "merged_into_id", "agency_id", "model"}
WINDOW_METRICS = ("agreements.additions_30d", "agreements.exits_30d")
LIST_METRICS = "agreements.list_"  # what their keys begin with
LINK_METRICS = ("agreements.moa_missing_share",)
STANDING = (Status.ACTIVE, Status.MISSING, Status.PENDING)  # statuses that are counted while they last


def figures_mark_stale(
    *, touched: Touched, rewritten: Collection[int], acts: Sequence[Act], reason: str
) -> None:
    """After the register was written: `touched` by list statements; `rewritten`: lists (pks) whose changes
    differ; `acts`: what became of agencies and agreements."""
    days_mark_stale(ranges=touched.standing, reason=reason)
    days_mark_stale(ranges=touched.window, reason=reason, metrics=WINDOW_METRICS)
    moved = [act.obj for act in acts if MOVING & act.before.keys()]
    agreements = [obj.pk for obj in moved if isinstance(obj, Agreement)]
    agencies = [obj.pk for obj in moved if isinstance(obj, Agency)]
    events = moved_mark_stale(agreements=agreements, agencies=agencies, reason=reason) if moved else set()
    signed = {
        act.obj.pk: (act.before["signed_on"], act.after["signed_on"])
        for act in acts
        if isinstance(act.obj, Agreement) and "signed_on" in act.before
    }
    dependents_tell(signed=signed, agreements=agreements, agencies=agencies, reason=reason)
    list_figures_mark_stale(days={*touched.begins, *events}, rewritten=rewritten, reason=reason)
    days_mark_stale(ranges=_link_days(acts), reason=reason, metrics=LINK_METRICS)


def _link_days(acts: Sequence[Act]) -> list[DayRange]:
    """Days of listed agreements on which it is another than before whether their memorandum is linked."""
    moved = {act.obj.pk: act for act in acts if "moa_linked_on" in act.before}
    if not moved:
        return []
    listed = AgreementStatus.objects.filter(agreement__in=moved, status=Status.ACTIVE).order_by()
    found: list[DayRange] = []
    for pk, begins, ends in listed.values_list("agreement", "begins_on", "ends_on"):
        days = {moved[pk].before["moa_linked_on"], moved[pk].after["moa_linked_on"]}
        known = sorted(days - {None})
        first = max(begins, known[0])
        last = min((day for day in (ends, known[1] if len(known) == 2 else None) if day), default=None)
        if last is None or first < last:
            found.append((first, last))
    return merged(found)


def moved_mark_stale(*, agreements: Collection[int], agencies: Collection[int], reason: str) -> set[date]:
    """Agreements that are counted elsewhere now, by themselves or with their agencies. One query to read.

    The first days of all their statements.
    """
    of_them = Q(agreement__in=agreements) | Q(agreement__agency__in=agencies)
    statements = AgreementStatus.objects.filter(of_them)
    found = list(statements.values_list("status", "begins_on", "ends_on"))
    standing = merged((begins, ends) for status, begins, ends in found if status in STANDING)
    days_mark_stale(ranges=standing, reason=reason)
    counted = {begins for status, begins, _ in found if status in EXITS or status == Status.ACTIVE}
    window = merged((begins, begins + timedelta(days=WINDOW_DAYS)) for begins in counted)
    days_mark_stale(ranges=window, reason=reason, metrics=WINDOW_METRICS)
    return {begins for _, begins, _ in found}


def list_figures_mark_stale(*, days: Collection[date], rewritten: Collection[int], reason: str) -> None:
    """What lists changed, from each of `days`, and from the days of the lists `rewritten`, until the next
    list."""
    lists = Publication.objects.filter(kind=ListKind.PARTICIPATING)
    steps = dict(lists.order_by("published_on").values_list("pk", "published_on"))
    own = {steps[pk] for pk in rewritten if pk in steps}
    ranges = days_until_next({*days, *own}, sorted(set(steps.values())))
    days_mark_stale(ranges=ranges, reason=reason, prefix=LIST_METRICS)
