"""What rows of a spreadsheet refer to, looked up for all of them at once: a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

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


def recorded_at(*, agencies: Iterable[int]) -> Recorded:
    """Sites, requests, standing steps and holds of these agencies and their doubles. Four queries."""
    roots = list(agencies)
    found = Recorded()
    at = Q(agency__in=roots) | Q(agency__merged_into__in=roots)
    for site in Site.objects.filter(at).select_related("agency").order_by("-pk"):  # the oldest wins
        root = site.agency.merged_into_id or site.agency_id
        found.sites[(root, site.name.casefold())] = site
    sites = [site.pk for site in found.sites.values()]
    rows = InstallationRequest.objects.filter(site__in=sites)
    for request in rows.with_clock().order_by("pk"):
        found.requests[request.site_id].append(request)
    steps: dict[int, list[Step]] = defaultdict(list)
    entries = StageTransition.objects.standing().filter(request__in=rows).select_related("stage")
    for entry in entries:
        place = entry.stage.place if entry.stage is not None else 0
        steps[entry.request_id].append(
            Step(entry.sequence, entry.kind, entry.on, entry.stage_id or "", place)
        )
    found.steps = {pk: Steps.of(own) for pk, own in steps.items()}
    for hold in Hold.objects.standing().filter(request__in=rows):
        found.holds[hold.request_id].add((hold.why_id, hold.begins_on, hold.ends_on))
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
