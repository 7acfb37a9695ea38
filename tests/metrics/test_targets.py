"""Targets: dated, one at a time, met or missed since a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.access.permissions import NotAllowed
from oversight.metrics.base import NATION, Subject
from oversight.metrics.choices import Direction, Level
from oversight.metrics.models import Target
from oversight.metrics.services.targets import NewTarget, target_end, target_set
from oversight.metrics.targets import is_met, target_of, verdict_of
from oversight.trail.models import TrailEntry
from tests.factories import FieldOfficeFactory, UserFactory

DAY = dt.date(2025, 6, 1)
HOUSTON = Subject(Level.OFFICE, "houston")


def days(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


@pytest.fixture
def hq(db):
    return person(UserFactory(role=Role.HQ))


def new(**more) -> NewTarget:
    values = {
        "metric": "staffing.agencies_per_pm", "subject": NATION, "direction": Direction.AT_MOST,
        "value": Decimal(10), "valid_from": DAY, "owner": "Unit Chief", "source": "Decision of June 1",
    }  # fmt: skip
    return NewTarget(**{**values, **more})


def test_no_target_is_preset(db):
    assert not Target.objects.exists()


def test_a_new_target_ends_the_one_that_ran_and_both_are_in_the_trail(hq):
    first = target_set(actor=hq, new=new())
    second = target_set(actor=hq, new=new(value=Decimal(8), valid_from=days(30)), reason="More staff")
    first.refresh_from_db()
    assert (first.valid_to, second.valid_to) == (days(30), None)
    verbs = (
        TrailEntry.objects.filter(object_type="metrics.target").order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs) == ["target.set", "target.ended", "target.set"]


def test_a_target_before_a_later_one_needs_an_end(hq):
    target_set(actor=hq, new=new(valid_from=days(30)))
    with pytest.raises(ValidationError, match="There is a target from 2025-07-01 on"):
        target_set(actor=hq, new=new())
    assert target_set(actor=hq, new=new(valid_to=days(30))).valid_to == days(30)


def test_a_target_for_one_office_goes_before_that_for_every_office(hq):
    FieldOfficeFactory(slug="houston")
    every = target_set(actor=hq, new=new(subject=Subject(Level.OFFICE), for_every=True))
    own = target_set(actor=hq, new=new(subject=HOUSTON, value=Decimal(5)))
    found = list(Target.objects.all())
    assert target_of(found, HOUSTON, DAY) == own
    assert target_of(found, Subject(Level.OFFICE, "miami"), DAY) == every
    assert target_of(found, NATION, DAY) is None
    assert target_of(found, HOUSTON, days(-1)) is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"metric": "no.such"}, "no figure with this name"),
        ({"subject": Subject(Level.STATE, "TX")}, "not given at this level"),
        ({"subject": Subject(Level.OFFICE, "atlantis")}, "Choose a subject"),
        ({"valid_to": DAY}, "The end is on or before the start"),
        ({"owner": " "}, "cannot be blank"),
    ],
)
def test_a_target_of_something_that_is_not_there_is_refused(hq, more, words):
    with pytest.raises(ValidationError, match=words):
        target_set(actor=hq, new=new(**more))
    assert not Target.objects.exists()


def test_only_headquarters_sets_and_ends_targets(hq):
    target = target_set(actor=hq, new=new())
    for role in (Role.FIELD_PM, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            target_set(actor=person(UserFactory(role=role)), new=new())
        with pytest.raises(NotAllowed):
            target_end(actor=person(UserFactory(role=role)), target=target, on=days(5))


def test_a_target_ends_after_it_began_and_never_later_than_before(hq):
    target = target_set(actor=hq, new=new())
    with pytest.raises(ValidationError, match="Choose a later day"):
        target_end(actor=hq, target=target, on=DAY)
    assert target_end(actor=hq, target=target, on=days(9), reason="x").valid_to == days(9)
    with pytest.raises(ValidationError, match="ends on 2025-06-10 already"):
        target_end(actor=hq, target=target, on=days(10))


def slow_since(target, points, day):
    """The reference: try every day with a value, and ask whether all from it on agree."""
    known = {at: value for at, value in points if target.valid_from <= at <= day and value is not None}
    known = {at: value for at, value in known.items() if target.valid_to is None or at < target.valid_to}
    if day not in known:
        return None, None
    met = is_met(target, known[day])
    runs = [
        at
        for at in known
        if all(is_met(target, value) == met for other, value in known.items() if other >= at)
    ]
    return met, min(runs)


values = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([None, Decimal(4), Decimal(5), Decimal(6)])), max_size=9
)


@given(
    steps=values, start=st.integers(0, 6), length=st.sampled_from([None, 3, 12]),
    direction=st.sampled_from(list(Direction)), ask=st.integers(0, 20),
)  # fmt: skip
def test_since_when_a_target_is_met_or_missed_agrees_with_a_slow_reference(
    steps, start, length, direction, ask
):
    at, points = 0, []
    for gap, value in steps:
        at += gap
        points.append((days(at), value))
    target = Target(
        level=Level.NATION, direction=direction, value=Decimal(5), valid_from=days(start),
        valid_to=days(start + length) if length else None,
    )  # fmt: skip
    found = verdict_of(target, points, days(ask))
    assert (found.met, found.since) == slow_since(target, points, days(ask))


def test_a_run_that_reaches_back_to_the_first_stored_figure_may_be_older():
    target = Target(level=Level.NATION, direction=Direction.AT_MOST, value=Decimal(5), valid_from=DAY)
    late = verdict_of(target, [(days(3), Decimal(4)), (days(4), Decimal(4))], days(4))
    assert (late.since, late.is_open) == (days(3), True)
    from_start = verdict_of(target, [(DAY, Decimal(4)), (days(4), Decimal(4))], days(4))
    assert (from_start.since, from_start.is_open) == (DAY, False)
