"""Checking a spreadsheet of installation requests: all rows at once, every error by row and column.

The rules are `itinstall.rules`; what is added here is what only a file can get wrong. Writes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from agreements.models import Agency, Agreement
from itinstall.choices import EntryKind, Party, Priority, RequestState
from itinstall.models import HoldReason, InstallationPolicy, InstallationRequest, Site
from itinstall.record_imports.columns import columns
from itinstall.record_imports.lookup import (
    Agencies,
    Recorded,
    agencies_of,
    agreements_of,
    policies,
    policy_for,
    recorded_at,
)
from itinstall.record_imports.rows import ReadHold, ReadRow, read_row
from itinstall.rules import StageFacts, Timeline, hold_violations, violations_of
from itinstall.selectors.requests import stage_facts
from itinstall.services.histories import HistoryDraft, HoldDraft
from oversight.access.actors import Actor
from oversight.access.permissions import may
from oversight.exchange.records.kinds import Checked, CheckRequest

__all__ = ["check"]

AgencyRows = list[tuple[ReadRow, Agency]]


@dataclass(slots=True)
class _World:
    """What rows are held against."""

    actor: Actor
    stages: Mapping[str, StageFacts]
    today: date
    agencies: Agencies
    recorded: Recorded = field(default_factory=Recorded)
    agreements: Mapping[int, list[Agreement]] = field(default_factory=dict)
    named: Mapping[str, Agreement] = field(default_factory=dict)
    policies: list[InstallationPolicy] = field(default_factory=list)
    reasons: Mapping[str, HoldReason] = field(default_factory=dict)
    new_sites: dict[tuple[int, str], Site] = field(default_factory=dict)
    holds: dict[int, list[tuple[ReadHold, HoldDraft]]] = field(default_factory=dict)  # by row number
    finished: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # site → agreements


def check(request: CheckRequest) -> Checked:
    """Every row judged, and drafts of those without an error. About fifteen queries, whatever the rows."""
    stages = stage_facts()
    in_use = sorted((one for one in stages.values() if one.is_active), key=lambda one: one.place)
    headers = {column.key: column.header for column in columns()}
    rows = [read_row(row, headers, in_use) for row in request.rows]
    agencies = agencies_of(actor=request.actor, rows=rows)
    world = _World(request.actor, stages, timezone.localdate(), agencies)
    placed = [(row, agency) for row in rows if (agency := _agency(world, row)) is not None]
    _look_up(world, placed)
    placed.sort(key=lambda pair: (pair[0].steps.submitted_on or date.max, pair[0].row.number))
    drafts: list[tuple[ReadRow, HistoryDraft]] = []
    known: list[ReadRow] = []
    for row, agency in placed:
        site = _site(world, row, agency)
        _judge_history(world, row)
        if _is_known(world, row, site):
            known.append(row)
        elif (draft := _draft(world, row, agency, site)) is not None:
            drafts.append((row, draft))
    _judge_together(world, drafts)
    good = sorted(
        ((row, draft) for row, draft in drafts if not row.findings), key=lambda pair: pair[0].row.number
    )
    return Checked(
        findings=[finding for row in rows for finding in row.findings],
        ready=len(good),
        known=len([row for row in known if not row.findings]),
        tally=_tally([draft for _, draft in good]),
        lines=[(row.row.number, _line(draft, world.stages)) for row, draft in good],
        plan=[draft for _, draft in good],
    )


# --- what a row names --------------------------------------------------------------------------------------
def _agency(world: _World, row: ReadRow) -> Agency | None:
    text, found = row.text("agency"), world.agencies
    if not text:
        return None
    if text.upper().startswith("LEA-"):
        agency = found.by_ref.get(text.upper())
        if agency is None:
            row.wrong(
                "agency", "unknown_agency", f"No agency has the reference {text}.", "Look it up in Agencies."
            )
    else:
        agency = _named_agency(world, row, text)
    if agency is not None and agency.pk not in found.changeable:
        row.wrong(
            "agency", "not_assigned", f"{agency.name} is not assigned to you.",
            "Leave the row out, or ask headquarters to import it.",
        )  # fmt: skip
        return None
    return agency


def _named_agency(world: _World, row: ReadRow, text: str) -> Agency | None:
    state = row.text("state")
    code = world.agencies.states.get(state.casefold(), "")
    if not code:
        said = f"There is no state “{state[:40]}”." if state else "An agency that is named needs its state."
        row.wrong(
            "state", "unknown_state", said, "Enter the state’s code or name, or the agency’s reference."
        )
        return None
    matches = world.agencies.by_name.get((code, text.casefold()), {})
    if len(matches) == 1:
        return next(iter(matches.values()))
    if matches:
        refs = ", ".join(sorted(agency.ref for agency in matches.values()))
        row.wrong(
            "agency", "several_agencies", f"Several agencies are called so: {refs}.", "Enter one of these."
        )
    else:
        row.wrong(
            "agency", "unknown_agency", f"No agency of {code} is called “{text[:80]}”.",
            "Enter its reference (LEA-…), or the name as a list printed it.",
        )  # fmt: skip
    return None


def _look_up(world: _World, placed: AgencyRows) -> None:
    roots = sorted({agency.pk for _, agency in placed})
    world.recorded = recorded_at(sites=((agency.pk, row.text("site").casefold()) for row, agency in placed))
    refs = [row.text("agreement") for row, _ in placed if row.text("agreement")]
    world.agreements, world.named = agreements_of(agencies=roots, refs=refs)
    world.policies = policies()
    reasons = HoldReason.objects.filter(is_active=True)
    world.reasons = {name.casefold(): one for one in reasons for name in (one.name, one.key)}
    for requests in world.recorded.requests.values():
        for request in requests:
            if request.state == RequestState.COMPLETED and request.agreement_id:
                world.finished[request.site_id].add(request.agreement_id)


def _site(world: _World, row: ReadRow, agency: Agency) -> Site:
    """The site, or a new one that rows of the file share. `pk` None: new."""
    key = (agency.pk, row.text("site").casefold())
    site = world.recorded.sites.get(key)
    if site is None:
        site = world.new_sites.setdefault(key, Site(agency=agency, name=row.text("site")))
    elif site.is_closed:
        row.wrong(
            "site", "site_closed", f"{site.name} is closed.", "Open it again first, or name another site."
        )
    return site


# --- the history -------------------------------------------------------------------------------------------
def _judge_history(world: _World, row: ReadRow) -> None:
    holds = _holds(world, row)
    pauses = [draft.pause for _, draft in holds]
    if not row.text("submitted") or any(one.code == "not_a_date" for one in row.findings):
        return  # what follows from a missing day is told once that one is there
    row.violated(violations_of(Timeline(row.steps, pauses, world.stages, world.today)))
    for place, (read, draft) in enumerate(holds):
        pause = draft.pause
        line = Timeline(row.steps, pauses[:place], world.stages, world.today)
        found = hold_violations(line, pause)
        late = {"ITI-011"} | ({"ITI-010"} if pause.begins_on <= world.today else set())
        row.violated([one for one in found if one.code in late], f"hold{read.number}_until")
        row.violated([one for one in found if one.code not in late], f"hold{read.number}_from")


def _holds(world: _World, row: ReadRow) -> list[tuple[ReadHold, HoldDraft]]:
    """The row's holds whose reason is known; others are told, once."""
    if row.row.number in world.holds:
        return world.holds[row.row.number]
    found = world.holds[row.row.number] = []
    for read in row.holds:
        why = world.reasons.get(read.reason.casefold())
        if why is not None:
            found.append((read, HoldDraft(why, read.owner or why.owner, read.begins_on, read.ends_on)))
        elif read.reason:
            names = ", ".join(sorted({one.name for one in world.reasons.values()}))
            row.wrong(
                f"hold{read.number}_reason", "unknown_reason", f"There is no reason “{read.reason[:80]}”.",
                f"There are: {names}.",
            )  # fmt: skip
    return found


def _is_known(world: _World, row: ReadRow, site: Site) -> bool:
    """Whether just this history is recorded. One of the same day that says otherwise is told."""
    for request in world.recorded.requests.get(site.pk, []) if site.pk else []:
        if getattr(request, "submitted_on", None) != row.steps.submitted_on:
            continue
        if _same(world, row, request):
            return True
        row.wrong(
            "submitted", "recorded_otherwise",
            f"{request.ref} was submitted for this site on that day, and its history says otherwise.",
            f"Correct {request.ref} on its page, and leave this row out.",
        )  # fmt: skip
    return False


def _same(world: _World, row: ReadRow, request: InstallationRequest) -> bool:
    def told(steps: Iterable[object]) -> list[tuple[object, ...]]:
        return [(step.kind, step.stage, step.on) for step in steps]  # type: ignore[attr-defined]

    holds = {(hold.why.pk, hold.begins_on, hold.ends_on) for _, hold in _holds(world, row)}
    return (
        told(world.recorded.steps[request.pk].steps) == told(row.steps.steps)
        and world.recorded.holds.get(request.pk, set()) == holds
    )


# --- the draft ---------------------------------------------------------------------------------------------
def _draft(world: _World, row: ReadRow, agency: Agency, site: Site) -> HistoryDraft | None:
    if row.priority != Priority.NORMAL and not may(world.actor, "itinstall.plan"):
        row.wrong(
            "priority", "not_allowed",
            "Priorities weigh requests against each other: headquarters enters them.",
            "Leave the cell empty.",
        )  # fmt: skip
    submitted = row.steps.submitted_on
    if submitted is None:
        return None
    policy = policy_for(world.policies, submitted)
    if policy is None:
        row.wrong(
            "submitted", "no_policy", f"No installation policy was in force on {submitted}.",
            "Headquarters enters it first.",
        )  # fmt: skip
        return None
    agreement = _agreement(world, row, agency, site, policy)
    if row.steps.completed_on is not None and agreement is not None:
        world.finished[site.pk or id(site)].add(agreement.pk)
    return HistoryDraft(
        site=site,
        agreement=agreement,
        policy=policy,
        priority=row.priority,
        note=row.text("note"),
        steps=row.steps,
        holds=tuple(draft for _, draft in _holds(world, row)),
        reason=row.text("cancel_reason"),
        origin=f"row {row.row.number}",
    )


def _agreement(
    world: _World, row: ReadRow, agency: Agency, site: Site, policy: InstallationPolicy
) -> Agreement | None:
    """As `selectors.requests.clock_agreement`, or the one that the row names."""
    text = row.text("agreement").upper()
    if text:
        found = world.named.get(text)
        if found is None:
            row.wrong(
                "agreement", "unknown_agreement", f"{agency.name} has no agreement {text[:20]}.",
                "Look it up on the agency’s page, or leave the cell empty.",
            )  # fmt: skip
        return found
    finished = world.finished[site.pk or id(site)]
    fitting = (
        one
        for one in world.agreements.get(agency.pk, [])
        if one.model in policy.models_with_equipment and one.pk not in finished
    )
    return next(fitting, None)


# --- rows against each other -------------------------------------------------------------------------------
def _judge_together(world: _World, drafts: list[tuple[ReadRow, HistoryDraft]]) -> None:
    seen: dict[tuple[int, date | None], int] = {}
    is_open: dict[int, str] = {}
    for row, draft in drafts:
        site, number = draft.site, row.row.number
        first = seen.setdefault((id(site), draft.steps.submitted_on), number)
        if first != number:
            row.wrong(
                "submitted", "twice", f"Row {first} has a request of the same day for this site.",
                "Leave one of the two out.",
            )  # fmt: skip
            continue
        if draft.steps.end is not None:
            continue
        for request in world.recorded.requests.get(site.pk, []) if site.pk else []:
            if request.state == RequestState.OPEN:
                is_open[id(site)] = request.ref
        if id(site) in is_open:
            row.wrong(
                "site", "open_twice", f"{site.name} has an open request already: {is_open[id(site)]}.",
                "Enter when that one ended first, or leave this row out.",
            )  # fmt: skip
        is_open.setdefault(id(site), f"row {number}")


# --- in words ----------------------------------------------------------------------------------------------
def _tally(drafts: list[HistoryDraft]) -> dict[str, int]:
    ends = Counter(draft.steps.end.kind if draft.steps.end else "" for draft in drafts)
    return {
        "requests": len(drafts),
        "open": ends[""],
        "completed": ends[EntryKind.COMPLETED],
        "cancelled": ends[EntryKind.CANCELLED],
        "new sites": len({id(draft.site) for draft in drafts if draft.site.pk is None}),
        "steps": sum(len(draft.steps.steps) for draft in drafts),
        "holds": sum(len(draft.holds) for draft in drafts),
    }


def _line(draft: HistoryDraft, stages: Mapping[str, StageFacts]) -> str:
    where = f"{draft.site.agency.name}, {draft.site.name}"
    where += " (new site)" if draft.site.pk is None else ""
    end, last = draft.steps.end, draft.steps.last_stage
    if end is not None:
        return f"{where}: {'completed' if end.kind == EntryKind.COMPLETED else 'cancelled'} on {end.on}"
    now = f"in {stages[last.stage].name} since {last.on}" if last else "open"
    held = [hold for hold in draft.holds if hold.ends_on is None]
    owner = f", on hold since {held[0].begins_on} ({Party(held[0].owner).label})" if held else ""
    clock = "" if draft.agreement else ", without a clock: no agreement that needs equipment is signed"
    return f"{where}: {now}{owner}{clock}"
