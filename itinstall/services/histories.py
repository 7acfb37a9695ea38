"""Whole histories at once: requests that already have their steps and holds, from imports and samples.

The rules are those of every other write. Set-based: the number of statements grows with the chunks of rows
alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Count, Model
from django.utils import timezone

from agreements.models import Agency, Agreement
from agreements.refs import make_ref
from itinstall.choices import EntryKind, RequestState
from itinstall.history import Pause, Steps
from itinstall.models import (
    Hold,
    HoldReason,
    InstallationPolicy,
    InstallationRequest,
    Site,
    Stage,
    StageTransition,
)
from itinstall.rules import Timeline, enforce, hold_violations, violations_of
from itinstall.selectors.requests import stage_facts
from itinstall.services.common import ACTION
from itinstall.services.requests import REQUEST_PREFIX
from itinstall.services.sites import SITE_PREFIX
from itinstall.services.stale import figures_mark_stale
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.trail.services import Act, record_many

__all__ = ["BATCH", "HistoryDraft", "HoldDraft", "free_refs", "histories_add"]

BATCH = 500


@dataclass(frozen=True, slots=True)
class HoldDraft:
    """A hold that is not stored yet. `ends_on`: first day no longer on hold; None: still."""

    why: HoldReason
    owner: str
    begins_on: date
    ends_on: date | None = None
    note: str = ""

    @property
    def pause(self) -> Pause:
        return Pause(self.begins_on, self.ends_on, self.why.name)


@dataclass(frozen=True, slots=True, eq=False)
class HistoryDraft:
    """A request with its history, not stored yet. `site` may be new, too: several drafts may share it.

    `reason`: why it was cancelled; `origin`: where it was read, for the trail ("list.xlsx, row 7").
    """

    site: Site
    agreement: Agreement | None
    policy: InstallationPolicy
    priority: int
    note: str
    steps: Steps
    holds: tuple[HoldDraft, ...] = ()
    reason: str = ""
    origin: str = ""
    is_synthetic: bool = False


@transaction.atomic
def histories_add(*, actor: Actor, drafts: Sequence[HistoryDraft]) -> list[InstallationRequest]:
    """Store sites that are new, requests, steps and holds, and write the trail: one entry each.

    Raises NotAllowed, Agency.DoesNotExist outside what the actor may change, ValidationError for a history
    that could not be, IntegrityError for a second open request of a site.
    """
    require(actor, ACTION)
    if not drafts:
        return []
    _check_scope(actor, {draft.site.agency_id for draft in drafts})
    _check_rules(drafts)
    sites = _add_sites(drafts)
    requests = _add_requests(drafts)
    _add_steps(actor, drafts, requests)
    _add_holds(actor, drafts, requests)
    told = f"{len(drafts)} installation requests entered"
    figures_mark_stale(before={}, pks=[request.pk for request in requests], reason=told)
    record_many(actor=actor, acts=_acts(sites, drafts, requests))
    return requests


def _check_scope(actor: Actor, agencies: set[int]) -> None:
    rows = Agency.objects.filter(pk__in=agencies)
    if actor.user is not None and changeable_by(rows, actor.user).count() != len(agencies):
        raise Agency.DoesNotExist("An agency is not one that you may change.")


def _check_rules(drafts: Sequence[HistoryDraft]) -> None:
    stages, today = stage_facts(), timezone.localdate()
    for draft in drafts:
        pauses = [hold.pause for hold in draft.holds]
        enforce(violations_of(Timeline(draft.steps, pauses, stages, today)))
        for place, pause in enumerate(pauses):
            enforce(hold_violations(Timeline(draft.steps, pauses[:place], stages, today), pause))


def free_refs(model: type[Model], prefix: str, keys: Sequence[str]) -> list[str]:
    """A public reference for each key that nobody has, in order. One query for most sets of keys."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    waiting, attempt = list(dict.fromkeys(keys)), 0
    while waiting:
        refs = {key: make_ref(prefix, key, attempt=attempt) for key in waiting}
        rows = model._default_manager.filter(ref__in=list(refs.values())).order_by()
        taken |= set(rows.values_list("ref", flat=True))
        for key, ref in refs.items():
            if ref not in taken:
                found[key] = ref
                taken.add(ref)
        waiting, attempt = [key for key in waiting if key not in found], attempt + 1
    return [found[key] for key in keys]


def _add_sites(drafts: Sequence[HistoryDraft]) -> list[Site]:
    new = list({id(draft.site): draft.site for draft in drafts if draft.site.pk is None}.values())
    refs = free_refs(Site, SITE_PREFIX, [f"{site.agency.ref}|{site.name}" for site in new])
    for site, ref in zip(new, refs, strict=True):
        site.ref = ref
    Site.objects.bulk_create(new, batch_size=BATCH)
    return new


def _add_requests(drafts: Sequence[HistoryDraft]) -> list[InstallationRequest]:
    sites = {draft.site.pk for draft in drafts}
    rows = InstallationRequest.objects.filter(site__in=sites).order_by().values_list("site")
    before: Counter[int] = Counter(dict(rows.annotate(n=Count("pk"))))
    keys = []
    for draft in drafts:
        before[draft.site.pk] += 1
        keys.append(f"{draft.site.ref}|{before[draft.site.pk]}")
    refs = free_refs(InstallationRequest, REQUEST_PREFIX, keys)
    requests = [_request(draft, ref) for draft, ref in zip(drafts, refs, strict=True)]
    return InstallationRequest.objects.bulk_create(requests, batch_size=BATCH)


def _request(draft: HistoryDraft, ref: str) -> InstallationRequest:
    last, end = draft.steps.last_stage, draft.steps.end
    if last is None:  # the rules have refused this already
        raise ValueError("A request begins with its first stage.")
    state = RequestState.OPEN
    if end is not None:
        done = end.kind == EntryKind.COMPLETED
        state = RequestState.COMPLETED if done else RequestState.CANCELLED
    return InstallationRequest(
        ref=ref,
        site=draft.site,
        agreement=draft.agreement,
        policy=draft.policy,
        priority=draft.priority,
        note=draft.note,
        state=state,
        stage_id=last.stage,
        stage_on=last.on,
        closed_on=end.on if end is not None else None,
        is_synthetic=draft.is_synthetic,
    )


def _add_steps(actor: Actor, drafts: Sequence[HistoryDraft], requests: Sequence[InstallationRequest]) -> None:
    StageTransition.objects.bulk_create(
        (
            StageTransition(
                request=request,
                sequence=step.sequence,
                kind=step.kind,
                stage_id=step.stage or None,
                on=step.on,
                reason=draft.reason if step.kind == EntryKind.CANCELLED else "",
                entered_by=actor.user,
                is_synthetic=draft.is_synthetic,
            )
            for draft, request in zip(drafts, requests, strict=True)
            for step in draft.steps.steps
        ),
        batch_size=BATCH,
    )


def _add_holds(actor: Actor, drafts: Sequence[HistoryDraft], requests: Sequence[InstallationRequest]) -> None:
    holds = [
        Hold(
            request=request,
            why=hold.why,
            owner=hold.owner,
            begins_on=hold.begins_on,
            ends_on=hold.ends_on,
            reason=hold.note,
            entered_by=actor.user,
            is_synthetic=draft.is_synthetic,
        )
        for draft, request in zip(drafts, requests, strict=True)
        for hold in draft.holds
    ]
    Hold.objects.bulk_create(holds, batch_size=BATCH)
    on_hold = []
    for hold in holds:
        if hold.ends_on is None:
            hold.request.hold = hold
            on_hold.append(hold.request)
    InstallationRequest.objects.bulk_update(on_hold, ["hold"], batch_size=BATCH)


def _acts(
    sites: Iterable[Site], drafts: Sequence[HistoryDraft], requests: Sequence[InstallationRequest]
) -> list[Act]:
    acts = [
        Act("site.created", site, after={"agency": site.agency_id, "name": site.name, "note": site.note})
        for site in sites
    ]
    names = dict(Stage.objects.values_list("pk", "name"))
    for draft, request in zip(drafts, requests, strict=True):
        after = {
            "site": str(request.site),
            "agreement": draft.agreement.ref if draft.agreement else None,
            "stage": names[request.stage_id],
            "stage_on": request.stage_on,
            "state": request.state,
            "steps": len(draft.steps.steps),
            "holds": len(draft.holds),
        }
        acts.append(Act("installation.imported", request, after=after, reason=draft.origin))
    return acts
