"""What forecasts are drawn from: every request's visits to stages, installers' visits, and free days ahead.

National: a forecast is of the whole backlog. What a person sees of it is cut afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter

import numpy as np
from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from agreements.models import AgencyOffice
from itinstall.calendars import Busy, Workspan, free_days
from itinstall.choices import ClockStart, EntryKind
from itinstall.forecast.history import KNOWN_AHEAD_DAYS, NEVER, Facts, History, StageLine, numbered
from itinstall.forecast.queue import Crew
from itinstall.forecast.sampling import Ints
from itinstall.history import paused_days
from itinstall.models import (
    Hold,
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    Installer,
    InstallerAbsence,
    Stage,
    StageTransition,
)
from itinstall.selectors.requests import pauses_of
from oversight.periods.calendars import FederalCalendar

__all__ = ["HORIZON_DAYS", "CrewFacts", "crew_read", "history_read"]

HORIZON_DAYS = 7305  # 20 years: what is not done by then has no day
COMPLETED, CANCELLED = 0, -1  # instead of the place of a stage


def history_read(*, as_of: date, calendar: FederalCalendar) -> History:
    """Everything that happened until now, to be cut at any day. Due days count the pauses until `as_of` that
    a policy lets stop the clock; field offices are those of `as_of`. At most nine statements."""
    stages = list(Stage.objects.order_by("place"))
    requests = _requests(as_of)
    pks = np.asarray(requests.pks, np.int64)
    v_request, v_stage, v_begins, v_ends, v_given_up = _visits(pks, [stage.place for stage in stages])
    visits = list(
        InstallationVisit.objects.order_by("installer_id", "begins_on", "ends_on", "pk").values_list(
            "request_id", "begins_on", "ends_on", "created_at", "installer_id"
        )
    )
    s_next, s_rest = _rests(visits, calendar)
    holds = list(Hold.objects.standing().order_by().values_list("request_id", "begins_on", "ends_on"))
    submitted = np.full(len(pks), NEVER, np.int64)
    np.minimum.at(submitted, v_request, v_begins)
    known = [clock is not None for clock in requests.clocks]
    signed = np.asarray([clock or 0 for clock in requests.clocks], np.int64)
    from_submission = np.asarray(requests.from_submission, bool)
    runs = np.asarray(known, bool) | from_submission
    clock = np.where(from_submission | ~runs, submitted, signed)
    models, model = numbered(requests.models)
    offices, office = numbered(requests.offices)
    facts = Facts(
        stages=tuple(
            StageLine(stage.key, stage.name, stage.needs_installer, stage.is_mandatory, stage.is_active)
            for stage in stages
        ),
        models=models,
        offices=offices,
        refs=tuple(requests.refs),
        model=model,
        office=office,
        priority=np.asarray(requests.priorities, np.int64),
        clock=clock,
        due=np.where(runs, clock + np.asarray(requests.targets, np.int64), NEVER),
        v_request=v_request,
        v_stage=v_stage,
        v_begins=v_begins,
        v_ends=v_ends,
        v_given_up=v_given_up,
        s_request=_places(pks, [row[0] for row in visits]),
        s_begins=_ordinals([row[1] for row in visits]),
        s_ends=_ordinals([row[2] for row in visits]),
        s_workdays=_workdays([row[1] for row in visits], [row[2] for row in visits], calendar),
        s_entered=_ordinals([timezone.localtime(row[3]).date() for row in visits]),
        s_next=s_next,
        s_rest=s_rest,
        h_request=_places(pks, [row[0] for row in holds]),
        h_begins=_ordinals([row[1] for row in holds]),
        h_ends=np.asarray([row[2].toordinal() if row[2] else NEVER for row in holds], np.int64),
    )
    return History(_with_pauses(facts, requests, as_of))


@dataclass(slots=True)
class _Requests:
    """Columns of every request, in order of the primary key."""

    pks: list[int]
    refs: list[str]
    models: list[str]
    offices: list[str]
    priorities: list[int]
    clocks: list[int | None]
    from_submission: list[bool]
    targets: list[int]
    policies: list[int]


def _requests(as_of: date) -> _Requests:
    areas = dict(
        AgencyOffice.objects.active_on(as_of).order_by("valid_from").values_list("agency_id", "office_id")
    )
    rows = InstallationRequest.objects.order_by("pk").values_list(
        "pk",
        "ref",
        Coalesce("agreement__merged_into__model", "agreement__model", Value("")),
        Coalesce("site__agency__merged_into", "site__agency"),
        "priority",
        Coalesce("agreement__merged_into__signed_on", "agreement__signed_on"),
        "policy__clock_start",
        "policy__target_days",
        "policy_id",
    )
    found = _Requests([], [], [], [], [], [], [], [], [])
    for pk, ref, model, agency, priority, signed, clock_start, target, policy in rows.iterator(
        chunk_size=5000
    ):
        found.pks.append(pk)
        found.refs.append(ref)
        found.models.append(model)
        found.offices.append(areas.get(agency, ""))
        found.priorities.append(priority)
        found.clocks.append(signed.toordinal() if signed else None)
        found.from_submission.append(clock_start == ClockStart.SUBMITTED)
        found.targets.append(target)
        found.policies.append(policy)
    return found


def _visits(pks: Ints, places: Sequence[int]) -> tuple[Ints, Ints, Ints, Ints, np.ndarray]:
    """(request, stage, first day, first day after, given up) of each visit. One statement."""
    what = Case(
        When(kind=EntryKind.COMPLETED, then=Value(COMPLETED)),
        When(kind=EntryKind.CANCELLED, then=Value(CANCELLED)),
        default=F("stage__place"),
        output_field=IntegerField(),
    )
    rows = StageTransition.objects.standing().order_by("request_id", "sequence")
    entries = list(rows.values_list("request_id", what, "on"))
    request = _places(pks, [row[0] for row in entries])
    place = np.asarray([row[1] for row in entries], np.int64)
    on = _ordinals([row[2] for row in entries])
    same = np.append(request[1:] == request[:-1], False)
    ends = np.where(same, np.append(on[1:], NEVER), NEVER)
    given_up = same & np.append(place[1:] == CANCELLED, False)
    is_stage = place > 0
    stage = np.searchsorted(np.asarray(places, np.int64), place[is_stage])
    return request[is_stage], stage, on[is_stage], ends[is_stage], given_up[is_stage]


def _places(pks: Ints, wanted: Sequence[int]) -> Ints:
    return np.searchsorted(pks, np.asarray(wanted, np.int64)).astype(np.int64)


def _ordinals(days: Sequence[date]) -> Ints:
    return np.fromiter((day.toordinal() for day in days), np.int64, len(days))


def _workdays(begins: Sequence[date], ends: Sequence[date], calendar: FederalCalendar) -> Ints:
    """Business days of each visit, at least one: an installer was there."""
    return np.maximum(1, _business_days(begins, ends, calendar.closed))


def _business_days(begins: Sequence[date], ends: Sequence[date], closed: Iterable[date]) -> Ints:
    """Mondays to Fridays of each [begin, end) that are not `closed`; 0 where the end comes first."""
    if not begins:
        return np.empty(0, np.int64)
    counted = np.busday_count(
        np.asarray(begins, "datetime64[D]"),
        np.maximum(np.asarray(begins, "datetime64[D]"), np.asarray(ends, "datetime64[D]")),
        holidays=np.asarray(sorted(closed), "datetime64[D]"),
    )
    return counted.astype(np.int64)


def _rests(
    visits: Sequence[tuple[int, date, date, datetime, int]], calendar: FederalCalendar
) -> tuple[Ints, Ints]:
    """(place of the same installer's next visit or -1, business days in between). `visits` by installer and
    day. One statement.

    Absences that were entered early count as known and are no part of it; the others are, for a forecast
    cannot keep free what nobody has entered yet.
    """
    away: dict[int, set[date]] = {}
    columns = ("installer_id", "begins_on", "ends_on", "created_at")
    for who, first, last, at in InstallerAbsence.objects.order_by().values_list(*columns):
        if (first - timezone.localtime(at).date()).days >= KNOWN_AHEAD_DAYS:
            days = (first + timedelta(days=number) for number in range((last - first).days))
            away.setdefault(who, set()).update(days)
    after, rest = np.full(len(visits), -1, np.int64), np.zeros(len(visits), np.int64)
    start = 0
    for installer, rows in groupby(visits, key=itemgetter(4)):
        own = list(rows)
        end = start + len(own)
        after[start : end - 1] = np.arange(start + 1, end)
        rest[start : end - 1] = _business_days(
            [row[2] for row in own[:-1]],
            [row[1] for row in own[1:]],
            {*calendar.closed, *away.get(installer, ())},
        )
        start = end
    return after, rest


def _with_pauses(facts: Facts, requests: _Requests, as_of: date) -> Facts:
    """Due days moved by the holds that stop the clock. One statement more for each when a policy has such."""
    pairs = InstallationPolicy.pausing.through.objects.values_list("installationpolicy_id", "holdreason_id")
    stopping: dict[int, set[str]] = {}
    for policy, reason in pairs:
        stopping.setdefault(policy, set()).add(reason)
    if not stopping:
        return facts
    numbers = {pk: number for number, pk in enumerate(requests.pks) if requests.policies[number] in stopping}
    holds: dict[int, list[Hold]] = {}
    rows = Hold.objects.standing().filter(request__policy__in=list(stopping)).select_related("why")
    for hold in rows.order_by("request_id", "begins_on").iterator(chunk_size=5000):
        holds.setdefault(hold.request_id, []).append(hold)
    for pk, own in holds.items():
        number = numbers[pk]
        if facts.due[number] < NEVER:
            pauses = pauses_of(own, stopping[requests.policies[number]])
            first = date.fromordinal(int(facts.clock[number]))
            facts.due[number] += paused_days(pauses, first, max(first, as_of), only_stopping=True)
    return facts


@dataclass(frozen=True, slots=True)
class _Entered:
    """Days [first, end) that are taken, and the day on which somebody entered it."""

    first: date
    end: date
    entered: date
    is_visit: bool


@dataclass(frozen=True, slots=True)
class CrewFacts:
    """Installers and what takes their days."""

    installers: tuple[Installer, ...]
    taken: dict[int, list[_Entered]]
    calendar: FederalCalendar

    def crew(
        self,
        *,
        as_of: date,
        offices: Sequence[str],
        added: int = 0,
        added_from: date | None = None,
        known_then: bool = False,
    ) -> Crew:
        """Free days after `as_of`, of who works for one office first, and of `added` more from `added_from`.

        `known_then`: as it was known when `as_of` ended: who came later, who was to leave, and what was
        entered later do not count. Beyond the years whose federal holidays are known, each Monday to Friday
        is free.
        """
        first, end = as_of + timedelta(days=1), as_of + timedelta(days=HORIZON_DAYS)
        spans = [
            span for row in self.installers if (span := self._span(row, as_of, known_then)).within(first, end)
        ]
        spans.sort(key=lambda span: (not span.office, span.installer))
        start = max(first, added_from or first)
        spans += [Workspan(-number, start) for number in range(1, added + 1)]
        days = _days_ahead(spans, first, end, self.calendar)
        numbers = {slug: number for number, slug in enumerate(offices)}
        # An office without open requests has no number: its installer has nothing to do.
        nowhere = len(offices)
        bound = [numbers.get(span.office, nowhere) if span.office else -1 for span in spans]
        return Crew([days[span.installer] for span in spans], bound)

    def _span(self, row: Installer, as_of: date, known_then: bool) -> Workspan:
        taken = self.taken.get(row.pk, ())
        busy = [
            Busy(one.first, one.end, one.is_visit)
            for one in taken
            if one.end > as_of and not (known_then and one.entered > as_of)
        ]
        end = row.valid_to
        if known_then and row.valid_from > as_of:
            return Workspan(row.pk, date.max, date.max)
        if known_then and end is not None and end > as_of:
            end = None
        return Workspan(row.pk, row.valid_from, end, busy, row.office_id or "")


def crew_read(*, calendar: FederalCalendar) -> CrewFacts:
    """Three statements."""
    taken: dict[int, list[_Entered]] = {}
    columns = ("installer_id", "begins_on", "ends_on", "created_at")
    for rows, is_visit in (
        (InstallerAbsence.objects.order_by().values_list(*columns), False),
        (InstallationVisit.objects.order_by().values_list(*columns), True),
    ):
        for installer, first, end, at in rows:
            entered = _Entered(first, end, timezone.localtime(at).date(), is_visit)
            taken.setdefault(installer, []).append(entered)
    return CrewFacts(tuple(Installer.objects.order_by("pk")), taken, calendar)


def _days_ahead(
    spans: Sequence[Workspan], first: date, end: date, calendar: FederalCalendar
) -> dict[int, list[int]]:
    """Free days of [first, end) as ordinals: business days, then Mondays to Fridays where nothing is
    known."""
    known_end = first
    if calendar.known is not None and calendar.known.start <= first:
        known_end = max(first, min(end, calendar.known.end))
    near = (
        free_days(installers=spans, first=first, end=known_end, calendar=calendar)
        if known_end > first
        else {}
    )
    weekdays = [day for day in range(known_end.toordinal(), end.toordinal()) if day % 7 in range(1, 6)]
    found = {}
    for span in spans:
        days = [day.toordinal() for day in near.get(span.installer, ())]
        within = span.within(known_end, end) if known_end < end else None
        if within is not None:
            begin, stop = within[0].toordinal(), within[1].toordinal()
            days += [day for day in weekdays if begin <= day < stop]
        found[span.installer] = days
    return found
