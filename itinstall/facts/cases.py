"""Each request as it stood when a day ended, read once for all that is computed of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce

from agreements.metric_subjects import OFFICE_UNKNOWN
from itinstall.choices import ClockStart, EntryKind, RequestState
from itinstall.facts.columns import Ordinal, areas_of_day, entries_known
from itinstall.models import Hold, InstallationPolicy, InstallationRequest

__all__ = ["Case", "cases_of_day"]


class Case(NamedTuple):
    """One request when the day ended. `model` "": it names no agreement.

    `elapsed`: calendar days from the start of the clock to the end, or to the day while open; None where
    no clock runs (no agreement that needs equipment, no signing date, or one after the end). `paused`: days
    of these on hold, `stopped`: those of them that the policy lets stop the clock. `hold_owner`: who has to
    act when it is on hold, else "".
    """

    pk: int
    office: str
    model: str
    state: str
    submitted: int
    closed: int | None
    clock: int | None
    elapsed: int | None
    paused: int
    stopped: int
    target_days: int
    priority: int
    hold_owner: str
    hold_began: int

    @property
    def submitted_on(self) -> date:
        return date.fromordinal(self.submitted)

    @property
    def closed_on(self) -> date | None:
        return None if self.closed is None else date.fromordinal(self.closed)

    @property
    def clock_on(self) -> date | None:
        return None if self.clock is None else date.fromordinal(self.clock)

    @property
    def counted(self) -> int | None:
        """Days held against the target."""
        return None if self.elapsed is None else self.elapsed - self.stopped

    @property
    def net(self) -> int | None:
        """Days without any that it was on hold."""
        return None if self.elapsed is None else self.elapsed - self.paused

    @property
    def is_late(self) -> bool:
        """Past its target; False where no clock runs."""
        return self.elapsed is not None and self.elapsed - self.stopped > self.target_days


_OPEN: tuple[str, int | None] = (RequestState.OPEN.value, None)


def cases_of_day(as_of: date, known_at: datetime | None = None) -> list[Case]:
    """Every request that had been submitted when `as_of` ended. Four statements, one more for `known_at`."""
    return list(_cases(as_of, known_at))


def _cases(as_of: date, known_at: datetime | None) -> Iterator[Case]:
    day = as_of.toordinal()
    offices = _offices_of_day(as_of)
    submitted, ended = _submissions(as_of, known_at), _ends(as_of, known_at)
    holds = _holds(as_of, known_at)
    signed = Ordinal(Coalesce("agreement__merged_into__signed_on", "agreement__signed_on"))
    rows = InstallationRequest.objects.order_by().values_list(
        "pk",
        Coalesce("site__agency__merged_into", "site__agency"),
        Coalesce("agreement__merged_into__model", "agreement__model", Value("")),
        "state",
        Ordinal("closed_on"),
        signed,
        "policy__target_days",
        "policy__clock_start",
        "priority",
    )
    for pk, agency, model, state_now, closed_now, signature, target, start, priority in rows:
        begun = submitted.get(pk)
        if begun is None:
            continue
        state, closed = ended.get(pk, _OPEN) if ended is not None else (state_now, closed_now)
        if closed is not None and closed > day:
            state, closed = _OPEN
        clock = begun if start == ClockStart.SUBMITTED else signature
        until = day if closed is None else closed
        elapsed = until - clock if clock is not None and clock <= until else None
        paused = stopped = hold_began = 0
        owner = ""
        for begins, ends, stops, who in holds.get(pk, ()):
            if closed is None and begins <= day and (ends is None or ends > day):
                owner, hold_began = who, begins
            if elapsed is not None and clock is not None:
                length = min(until if ends is None else ends, until) - max(begins, clock)
                if length > 0:
                    paused += length
                    stopped += length if stops else 0
        yield Case(
            pk, offices.get(agency, OFFICE_UNKNOWN), model, state, begun, closed, clock, elapsed,
            paused, stopped, target, priority, owner, hold_began,
        )  # fmt: skip


def _offices_of_day(as_of: date) -> dict[int, str]:
    """Agency → slug of its field office on the day. One statement."""
    return dict(areas_of_day(as_of).values_list("agency_id", "office_id"))


def _submissions(as_of: date, known_at: datetime | None) -> dict[int, int]:
    """Request → day of its first step. One statement."""
    first = entries_known(known_at).filter(sequence=1, on__lte=as_of)
    return dict(first.values_list("request_id", Ordinal("on")))


def _ends(as_of: date, known_at: datetime | None) -> dict[int, tuple[str, int | None]] | None:
    """Request → how it had ended, and when. None for what is known now: the requests themselves repeat it."""
    if known_at is None:
        return None
    ends = entries_known(known_at).exclude(kind=EntryKind.STAGE).filter(on__lte=as_of)
    return {pk: (kind, on) for pk, kind, on in ends.values_list("request_id", "kind", Ordinal("on"))}


def _holds(as_of: date, known_at: datetime | None) -> dict[int, list[tuple[int, int | None, bool, str]]]:
    """Request → (first day, first day after or None, whether it stops the clock, owner) of its holds. One
    statement."""
    pausing = InstallationPolicy.pausing.through.objects.filter(
        installationpolicy=OuterRef("request__policy"), holdreason=OuterRef("why")
    )
    found: dict[int, list[tuple[int, int | None, bool, str]]] = defaultdict(list)
    rows = Hold.objects.known_at(known_at).filter(begins_on__lte=as_of).order_by()
    for pk, begins, ends, stops, owner in rows.values_list(
        "request_id", Ordinal("begins_on"), Ordinal("ends_on"), Exists(pausing), "owner"
    ):
        found[pk].append((begins, ends, stops, owner))
    return found
