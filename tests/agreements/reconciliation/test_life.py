"""Dates, absences and exits, against an independent slow model of the rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.reconciliation.index import build_index, runs
from agreements.reconciliation.types import PENDING, Status

from .support import START, History, only, row, story

A = row("Alvin Police Department", moa="AlvinPD.pdf")
ELSE = row("Zavala County Sheriff's Office")


def lists(pattern, there=(A,)):
    return [[*there, ELSE] if mark == "x" else [ELSE] for mark in pattern]


def alvin(register):
    (agency,) = [i for i, agency in enumerate(register.agencies) if agency.name.startswith("Alvin")]
    (agreement,) = [agreement for agreement in register.agreements if agreement.agency == agency]
    return agreement


def test_two_absences_are_missing_not_removed():
    assert story(alvin(History(*lists("xx..")).register())) == [("active", 0), ("missing", 8)]


def test_three_absences_within_a_week_are_missing_still():
    register = History(*lists("xx..."), step=2).register()
    assert story(alvin(register)) == [("active", 0), ("missing", 4)]


def test_an_exit_is_dated_by_the_first_list_without_it():
    register = History(*lists("xx...")).register()
    assert story(alvin(register)) == [("active", 0), ("removed", 8)]
    dated = {
        change.kind.value: change.list_digest for change in register.changes if change.agreement is not None
    }
    assert dated["missing"] == "participating-002"
    assert dated["removed"] == "participating-004"


def test_a_short_absence_was_missing_and_a_long_one_removed():
    assert story(alvin(History(*lists("x.x...x")).register())) == [
        ("active", 0), ("missing", 4), ("active", 8), ("removed", 12), ("active", 24),
    ]  # fmt: skip


def test_a_later_agreement_on_the_next_list_supersedes():
    old, new = row("Alvin PD", moa="AlvinPD.pdf"), row("Alvin PD", signed="2026-02-02", moa="AlvinPD2.pdf")
    register = History(*[[old, ELSE]] * 3, [new, ELSE]).register()
    first, second = [x for x in register.agreements if x.keys[0][1].startswith("alvin")]
    assert (first.status, second.status) == (Status.SUPERSEDED, Status.ACTIVE)
    assert register.agreements[first.superseded_by] is second


def test_another_model_does_not_supersede():
    old, new = row("Alvin PD", moa="AlvinPD.pdf"), row("Alvin PD", signed="2026-02-02", model="WSO")
    register = History(*[[old, ELSE]] * 3, *[[new, ELSE]] * 3).register()
    statuses = {
        agreement.model: agreement.status
        for agreement in register.agreements
        if agreement.keys[0][1] == "alvin police department"
    }
    assert statuses == {"TFM": Status.REMOVED, "WSO": Status.ACTIVE}


@pytest.mark.parametrize(
    ("before", "after", "one"),
    [
        (("2025-02-20", ""), ("2025-04-30", "a.pdf"), True),  # linked only later
        (("2025-02-20", ""), ("2025-03-01", ""), True),  # never linked and near
        (("2025-02-20", ""), ("2025-05-20", ""), True),  # unlinked at the end, under 90 days
        (("2025-02-20", ""), ("2025-06-20", ""), False),
        (("2025-02-20", "a.pdf"), ("2025-02-19", "a.pdf"), True),  # one file
        (("2025-02-20", "a.pdf"), ("2024-02-20", "a.pdf"), True),  # a year apart
        (("2025-02-20", "a.pdf"), ("2025-05-20", "a.pdf"), False),
        (("2025-02-20", "a.pdf"), ("2025-02-21", "b.pdf"), False),
    ],
)
def test_a_date_printed_anew_is_one_agreement_when_links_agree(before, after, one):
    old, new = (row("Alvin PD", signed=day, moa=file) for day, file in (before, after))
    register = History([old], [old], [new], [new]).register()
    assert len(register.agreements) == (1 if one else 2)
    if one:
        agreement = only(register)
        assert agreement.first_printed_on.isoformat() == before[0]
        assert agreement.signed_on.isoformat() == after[0]
        assert story(agreement) == [("active", 0)]


def test_a_third_agreement_across_the_hand_over_stops_a_date_correction():
    old, new, third = (row("Alvin PD", signed=f"2025-02-{day}") for day in (20, 21, 10))
    assert len(History([old, third], [new, third]).register().agreements) == 3


def test_a_pending_agency_that_never_signs_leaves_without_being_missing():
    waits = row("Alvin PD", kind=PENDING)
    other = row("Zavala PD", kind=PENDING)
    register = History([waits, other], [waits, other], [other], [other], [other], kind=PENDING).register()
    assert story(alvin(register)) == [("pending", 0), ("removed", 8)]
    assert not alvin(register).ever_participating


def test_duplicate_rows_count_once_and_are_named():
    register = History([A, A, ELSE]).register()
    assert len(register.agreements) == 2
    (duplicate,) = register.duplicates
    assert (duplicate.rows, duplicate.identical) == ((0, 1), True)


# --- the slow model --------------------------------------------------------------------------------


def slow_story(present: list[bool], days: list[int]) -> list[tuple[str, int]]:
    """The life of one agreement, day by day through the lists, straight from the rule's words."""
    told: list[tuple[str, int]] = []
    for i, there in enumerate(present):
        if there:
            told.append(("active", days[i]))
            continue
        if not any(present[:i]):
            continue
        since = max(j for j in range(i) if present[j]) + 1
        until = next((j for j in range(i, len(present)) if present[j]), len(present))
        absent = range(since, until)
        believed = any(j - since + 1 >= 3 and days[j] - days[since] >= 7 for j in absent)
        told.append(("removed" if believed else "missing", days[i]))
    by_day = dict((day, status) for status, day in told)  # the day's last list counts
    merged: list[tuple[str, int]] = []
    for day, status in sorted(by_day.items()):
        if not merged or merged[-1][0] != status:
            merged.append((status, day))
    return merged


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=14))
@settings(max_examples=300, deadline=None)
def test_status_equals_the_slow_model(steps):
    history = History()
    day, days, present = 0, [], []
    for there, gap in steps:
        day += gap
        days.append(day)
        present.append(there)
        history.add([A, ELSE] if there else [ELSE], START + timedelta(days=day))
    if any(present):
        assert story(alvin(history.register())) == slow_story(present, days)


@given(st.integers(0, 2**40))
def test_runs_are_the_stretches_of_set_bits(mask):
    text = bin(mask)[2:][::-1]
    slow, start = [], None
    for i, digit in enumerate(text + "0"):
        if digit == "1" and start is None:
            start = i
        elif digit == "0" and start is not None:
            slow.append((start, i))
            start = None
    assert runs(mask) == slow


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_co_listing_equals_looking_into_every_list(contents):
    rows = [row(f"Agency{chr(97 + i) * 5} Police") for i in range(6)]
    history = History(*[[rows[i] for i in sorted(one)] for one in contents])
    index = build_index(history.lists, history.rows)
    for a in rows:
        for b in rows:
            together = bool(index.masks.get(a.digest, 0) & index.masks.get(b.digest, 0))
            assert together == any(a.digest in x.rows and b.digest in x.rows for x in history.lists)
