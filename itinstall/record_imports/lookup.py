"""What rows of a spreadsheet refer to, looked up for all of them at once: a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from agreements.models import Agency, AgencyAlias, Agreement, State
from itinstall.history import Step, Steps
from itinstall.models import Hold, InstallationPolicy, InstallationRequest, Site, StageTransition
from itinstall.record_imports.rows import ReadRow
from oversight.access.actors import Actor
from oversight.access.scope import changeable_by, visible_to

__all__ = ["Agencies", "Recorded", "agencies_of", "agreements_of", "policies", "policy_for", "recorded_at"]

AgencyKey = tuple[str, str]  # state code, name in lower case


@dataclass(slots=True)
class Agencies:
    """Agencies that rows name, as far as the person may see them; `changeable`: ids of those to write to."""

    by_ref: dict[str, Agency] = field(default_factory=dict)
    by_name: dict[AgencyKey, dict[int, Agency]] = field(default_factory=lambda: defaultdict(dict))
    states: dict[str, str] = field(default_factory=dict)  # name or code in lower case → code
    changeable: set[int] = field(default_factory=set)


def _visible(actor: Actor) -> QuerySet[Agency]:
    rows = Agency.objects.select_related("merged_into")
    return rows if actor.user is None else visible_to(rows, actor.user)


def agencies_of(*, actor: Actor, rows: Iterable[ReadRow]) -> Agencies:
    """By reference, or by name and state, also under names of doubles and other spellings."""
    found = Agencies()
    for code, name in State.objects.values_list("code", "name"):
        found.states |= {code.casefold(): code, name.casefold(): code}
    told = {(row.text("agency"), row.text("state").casefold()) for row in rows}
    refs = {text.upper() for text, _ in told if text.upper().startswith("LEA-")}
    names = {text.casefold() for text, _ in told if text.upper() not in refs}
    codes = {found.states.get(state, "") for text, state in told if text.upper() not in refs} - {""}
    visible = _visible(actor)
    for agency in visible.filter(ref__in=refs):
        found.by_ref[agency.ref] = agency.merged_into or agency
    for agency in visible.filter(state__in=codes):
        if agency.name.casefold() in names:
            root = agency.merged_into or agency
            found.by_name[(agency.state_id or "", agency.name.casefold())][root.pk] = root
    aliases = AgencyAlias.objects.filter(agency__in=visible.filter(state__in=codes))
    for alias in aliases.select_related("agency__merged_into"):
        if alias.name.casefold() in names:
            root = alias.agency.merged_into or alias.agency
            found.by_name[(alias.agency.state_id or "", alias.name.casefold())][root.pk] = root
    roots = {agency.pk for agency in found.by_ref.values()}
    roots |= {pk for agencies in found.by_name.values() for pk in agencies}
    own: QuerySet[Agency] = Agency.objects.filter(pk__in=roots)
    if actor.user is not None:
        own = changeable_by(own, actor.user)
    found.changeable = set(own.values_list("pk", flat=True))
    return found


@dataclass(slots=True)
class Recorded:
    """What stands at the agencies already. Sites by root agency and name in lower case."""

    sites: dict[tuple[int, str], Site] = field(default_factory=dict)
    requests: dict[int, list[InstallationRequest]] = field(default_factory=lambda: defaultdict(list))
    steps: dict[int, Steps] = field(default_factory=dict)
    holds: dict[int, set[tuple[str, date, date | None]]] = field(default_factory=lambda: defaultdict(set))


def recorded_at(*, sites: Iterable[tuple[int, str]]) -> Recorded:
    """Sites that rows name, by root agency and name in lower case, also those of its doubles; their requests,
    standing steps and holds. Five queries."""
    wanted = set(sites)
    found = Recorded()
    roots = {root for root, _ in wanted}
    at = Q(agency__in=roots) | Q(agency__merged_into__in=roots)
    own = Coalesce("agency__merged_into", "agency")
    keys: dict[int, tuple[int, str]] = {}
    for pk, name, root in Site.objects.filter(at).order_by("-pk").values_list("pk", "name", own):
        if (root, name.casefold()) in wanted:
            keys[pk] = (root, name.casefold())
    for site in Site.objects.filter(pk__in=keys).select_related("agency").order_by("-pk"):
        found.sites[keys[site.pk]] = site  # the oldest wins
    rows = InstallationRequest.objects.filter(site__in=[site.pk for site in found.sites.values()])
    for request in rows.with_clock().order_by("pk"):
        found.requests[request.site_id].append(request)
    steps: dict[int, list[Step]] = defaultdict(list)
    fields = ("request", "sequence", "kind", "on", "stage", "stage__place")
    entries = StageTransition.objects.standing().filter(request__in=rows).order_by("pk")
    for pk, sequence, kind, on, stage, place in entries.values_list(*fields):
        steps[pk].append(Step(sequence, kind, on, stage or "", place or 0))
    found.steps = {pk: Steps.of(entries) for pk, entries in steps.items()}
    holds = Hold.objects.standing().filter(request__in=rows).order_by("pk")
    for pk, why, begins, ends in holds.values_list("request", "why", "begins_on", "ends_on"):
        found.holds[pk].add((why, begins, ends))
    return found


def agreements_of(
    *, agencies: Iterable[int], refs: Iterable[str]
) -> tuple[dict[int, list[Agreement]], dict[str, Agreement]]:
    """Agreements by agency, earliest signature first, and those that `refs` name (an old reference leads to
    the one that stands). Two queries."""
    roots = list(agencies)
    by_agency: dict[int, list[Agreement]] = defaultdict(list)
    rows = Agreement.objects.current().filter(agency__in=roots, signed_on__isnull=False)
    for agreement in rows.order_by("signed_on", "pk"):
        by_agency[agreement.agency_id].append(agreement)
    at = Q(agency__in=roots) | Q(agency__merged_into__in=roots)
    named = Agreement.objects.filter(at, ref__in=[ref.upper() for ref in refs])
    named = named.select_related("merged_into__agency", "agency")
    return by_agency, {agreement.ref: agreement.merged_into or agreement for agreement in named}


def policies() -> list[InstallationPolicy]:
    """Newest first. One query."""
    return list(InstallationPolicy.objects.order_by("-valid_from"))


def policy_for(found: Iterable[InstallationPolicy], day: date) -> InstallationPolicy | None:
    """The policy in force on `day`, as `selectors.requests.policy_on` says it."""
    return next(
        (one for one in found if one.valid_from <= day and (one.valid_to is None or one.valid_to > day)), None
    )
