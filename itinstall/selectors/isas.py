"""Interconnection agreements and their steps, as the person may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, Exists, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from agreements.models import AgencyOffice
from itinstall.choices import ISA_LIES_WITH, IsaStepKind, Party
from itinstall.isa_history import IsaMark, IsaMarks
from itinstall.models import Isa, IsaStep, Site
from itinstall.models.entries import with_corrections
from oversight.access.models import User
from oversight.access.scope import changeable_by, visible_to

__all__ = [
    "ISA_STATES",
    "UNDER_WAY_KINDS",
    "IsaState",
    "PartyLine",
    "changeable_isa",
    "changeable_step",
    "isa_list",
    "isas_by_party",
    "isas_of_site",
    "lying_with",
    "marks_of",
    "marks_of_isa",
    "state_of",
    "steps_of_isas",
    "with_isa",
    "with_isa_state",
]


class IsaState:
    """What a site's newest ISA is on a day. Values are part of addresses: keep them."""

    NONE, UNDER_WAY, IN_FORCE, EXPIRED, ENDED = "none", "under-way", "in-force", "expired", "ended"


ISA_STATES = (
    (IsaState.NONE, "No ISA"),
    (IsaState.UNDER_WAY, "On its way"),
    (IsaState.IN_FORCE, "In force"),
    (IsaState.EXPIRED, "Expired"),
    (IsaState.ENDED, "Ended"),
)
UNDER_WAY_KINDS = tuple(kind for kind, party in ISA_LIES_WITH.items() if party)


@dataclass(frozen=True, slots=True)
class PartyLine:
    """ISAs that lie with `party`: how many, and since when the one that lies longest."""

    party: str
    count: int
    oldest_on: date


def state_of(*, kind: str | None, expires_on: date | None, today: date) -> str:
    """One of IsaState, from the last standing step of an ISA; `kind` None: there is no ISA."""
    if not kind:
        return IsaState.NONE
    if kind == IsaStepKind.ENDED:
        return IsaState.ENDED
    if kind != IsaStepKind.ICE_SIGNED:
        return IsaState.UNDER_WAY
    return IsaState.EXPIRED if expires_on is not None and expires_on <= today else IsaState.IN_FORCE


def with_isa_state(value: str, *, today: date) -> Q:
    """Rows annotated by `with_isa` whose newest ISA is in this state.

    Most are in force: a page of them is full after a few rows. Of the other states the ISAs are asked, not
    each site of the nation.
    """
    if value == IsaState.IN_FORCE:
        expired = Q(isa_expires_on__isnull=False, isa_expires_on__lte=today)
        return Q(isa_kind=IsaStepKind.ICE_SIGNED) & ~expired
    later = Isa.objects.filter(site=OuterRef("site"), number__gt=OuterRef("number"))
    states = {
        IsaState.NONE: Q(last_kind__in=ISA_LIES_WITH),
        IsaState.ENDED: Q(last_kind=IsaStepKind.ENDED),
        IsaState.EXPIRED: Q(last_kind=IsaStepKind.ICE_SIGNED, expires_on__lte=today),
        IsaState.UNDER_WAY: Q(last_kind__in=UNDER_WAY_KINDS),
    }
    found = Q(pk__in=Isa.objects.filter(states[value], ~Exists(later)).order_by().values("site"))
    return ~found if value == IsaState.NONE else found


def with_isa(rows: QuerySet[Site]) -> QuerySet[Site]:
    """Sites with the newest ISA's last standing step: `isa_kind`, `isa_on`, `isa_expires_on`, `isa_with`."""
    newest = Isa.objects.filter(site=OuterRef("pk")).order_by("-number")
    return rows.annotate(
        isa_kind=Subquery(newest.values("last_kind")[:1]),
        isa_on=Subquery(newest.values("last_on")[:1]),
        isa_expires_on=Subquery(newest.values("expires_on")[:1]),
        isa_with=_party("isa_kind"),
    )


def isa_list(*, user: User) -> QuerySet[Isa]:
    """ISAs visible to `user`, with `with_party`, who is to act after the last step ("" for nobody); and
    today's field office."""
    # From the site inward: a join out here would stay where only the keys of a page are chosen.
    office = AgencyOffice.objects.active_on(timezone.localdate()).filter(agency__sites=OuterRef("site"))
    rows = Isa.objects.select_related("site__agency__state").annotate(
        with_party=_party("last_kind"),
        office_name=Subquery(
            office.order_by("-valid_from").values("office__name")[:1], output_field=CharField()
        ),
    )
    return visible_to(rows, user)


def isas_by_party(*, user: User) -> list[PartyLine]:
    """ISAs that lie with somebody, by party, the longest waiting first. One query."""
    found = visible_to(Isa.objects.filter(last_kind__in=UNDER_WAY_KINDS), user).order_by()
    by_kind = found.values_list("last_kind").annotate(n=Count("pk"), oldest=Min("last_on"))
    counts: dict[str, int] = defaultdict(int)
    oldest: dict[str, date] = {}
    for kind, n, on in by_kind:
        party = str(ISA_LIES_WITH[kind])
        counts[party] += n
        oldest[party] = min(on, oldest.get(party, on))
    lines = [PartyLine(party, n, oldest[party]) for party, n in counts.items()]
    return sorted(lines, key=lambda line: (line.oldest_on, line.party))


def lying_with(party: str) -> Q:
    """ISAs that lie with `party`; "": with nobody."""
    if not party:
        return ~Q(last_kind__in=UNDER_WAY_KINDS)
    return Q(last_kind__in=[kind for kind, found in ISA_LIES_WITH.items() if found == party])


def isas_of_site(*, site: Site) -> list[Isa]:
    """Its ISAs, newest first; `site` was resolved through scope."""
    return list(Isa.objects.filter(site=site).order_by("-number"))


def changeable_isa(*, user: User, pk: int) -> Isa:
    """Raises Isa.DoesNotExist outside what `user` may change."""
    return changeable_by(isa_list(user=user), user).get(pk=pk)


def changeable_step(*, user: User, pk: int) -> IsaStep:
    """A step with its ISA, standing or not. Raises IsaStep.DoesNotExist outside what `user` may change."""
    return changeable_by(IsaStep.objects.select_related("isa__site__agency"), user).get(pk=pk)


def steps_of_isas(*, isas: Iterable[Isa]) -> list[IsaStep]:
    """Every step of these ISAs, also corrected ones, in order. One query."""
    rows = IsaStep.objects.filter(isa__in=list(isas)).select_related("entered_by")
    # (By "isa" would be in the order of ISAs, which is that of agencies and sites: two joins more.)
    return with_corrections(rows.order_by("isa_id", "sequence", "pk"))


def marks_of(steps: Iterable[IsaStep]) -> IsaMarks:
    """Standing steps as values."""
    return IsaMarks.of(IsaMark(step.sequence, step.kind, step.on) for step in steps)


def marks_of_isa(*, isa: Isa) -> IsaMarks:
    """One query."""
    return marks_of(IsaStep.objects.standing().filter(isa=isa))


def _party(kind: str) -> Any:
    """Who is to act after the step in the column `kind`; "" for nobody."""
    by_party: dict[str, list[str]] = {party: [] for party in Party.values}
    for step, party in ISA_LIES_WITH.items():
        if party:
            by_party[party].append(step)
    cases = [When(**{f"{kind}__in": steps}, then=Value(party)) for party, steps in by_party.items() if steps]
    return Case(*cases, default=Value(""), output_field=CharField())
