"""A change of the past moves exactly the days that it moves: they are marked, filled again, and no others."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.models import Agreement
from agreements.services.dependents import dependents_tell
from itinstall.affected import Claim, Picture, coarser, differing_days, late_from, merged
from itinstall.history import Pause, Step, Steps, paused_days
from itinstall.models import StageTransition
from itinstall.services import requests
from oversight.metrics import services
from oversight.metrics.base import Facts, Subject
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.selectors import newest_snapshots, snapshot_history
from tests.itinstall.histories import ACTOR, SLOW, TODAY, ZERO, acts, day, enter, plans, world

METRICS = [metric for metric in all_metrics() if metric.key.startswith("itinstall.")]
KEYS = [metric.key for metric in METRICS]
db = [
    pytest.mark.django_db,
    pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC)),
]
Key = tuple[str, Subject]
looked_at = st.sets(st.integers(0, (TODAY - ZERO).days), min_size=6, max_size=9)


def _parts(item: Any) -> tuple[Any, ...]:
    return item.value, item.numerator, item.denominator, item.n, item.reason


def computed(on: dt.date) -> dict[Key, tuple[Any, ...]]:
    facts = Facts(on)
    return {(m.key, f.subject): _parts(f) for m in METRICS for f in m.figures(facts)}


def kept(on: dt.date, known_at: dt.datetime | None = None) -> dict[Key, tuple[Any, ...]]:
    found = newest_snapshots(as_of=on, metrics=KEYS, known_at=known_at)
    return {key: _parts(row) for key, row in found.items() if row.reason != services.GONE}


def filled(days: set[int]) -> dict[dt.date, dict[Key, tuple[Any, ...]]]:
    """Each of `days` and the day after it, with the figures that are kept of it."""
    found = {}
    for on in sorted({day(n + more) for n in days for more in (0, 1)}):
        services.day_fill(as_of=on, metrics=METRICS)
        found[on] = kept(on)
    return found


def marked() -> dict[str, set[dt.date]]:
    found: dict[str, set[dt.date]] = defaultdict(set)
    stale = DayFill.objects.filter(state=FillState.STALE)
    for metric, on in stale.values_list("metric", "as_of"):
        found[metric].add(on)
    return found


def check(before: dict[dt.date, dict[Key, tuple[Any, ...]]], known: dt.datetime) -> int:
    """Every figure that differs is marked; filling appends these and no others; old ones stay readable. How
    many marked days of a metric have no figure that differs."""
    stale = marked()
    differing = set()
    for on, old in before.items():
        now = computed(on)
        for key in {*old, *now}:
            if old.get(key) != now.get(key):
                assert on in stale[key[0]], f"{key} differs on {on} and is not marked"
                differing.add((key, on))
    number = Snapshot.objects.count()
    for on in before:
        services.day_fill(as_of=on, metrics=METRICS)
    assert Snapshot.objects.count() - number == len(differing)
    for on, old in before.items():
        assert kept(on) == computed(on)
        assert kept(on, known_at=known) == old
    for (metric, subject), on in list(differing)[:5]:
        history = snapshot_history(metric=metric, subject=subject, as_of=on)
        assert history.count() == ((metric, subject) in before[on]) + 1
    needed = {(key[0], on) for key, on in differing}
    return sum((metric, on) not in needed for metric, days in stale.items() for on in days)


class TestEntered:
    pytestmark = db

    @settings(max_examples=8, **SLOW)
    @given(plan=plans, changes=st.lists(acts, min_size=1, max_size=3), days=looked_at)
    def test_what_people_enter_correct_or_take_back_marks_every_day_that_it_moves(self, plan, changes, days):
        with transaction.atomic():
            made = world()
            enter(plan, made)
            before = filled(days)
            known = timezone.now()
            enter(changes, made)
            check(before, known)
            transaction.set_rollback(True)

    @settings(max_examples=4, **SLOW)
    @given(plan=plans, days=looked_at, which=st.integers(0, 5), moved=st.integers(-200, 200))
    def test_a_signing_date_that_lists_correct_marks_every_day_that_it_moves(self, plan, days, which, moved):
        with transaction.atomic():
            made = world()
            enter(plan, made)
            before = filled(days)
            known = timezone.now()
            agreement = made.agreements[which]
            old, new = agreement.signed_on, day(moved)
            Agreement.objects.filter(pk=agreement.pk).update(signed_on=new)
            dependents_tell(signed={agreement.pk: (old, new)}, agreements=[], agencies=[], reason="a list")
            check(before, known)
            transaction.set_rollback(True)

    @settings(max_examples=4, **SLOW)
    @given(plan=plans, days=looked_at, which=st.integers(0, 5), other=st.integers(0, 1))
    def test_another_agreement_of_a_request_marks_every_day_that_it_moves(self, plan, days, which, other):
        with transaction.atomic():
            made = world()
            enter(plan, made)
            before = filled(days)
            known = timezone.now()
            request = made.requests[which]
            request.refresh_from_db()
            requests.request_describe(
                actor=ACTOR, request=request, priority=request.priority, note="x",
                agreement=[None, made.agreements[which]][other],
            )  # fmt: skip
            check(before, known)
            transaction.set_rollback(True)

    def test_an_agency_that_moves_to_another_office_marks_from_its_first_request_on(self):
        made = world()
        filled({5, 40, 100, 700})
        agency = made.agreements[4].agency_id
        dependents_tell(signed={}, agreements=[], agencies=[agency], reason="a list")
        assert {min(days) for days in marked().values()} == {day(100)}
        assert set(marked()) == set(KEYS)

    def test_a_correction_marks_days_of_the_metrics_that_it_moves_and_leaves_the_others(self):
        made = world()
        enter([("run", 0, 50, 0)], made)
        filled({0, 20, 45, 52, 200, 420, 500})
        step = StageTransition.objects.standing().get(request=made.requests[0], stage="bids")
        requests.entry_correct(actor=ACTOR, entry=step, on=day(45), reason="typo")
        stale = marked()
        assert stale["itinstall.open"] == {day(n) for n in (45, 46)}
        assert stale["itinstall.stage_days_median"] == {day(n) for n in (45, 46, 52, 53, 200, 201)}
        assert set(stale) == {
            "itinstall.open", "itinstall.stage_days_median", "itinstall.stage_days_p90",
        }  # fmt: skip

    def test_a_completion_marks_a_year_of_days_and_its_fiscal_year_for_good(self):
        made = world()
        enter([("run", 0, 50, 0)], made)
        filled({49, 60, 79, 414, 420})
        requests.request_complete(actor=ACTOR, request=made.requests[0], on=day(50))
        stale = marked()
        assert stale["itinstall.completed_30d"] == {day(n) for n in (50, 60, 61, 79)}
        assert stale["itinstall.bottleneck_days"] == {day(n) for n in (50, 60, 61, 79, 80, 414)}
        assert stale["itinstall.days_median"] == {day(n) for n in (50, 60, 61, 79, 80, 414, 415, 420, 421)}


# --- the pure parts against slow ones

some = st.integers(0, 40).map(day)
claims = st.lists(
    st.builds(
        lambda begins, length, value: Claim(("m",), begins, begins + dt.timedelta(days=length), value),
        some, st.integers(0, 20), st.sampled_from("abc"),
    ),
    max_size=5,
)  # fmt: skip


def _on(found: list[Claim], at: dt.date) -> list[Any]:
    return sorted(str(c.value) for c in found if c.begins <= at and (c.ends is None or at < c.ends))


@given(old=claims, new=claims)
def test_days_differ_where_what_is_claimed_differs(old, new) -> None:
    ranges = differing_days(old, new)
    for at in map(day, range(-2, 65)):
        inside = any(begins <= at and (ends is None or at < ends) for begins, ends in ranges)
        assert inside == (_on(old, at) != _on(new, at))


@given(
    clock=some,
    target=st.integers(1, 60),
    cuts=st.lists(st.integers(0, 80), max_size=6, unique=True).map(sorted),
    stops=st.lists(st.booleans(), min_size=3, max_size=3),
    is_open=st.booleans(),
)
def test_a_request_is_late_from_the_day_on_which_its_counted_days_pass_the_target(
    clock, target, cuts, stops, is_open
) -> None:
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    pauses = [Pause(day(a), day(b), "", stop) for (a, b), stop in zip(spans, stops, strict=False)]
    if is_open:
        pauses.append(Pause(day(90), None, "", stops_clock=True))
    steps = Steps.of([Step(1, "stage", clock, "request", 1)])
    found = late_from(Picture(steps, tuple(pauses), clock, "JEM", target))
    late = [
        at
        for at in (clock + dt.timedelta(days=n) for n in range(400))
        if (at - clock).days - paused_days(pauses, clock, at, only_stopping=True) > target
    ]
    assert found == (late[0] if late else None)


def test_ranges_that_touch_are_one_and_very_many_are_marked_as_one() -> None:
    assert merged([(day(3), day(5)), (day(1), day(3)), (day(9), None), (day(7), day(8))]) == [
        (day(1), day(5)), (day(7), day(8)), (day(9), None),
    ]  # fmt: skip
    apart = [(day(n), day(n + 1)) for n in range(0, 20, 2)]
    assert coarser(apart, 10) == apart
    assert coarser(apart, 9) == [(day(0), day(19))]
    assert coarser([*apart, (day(30), None)], 5) == [(day(0), None)]
