"""What of the register lies within a person's scope: the figures "n yours" beside those of the nation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import OuterRef, Q, Subquery

from agreements.choices import IN_FORCE, LISTED, Status
from agreements.metrics import OFFICE_UNKNOWN
from agreements.models import AgencyOffice
from agreements.selectors.register import agreements
from oversight.access.models import User
from oversight.access.scope import sees_everything
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level

__all__ = ["WAITS", "Held", "Mine", "Reach", "reach"]

WAITS = (Status.PENDING, Status.MISSING)


@dataclass(slots=True)
class Mine:
    """Records that a person may open, of one subject, today.

    `listed` agreements are those the metric counts: on the newest list and not suspended by staff.
    """

    listed: int = 0
    in_force: int = 0
    pending: int = 0
    without_moa: int = 0  # of the listed ones
    agencies: set[int] = field(default_factory=set)  # with a listed agreement
    printed: set[int] = field(default_factory=set)  # with an agreement that the newest list prints

    @property
    def n_agencies(self) -> int | None:
        """None where the list of agencies, which knows only what lists print, would open others."""
        return len(self.agencies) if self.agencies == self.printed else None


@dataclass(frozen=True, slots=True)
class Held:
    """An agreement of the person that waits: pending or missing, and since when."""

    status: str
    ref: str
    agency: str
    state: str | None
    model: str
    since: date


@dataclass(frozen=True, slots=True)
class Reach:
    """By subject: nation, field office of today, state, model. `held`: what waits, the longest first."""

    cuts: Mapping[Subject, Mine]
    held: Sequence[Held] = ()

    def of(self, subject: Subject) -> Mine:
        return self.cuts.get(subject) or Mine()


def reach(*, user: User, today: date) -> Reach | None:
    """One query, over the person's own records. None for who sees everything: the nation's are theirs."""
    if sees_everything(user):
        return None
    office = AgencyOffice.objects.active_on(today).filter(agency=OuterRef("agency")).values("office")[:1]
    rows = (
        agreements(user=user)
        .filter(Q(status__in=[*IN_FORCE, Status.PENDING]) | Q(list_status__in=LISTED))
        .annotate(office=Subquery(office))
        .order_by("status_on", "agency__name", "pk")
    )
    fields = ("agency", "agency__state", "office", "model", "status", "list_status", "moa_linked_on")
    cuts: dict[Subject, Mine] = defaultdict(Mine)
    held = []
    for agency, state, slug, model, status, on_list, linked_on, ref, name, since in rows.values_list(
        *fields, "ref", "agency__name", "status_on"
    ):
        if status in WAITS:
            held.append(Held(status, ref, name, state, model, since))
        subjects = [Subject(Level.NATION), Subject(Level.OFFICE, slug or OFFICE_UNKNOWN)]
        subjects += [Subject(Level.STATE, state)] if state else []
        subjects += [Subject(Level.MODEL, model)] if model else []
        for subject in subjects:
            mine = cuts[subject]
            mine.listed += status in LISTED
            mine.in_force += status in IN_FORCE
            mine.pending += status == Status.PENDING
            mine.without_moa += status in LISTED and linked_on is None
            mine.agencies |= {agency} if status in LISTED else set()
            mine.printed |= {agency} if on_list in LISTED else set()
    return Reach(dict(cuts), held)
