"""A change in the past touches the days it touches: none is missed, and few are computed for nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.choices import ImportState, Origin, Status
from agreements.models import Agreement, AgreementStatus, FieldOfficeArea
from agreements.services import statuses
from agreements.services.affected import days_until_next, window_days
from agreements.services.imports import roster_apply, roster_preview
from agreements.services.offices import areas_apply
from oversight.access.actors import system
from oversight.exchange.models import Upload
from oversight.metrics import services
from oversight.metrics.base import Facts, Figure, Subject
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.selectors import newest_snapshots, snapshot_history
from staffing import services as staffing
from tests.agreements import workbooks
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
)

pytestmark = pytest.mark.django_db
ZERO = dt.date(2025, 3, 1)
ACTOR = system("tests")
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
Key = tuple[str, Subject]


def day(number: int) -> dt.date:
    return ZERO + dt.timedelta(days=number)


def computed(on: dt.date) -> dict[Key, tuple[Any, ...]]:
    facts = Facts(on)
    return {(m.key, f.subject): _parts(f) for m in all_metrics() for f in m.figures(facts)}


def kept(on: dt.date, known_at: dt.datetime | None = None) -> dict[Key, tuple[Any, ...]]:
    found = newest_snapshots(as_of=on, metrics=[m.key for m in all_metrics()], known_at=known_at)
    return {key: _parts(row) for key, row in found.items() if row.reason != services.GONE}


def _parts(item: Figure | Snapshot) -> tuple[Any, ...]:
    return item.value, item.numerator, item.denominator, item.n, item.reason


def stale() -> dict[str, set[dt.date]]:
    """Metric → the days marked."""
    found: dict[str, set[dt.date]] = defaultdict(set)
    for metric, on in DayFill.objects.filter(state=FillState.STALE).values_list("metric", "as_of"):
        found[metric].add(on)
    return found


def check(before: dict[dt.date, dict[Key, tuple[Any, ...]]], known: dt.datetime) -> None:
    """Every figure that differs is marked; filling appends these and no others; old ones stay readable."""
    marked = stale()
    differing = set()
    for on, old in before.items():
        now = computed(on)
        for key in {*old, *now}:
            if old.get(key) != now.get(key):
                assert on in marked[key[0]], f"{key} differs on {on} and is not marked"
                differing.add((key, on))
    number = Snapshot.objects.count()
    services.stale_days_fill()
    assert Snapshot.objects.count() - number == len(differing)
    for on, old in before.items():
        assert kept(on) == computed(on)
        assert kept(on, known_at=known) == old
    for (metric, subject), on in list(differing)[:5]:
        history = snapshot_history(metric=metric, subject=subject, as_of=on)
        assert history.count() == ((metric, subject) in before[on]) + 1


# --- people's entries


def spans(steps: list[tuple[str, int]]) -> list[tuple[str, dt.date, dt.date | None]]:
    edges = [0]
    for _, length in steps:
        edges.append(edges[-1] + length)
    found = [(status, day(a), day(b)) for (status, _), (a, b) in zip(steps, pairwise(edges), strict=True)]
    return [*found[:-1], (found[-1][0], found[-1][1], None)]


histories = st.lists(
    st.tuples(
        st.sampled_from([Status.PENDING, Status.ACTIVE, Status.MISSING, Status.REMOVED]), st.integers(3, 20)
    ),
    min_size=1,
    max_size=3,
)
changes = st.sampled_from(
    ["suspend", "end", "withdraw", "assign", "unassign", "manager leaves", "area moves"]
)


@settings(max_examples=6, deadline=None, suppress_health_check=QUIET)
@given(
    lives=st.lists(histories, min_size=1, max_size=3),
    change=changes,
    on=st.integers(5, 25),
    looked_at=st.sets(st.integers(0, 45), min_size=3, max_size=4),
)
def test_what_people_enter_about_the_past_touches_its_days_and_no_others(lives, change, on, looked_at):
    with transaction.atomic():
        world = _world(lives)
        before = {}
        for on_day in map(day, sorted(looked_at)):
            services.day_fill(as_of=on_day)
            before[on_day] = kept(on_day)
        known = timezone.now()
        expected = _change(change, world, day(on))
        marked = {on_day for days in stale().values() for on_day in days}
        first, last = expected
        assert marked == {d for d in before if first <= d and (last is None or d < last)}
        check(before, known)
        transaction.set_rollback(True)


def _world(lives: list[list[tuple[str, int]]]) -> dict[str, Any]:
    houston, miami = FieldOfficeFactory(slug="houston"), FieldOfficeFactory(slug="miami")
    agencies = [AgencyFactory() for _ in lives]
    for agency, steps in zip(agencies, lives, strict=True):
        AgencyOfficeFactory(agency=agency, office=houston, valid_from=ZERO)
        agreement = AgreementFactory(agency=agency, signed_on=ZERO - dt.timedelta(days=20))
        for status, begins, ends in spans(steps):
            AgreementStatusFactory(agreement=agreement, status=status, begins_on=begins, ends_on=ends)
    manager = ProgramManagerFactory(office=houston, valid_from=ZERO - dt.timedelta(days=9))
    held = AssignmentFactory(program_manager=manager, agency=agencies[0], valid_from=ZERO)
    other = ProgramManagerFactory(office=miami, valid_from=ZERO - dt.timedelta(days=9))
    agreement = Agreement.objects.filter(agency=agencies[0]).get()
    statement = AgreementStatus.objects.create(
        agreement=agreement, status=Status.SUSPENDED, begins_on=day(2), origin=Origin.STAFF, reason="letter"
    )
    return {
        "agreement": agreement,
        "statement": statement,
        "held": held,
        "other": other,
        "agencies": agencies,
    }


def _change(change: str, world: dict[str, Any], on: dt.date) -> tuple[dt.date, dt.date | None]:
    """Make it; the days that it touches."""
    if change == "suspend":
        agreement = Agreement.objects.filter(agency=world["agencies"][-1]).get()
        statuses.agreement_terminate(actor=ACTOR, agreement=agreement, on=on, reason="letter")
    elif change == "end":
        statuses.statement_end(actor=ACTOR, statement=world["statement"], on=on, reason="letter")
    elif change == "withdraw":
        statuses.statement_withdraw(actor=ACTOR, statement=world["statement"], reason="a slip")
        return world["statement"].begins_on, None
    elif change == "assign":
        agency = AgencyFactory()
        until = on + dt.timedelta(days=9)
        staffing.assignment_begin(
            actor=ACTOR, program_manager=world["other"], agency=agency, on=on, until=until
        )
        return on, until
    elif change == "unassign":
        staffing.assignment_end(actor=ACTOR, assignment=world["held"], on=on)
    elif change == "manager leaves":
        manager = world["held"].program_manager
        staffing.program_manager_end(actor=ACTOR, program_manager=manager, on=on, end_assignments=True)
    else:
        # What the agencies fall under by hand above follows from areas here; before, they had none.
        area = FieldOfficeArea(office_id="miami", state_id="TX", valid_from=on, source="a letter")
        area.save()
        areas_apply(reason="area moved")
        return ZERO, None
    return on, None


# --- lists


def _import(lines: list[int], on: int) -> None:
    data = workbooks.workbook([workbooks.rows(12)[number] for number in lines], on=day(on))
    upload = Upload(name=f"list{on}.xlsx", sha256=f"{on:064x}", size=len(data))
    upload.file.save(upload.name, ContentFile(data))
    preview = roster_preview(actor=ACTOR, upload=upload, kind="auto")
    if preview.state == ImportState.PREVIEWED:  # else the same rows were printed before: nothing to apply
        roster_apply(actor=ACTOR, roster_import=preview)


def _standing(days: list[dt.date]) -> dict[dt.date, dict[int, Any]]:
    """Day → agreement → its status, and since when where it is pending: a walk over every statement."""
    found: dict[dt.date, dict[int, Any]] = {on: {} for on in days}
    for row in AgreementStatus.objects.filter(origin=Origin.LIST):
        for on in days:
            if row.begins_on <= on and (row.ends_on is None or on < row.ends_on):
                since = row.begins_on if row.status == Status.PENDING else None
                found[on][row.agreement_id] = (row.status, since)
    return found


printed = st.sets(st.integers(0, 11), min_size=8, max_size=12)


@settings(max_examples=3, deadline=None, suppress_health_check=QUIET)
@given(
    lists=st.lists(printed, min_size=3, max_size=4),
    days_of_lists=st.lists(st.integers(0, 40), min_size=4, max_size=4, unique=True),
    late=st.integers(0, 3),
)
def test_a_list_that_turns_up_late_touches_its_days(lists, days_of_lists, late):
    at = sorted(days_of_lists)[: len(lists)]
    late = min(late, len(lists) - 1)
    all_days = [day(number) for number in range(-1, 75)]
    with transaction.atomic():
        for number, rows in enumerate(lists):
            if number != late:
                _import(sorted(rows), at[number])
        looked_at = {day(number) for number in (at[0], at[late], at[late] + 1, at[-1] + 1, at[late] + 30, 45)}
        before = {}
        for on in sorted(looked_at):
            services.day_fill(as_of=on)
            before[on] = kept(on)
        # Fills of the other days, as if they had been made: what is marked is what matters.
        DayFill.objects.bulk_create(
            (
                DayFill(
                    metric=m.key, as_of=on, state=FillState.DONE, version=m.version, filled_at=timezone.now()
                )
                for on in all_days
                if on not in looked_at
                for m in all_metrics()
            ),
            batch_size=500,
        )
        known, stood = timezone.now(), _standing(all_days)
        _import(sorted(lists[late]), at[late])
        stands = _standing(all_days)
        differing = {on for on in all_days if stood[on] != stands[on]}
        assert stale()["agreements.in_force"] & differing == differing
        assert stale()["agreements.in_force"] - differing == set()
        DayFill.objects.exclude(as_of__in=looked_at).delete()
        check(before, known)
        transaction.set_rollback(True)


# --- ranges


@given(st.lists(st.integers(0, 40)), st.lists(st.integers(0, 40)), st.integers(0, 80))
def test_a_list_is_the_newest_from_its_day_until_the_next(days, steps, number):
    ordered = sorted({day(step) for step in steps})
    ranges = days_until_next({day(n) for n in days}, ordered)
    inside = any(begins <= day(number) and (ends is None or day(number) < ends) for begins, ends in ranges)
    expected = any(n <= number and not any(day(n) < step <= day(number) for step in ordered) for n in days)
    assert inside == expected


event = st.tuples(
    st.sampled_from([Status.ACTIVE.value, Status.REMOVED.value]), st.integers(0, 20), st.integers(1, 2)
)


@given(st.lists(event, max_size=3), st.lists(event, max_size=3), st.integers(0, 60))
def test_no_day_whose_window_holds_other_events_is_missed(old, new, number):
    def life(events: list[tuple[str, int, int]]) -> list[tuple[str, dt.date, int]]:
        return [(status, day(begins), of) for status, begins, of in events]

    def counted(events: list[tuple[str, int, int]]) -> tuple[bool, set[tuple[str, int, int]]]:
        first = min((begins for status, begins, _ in events if status == Status.ACTIVE), default=-99)
        exits = {e for e in events if e[0] == Status.REMOVED and number - 30 < e[1] <= number}
        return number - 30 < first <= number, exits

    ranges = window_days(life(old), life(new), days=30)
    inside = any(begins <= day(number) < ends for begins, ends in ranges if ends)
    if counted(old) != counted(new):
        assert inside
