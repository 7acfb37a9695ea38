"""Made-up installations as database rows, in memory until they go in."""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Model

from agreements.refs import make_ref
from agreements.scale import list_days
from itinstall.choices import (
    AbsenceKind,
    EntryKind,
    EquipmentStatus,
    IsaStepKind,
    Priority,
    RequestState,
)
from itinstall.models import (
    Equipment,
    Hold,
    HoldReason,
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    InstallerAbsence,
    Isa,
    IsaStep,
    Site,
    Stage,
    StageTransition,
)
from itinstall.scale.cases import REASON, Case, Entry, case_make, hold_make
from itinstall.services.requests import REQUEST_PREFIX
from itinstall.services.sites import SITE_PREFIX
from oversight.exchange.scale import ScaleRequest

__all__ = ["COLUMNS", "Rows"]

SITES = 3  # of an agency
RETURNED_SHARE = 0.1
CORRECTED_ISAS = 25  # in every 25th one the day of a step was wrong at first

COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Site: ("id", "ref", "agency_id", "name", "note", "is_closed", "is_synthetic", "created_at"),
    InstallationRequest: (
        "id", "ref", "site_id", "agreement_id", "policy_id", "priority", "note", "state", "stage_id",
        "stage_on", "closed_on", "hold_id", "version", "is_synthetic", "created_at",
    ),
    StageTransition: (
        "id", "corrects_id", "is_withdrawal", "reason", "entered_by_id", "entered_at", "is_synthetic",
        "request_id", "sequence", "kind", "stage_id", "on",
    ),
    Hold: (
        "id", "corrects_id", "is_withdrawal", "reason", "entered_by_id", "entered_at", "is_synthetic",
        "request_id", "why_id", "owner", "begins_on", "ends_on",
    ),
    Isa: ("id", "site_id", "number", "expires_on", "last_kind", "last_on", "is_synthetic", "created_at"),
    IsaStep: (
        "id", "corrects_id", "is_withdrawal", "reason", "entered_by_id", "entered_at", "is_synthetic",
        "isa_id", "sequence", "kind", "on",
    ),
    Equipment: (
        "id", "site_id", "request_id", "kind_id", "serial", "status", "status_on", "is_synthetic",
        "created_at",
    ),
    InstallerAbsence: (
        "id", "installer_id", "kind", "begins_on", "ends_on", "note", "is_synthetic", "created_at",
    ),
    InstallationVisit: (
        "id", "request_id", "installer_id", "begins_on", "ends_on", "is_synthetic", "created_at",
    ),
}  # fmt: skip


@lru_cache(maxsize=20_000)
def _moment(day: date) -> Any:
    """Noon of a day as the database stores it."""
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(settings.TIME_ZONE))
    return connection.ops.adapt_datetimefield_value(noon)


class Rows:
    """What goes into the tables, as database values, in order of the keys given here."""

    def __init__(self, request: ScaleRequest) -> None:
        self.chance = request.chance("itinstall")
        self.until = request.until
        self.days = [day for day in list_days(request.until) if day <= request.until]
        stages = Stage.objects.filter(is_active=True).order_by("place")
        self.stages = list(stages.values_list("pk", flat=True))
        reasons = HoldReason.objects.filter(is_active=True).order_by("pk")
        self.owners = dict(reasons.values_list("pk", "owner"))
        self.policy = InstallationPolicy.objects.order_by("valid_from")[:1].get()
        self.sites: list[list[Any]] = []
        self.requests: list[list[Any]] = []
        self.transitions: list[list[Any]] = []
        self.holds: list[list[Any]] = []
        self.isas: list[list[Any]] = []
        self.isa_steps: list[list[Any]] = []
        self.equipment: list[list[Any]] = []
        self.visits: list[list[Any]] = []
        self.absences: list[list[Any]] = []
        self.wishes: list[tuple[int, date, date]] = []  # request, from, before: when it may be visited
        self.lines: list[str] = []

    def agency(self, pk: int, ref: str, agreement: int | None, signed: date) -> None:
        for number in range(1, SITES + 1):
            self._site(pk, ref, number, agreement, signed)

    def _site(self, agency: int, agency_ref: str, number: int, agreement: int | None, signed: date) -> None:
        name = f"Synthetic site {number}"
        site_ref = make_ref(SITE_PREFIX, f"{agency_ref}|{name}")
        site = len(self.sites) + 1
        start = bisect.bisect_left(self.days, signed)
        at = _moment(signed)
        self.sites.append([site, site_ref, agency, name, "", False, True, at])
        if start >= len(self.days):
            return  # signed after the last list: nothing was asked for yet
        case = case_make(self.chance, self.days, start, self.stages)
        hold_make(self.chance, self.days, case, sorted(self.owners))
        request = len(self.requests) + 1
        hold = self._add_holds(request, case)
        ref = make_ref(REQUEST_PREFIX, f"{site_ref}|1")
        self._add_request(case, pk=request, ref=ref, site=site, agreement=agreement, hold=hold)
        self._add_entries(request, case)
        self._add_isa(site, case)
        self._add_equipment(site, request, case)
        install, access = case.begun("install"), case.begun("access")
        if install and access and access.on > install.on:
            self.wishes.append((request, install.on, access.on))
        steps = " ".join(f"{entry.stage or entry.kind}={entry.on}" for entry in case.entries)
        self.lines.append(f"{site_ref} {steps} {case.holds}")

    def _add_request(
        self, case: Case, *, pk: int, ref: str, site: int, agreement: int | None, hold: int | None
    ) -> None:
        states = {
            EntryKind.COMPLETED: RequestState.COMPLETED.value,
            EntryKind.CANCELLED: RequestState.CANCELLED.value,
        }
        end = case.last if case.last.kind != EntryKind.STAGE else None
        stage = case.last_stage
        self.requests.append(
            [
                pk, ref, site, agreement, self.policy.pk,
                self.chance.choices(Priority.values, (0.02, 0.08, 0.8, 0.1))[0], "",
                states[EntryKind(end.kind)] if end else RequestState.OPEN.value, stage.stage, stage.on,
                end.on if end else None, hold, len(case.entries), True, _moment(case.entries[0].on),
            ]
        )  # fmt: skip

    def _add_entries(self, request: int, case: Case) -> None:
        for entry in case.entries:
            corrects, at = None, _moment(entry.on)
            if entry.wrong is not None:
                corrects = self._transition(request, entry, on=entry.wrong, corrects=None, reason="", at=at)
                at = _moment(min(entry.on + timedelta(days=9), self.until))
            reason = REASON if corrects else entry.reason
            self._transition(request, entry, on=entry.on, corrects=corrects, reason=reason, at=at)

    def _transition(
        self, request: int, entry: Entry, *, on: date, corrects: int | None, reason: str, at: Any
    ) -> int:
        pk = len(self.transitions) + 1
        self.transitions.append(
            [
                pk, corrects, False, reason, None, at, True, request, entry.sequence, str(entry.kind),
                entry.stage or None, on,
            ]
        )  # fmt: skip
        return pk

    def _add_holds(self, request: int, case: Case) -> int | None:
        """The key of the hold that is open."""
        open_hold = None
        for why, begins, ends in case.holds:
            pk = len(self.holds) + 1
            open_hold = pk if ends is None else open_hold
            self.holds.append(
                [
                    pk,
                    None,
                    False,
                    "",
                    None,
                    _moment(begins),
                    True,
                    request,
                    why,
                    self.owners[why],
                    begins,
                    ends,
                ]
            )
        return open_hold

    def _add_isa(self, site: int, case: Case) -> None:
        begun, equipment = case.begun("isa"), case.begun("equipment")
        if begun is None:
            return
        isa = len(self.isas) + 1
        last = equipment.on if equipment else None
        middle = begun.on + ((last or self.until) - begun.on) // 2
        steps = [(IsaStepKind.DRAFTED, begun.on), (IsaStepKind.SENT, begun.on)]
        if self.chance.random() < RETURNED_SHARE:
            steps += [(IsaStepKind.RETURNED, middle), (IsaStepKind.SENT, middle)]
        if last is not None:
            steps += [(IsaStepKind.AGENCY_SIGNED, middle), (IsaStepKind.ICE_SIGNED, last)]
        wrong = middle if isa % CORRECTED_ISAS == 0 and middle > begun.on else None
        kind, on = steps[-1]
        self.isas.append([isa, site, 1, None, kind.value, on, True, _moment(begun.on)])
        for sequence, (kind, on) in enumerate(steps, start=1):
            corrects, at = None, _moment(on)
            if sequence == 2 and wrong is not None:
                corrects, at = len(self.isa_steps) + 1, _moment(min(wrong + timedelta(days=9), self.until))
                self.isa_steps.append(
                    [corrects, None, False, "", None, _moment(wrong), True, isa, sequence, kind.value, wrong]
                )
            reason = REASON if corrects else ""
            pk = len(self.isa_steps) + 1
            self.isa_steps.append(
                [pk, corrects, False, reason, None, at, True, isa, sequence, kind.value, on]
            )

    def _add_equipment(self, site: int, request: int, case: Case) -> None:
        ordered, delivered, done = case.begun("equipment"), case.begun("install"), case.begun("access")
        if ordered is None:
            return
        status, on = EquipmentStatus.ORDERED, ordered.on
        if delivered is not None:
            status, on = EquipmentStatus.DELIVERED, delivered.on
        if done is not None:
            status, on = EquipmentStatus.INSTALLED, done.on
        for kind in ("workstation", "fingerprint"):
            pk = len(self.equipment) + 1
            self.equipment.append(
                [pk, site, request, kind, f"SYN-{pk:07d}", status.value, on, True, _moment(ordered.on)]
            )

    def add_visits(self, installers: Sequence[int]) -> None:
        """One day each, on the first weekday that an installer has free before the next stage begins. Every
        third installer works for another program each March, the others are on leave in July."""
        free = [(date.min, pk) for pk in installers]
        heapq.heapify(free)
        for request, first, before in sorted(self.wishes, key=lambda wish: (wish[1], wish[0])):
            since, installer = free[0]
            day = _at_work(installer, max(first, since))
            if day < before:
                end = day + timedelta(days=1)
                heapq.heapreplace(free, (end, installer))
                pk = len(self.visits) + 1
                self.visits.append([pk, request, installer, day, end, True, _moment(first)])
        for installer in installers:
            for year in range(self.days[0].year, self.until.year + 1):
                self._add_absence(installer, *_away(installer, year))

    def _add_absence(self, installer: int, begins: date, ends: date) -> None:
        if self.days[0] <= begins and ends <= self.until:
            kind = AbsenceKind.LEAVE if installer % 3 else AbsenceKind.OTHER_PROGRAM
            note = "" if installer % 3 else "Synthetic program"
            pk = len(self.absences) + 1
            self.absences.append([pk, installer, kind.value, begins, ends, note, True, _moment(begins)])

    def by_model(self) -> Iterator[tuple[type[Model], Iterable[Sequence[Any]]]]:
        """Tables in the order in which they are filled, with their rows as the database takes them."""
        found: dict[type[Model], list[list[Any]]] = {
            Site: self.sites,
            InstallationRequest: self.requests,
            StageTransition: self.transitions,
            Hold: self.holds,
            Isa: self.isas,
            IsaStep: self.isa_steps,
            Equipment: self.equipment,
            InstallationVisit: self.visits,
            InstallerAbsence: self.absences,
        }
        for model, rows in found.items():
            yield model, ([_plain(value) for value in row] for row in rows)


def _away(installer: int, year: int) -> tuple[date, date]:
    """First day away and first day back."""
    return (date(year, 7, 6), date(year, 7, 20)) if installer % 3 else (date(year, 3, 2), date(year, 3, 30))


def _at_work(installer: int, day: date) -> date:
    """The first day from `day` on that is no weekend and on which the installer is not away."""
    while True:
        begins, ends = _away(installer, day.year)
        if begins <= day < ends:
            day = ends
        elif day.weekday() > 4:
            day += timedelta(days=1)
        else:
            return day


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
