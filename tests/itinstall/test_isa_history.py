"""With whom an ISA lay, day by day, and what its history may look like."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinstall.choices import ISA_LIES_WITH, IsaStepKind, Party
from itinstall.isa_history import IsaMark, IsaMarks, IsaRules, isa_violations

D = dt.date
FIRST, TODAY = D(2026, 1, 1), D(2026, 6, 1)
K = IsaStepKind


@st.composite
def histories(draw) -> IsaMarks:
    gaps = draw(st.lists(st.integers(0, 9), max_size=8))
    day, marks = FIRST, []
    for place, gap in enumerate(gaps, start=1):
        day += dt.timedelta(days=gap)
        marks.append(IsaMark(place, draw(st.sampled_from(IsaStepKind.values)), day))
    return IsaMarks.of(reversed(marks))


def slowly(marks: IsaMarks, party: str, as_of: dt.date) -> int:
    """Each day before `as_of`: the last step up to it says with whom the ISA lay."""
    count, day = 0, FIRST
    while day < as_of:
        so_far = [mark for mark in marks.marks if mark.on <= day]
        if so_far and ISA_LIES_WITH[so_far[-1].kind] == party:
            count += 1
        day += dt.timedelta(days=1)
    return count


@given(marks=histories(), length=st.integers(0, 60))
def test_days_with_each_party_are_counted_day_by_day(marks, length) -> None:
    as_of = FIRST + dt.timedelta(days=length)
    found = marks.days_with(as_of)
    for party in Party.values:
        assert found.get(party, 0) == slowly(marks, party, as_of)
    ice = slowly(marks, Party.HEADQUARTERS, as_of) + slowly(marks, Party.OCIO, as_of)
    assert (marks.ice_days(as_of), marks.agency_days(as_of)) == (ice, slowly(marks, Party.AGENCY, as_of))


@given(marks=histories(), length=st.integers(0, 60))
def test_what_comes_later_does_not_change_the_days_before(marks, length) -> None:
    as_of = FIRST + dt.timedelta(days=length)
    shown = {party: n for party, n in marks.days_with(as_of).items() if n}
    assert shown == {party: n for party, n in marks.up_to(as_of).days_with(as_of).items() if n}


def codes(*steps: tuple[str, int], today: dt.date = TODAY) -> list[str]:
    marks = IsaMarks.of(
        IsaMark(place, kind, FIRST + dt.timedelta(days=day))
        for place, (kind, day) in enumerate(steps, start=1)
    )
    return [violation.code for violation in isa_violations(IsaRules(marks, today))]


WHOLE = ((K.DRAFTED, 0), (K.SENT, 5), (K.AGENCY_SIGNED, 20), (K.ICE_SIGNED, 30))


@pytest.mark.parametrize(
    "steps",
    [
        WHOLE,
        (*WHOLE, (K.ENDED, 60)),
        ((K.SENT, 0), (K.RETURNED, 3), (K.DRAFTED, 4), (K.SENT, 5), (K.AGENCY_SIGNED, 9)),
        ((K.SENT, 0), (K.AGENCY_SIGNED, 0), (K.ICE_SIGNED, 0)),
        ((K.SENT, 0), (K.AGENCY_SIGNED, 3), (K.SENT, 5), (K.AGENCY_SIGNED, 9), (K.ICE_SIGNED, 10)),
        ((K.DRAFTED, 0), (K.ENDED, 4)),
    ],
)
def test_an_ordinary_history_is_in_order(steps) -> None:
    assert codes(*steps) == []


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((), "ITI-022"),
        (((K.AGENCY_SIGNED, 0),), "ITI-022"),
        (((K.DRAFTED, 200),), "ITI-020"),
        (((K.DRAFTED, 5), (K.SENT, 4)), "ITI-021"),
        (((K.DRAFTED, 0), (K.SENT, 1), (K.ICE_SIGNED, 2)), "ITI-023"),
        (((K.SENT, 0), (K.AGENCY_SIGNED, 1), (K.DRAFTED, 2), (K.ICE_SIGNED, 3)), "ITI-023"),
        (((K.SENT, 0), (K.AGENCY_SIGNED, 1), (K.AGENCY_SIGNED, 2)), "ITI-024"),
        (((*WHOLE, (K.ICE_SIGNED, 40))), "ITI-025"),
        (((K.DRAFTED, 0), (K.DRAFTED, 1)), "ITI-025"),
        (((K.DRAFTED, 0), (K.RETURNED, 1)), "ITI-025"),
        (((*WHOLE, (K.SENT, 40))), "ITI-026"),
        (((K.DRAFTED, 0), (K.ENDED, 1), (K.SENT, 2)), "ITI-026"),
    ],
)
def test_what_cannot_be_is_named(steps, code) -> None:
    assert codes(*steps) == [code]


def test_an_isa_is_in_force_from_ices_signature_on() -> None:
    marks = IsaMarks.of(
        IsaMark(n, kind, FIRST + dt.timedelta(days=day)) for n, (kind, day) in enumerate(WHOLE)
    )
    assert (marks.signed_on, marks.lies_with, marks.ended_on) == (D(2026, 1, 31), None, None)
    assert marks.up_to(D(2026, 1, 25)).lies_with == Party.OCIO
