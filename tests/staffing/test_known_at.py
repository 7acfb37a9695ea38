"""Figures of staffing as they were known: what was entered later is not known yet, and ends neither."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine

from oversight.access.actors import system
from oversight.metrics.base import Subject
from oversight.metrics.choices import Part
from oversight.metrics.registry import all_metrics, get_metric
from staffing import services
from tests.factories import (
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    FieldOfficeFactory,
)

pytestmark = pytest.mark.django_db
ACTOR = system("tests")
NATION = Subject("nation")
BEGIN, DAY, LATER = dt.date(2025, 3, 1), dt.date(2025, 6, 1), dt.date(2025, 9, 1)
STAFFING = [metric.key for metric in all_metrics() if metric.key.startswith("staffing.")]


def at(month: int) -> dt.datetime:
    return dt.datetime(2025, month, 15, 12, tzinfo=dt.UTC)


def everything(known_at: dt.datetime | None, day: dt.date = DAY) -> dict[tuple[str, Subject], object]:
    found = {}
    for key in STAFFING:
        metric = get_metric(key)
        for figure in metric.compute(as_of=day, known_at=known_at):
            found[key, figure.subject] = (figure.value, figure.numerator, figure.denominator, figure.n)
            parts = metric.part_rows(as_of=day, subject=figure.subject, known_at=known_at)
            assert next(iter(parts.values())).count() == figure.n
            if Part.DENOMINATOR in parts:
                assert parts[Part.DENOMINATOR].count() == figure.denominator
    return found


@pytest.fixture
def world():
    """Two agencies and two program managers; entered in January, changed in July, August and October."""
    with time_machine.travel(at(1), tick=False):
        office = FieldOfficeFactory()
        agencies = []
        for _ in range(2):
            agreement = AgreementFactory()
            AgreementStatusFactory(agreement=agreement, begins_on=BEGIN)
            AgencyOfficeFactory(agency=agreement.agency, office=office)
            agencies.append(agreement.agency)
        one, two = (
            services.program_manager_create(actor=ACTOR, name=name, office=office, valid_from=BEGIN)
            for name in ("One", "Two")
        )
        held = services.assignment_begin(actor=ACTOR, program_manager=one, agency=agencies[0], on=BEGIN)
    return one, two, held, agencies


def test_what_was_entered_later_changes_no_figure_as_it_was_known(world):
    one, two, held, agencies = world
    before = everything(None)
    assert before["staffing.agencies_without_pm", NATION][0] == 1
    assert before["staffing.agencies_per_pm", NATION][0] == 1
    with time_machine.travel(at(7), tick=False):
        services.assignment_begin(actor=ACTOR, program_manager=two, agency=agencies[1], on=BEGIN)
    with time_machine.travel(at(8), tick=False):
        services.assignment_end(actor=ACTOR, assignment=held, on=DAY)
    with time_machine.travel(at(10), tick=False):
        services.program_manager_end(
            actor=ACTOR, program_manager=one, on=dt.date(2025, 5, 1), end_assignments=True
        )
    assert everything(at(6)) == before
    assert everything(at(7)) != before
    known = {month: everything(at(month)) for month in (7, 9, 11)}
    without = {month: found["staffing.agencies_without_pm", NATION][0] for month, found in known.items()}
    assert without == {7: 0, 9: 1, 11: 1}
    per_pm = {month: found["staffing.agencies_per_pm", NATION][0] for month, found in known.items()}
    assert per_pm == {7: 1, 9: 1, 11: 2}
    assert known[11] == everything(None)


def test_an_end_that_was_changed_again_counts_as_it_stood_between(world):
    _, _, held, _ = world
    with time_machine.travel(at(7), tick=False):
        services.assignment_end(actor=ACTOR, assignment=held, on=LATER)
    with time_machine.travel(at(8), tick=False):
        services.assignment_end(actor=ACTOR, assignment=held, on=DAY)
    key = ("staffing.agencies_without_pm", NATION)
    ten_days_on = LATER + dt.timedelta(days=10)
    assert [everything(at(month), DAY)[key][0] for month in (6, 7, 9)] == [1, 1, 2]
    assert [everything(at(month), ten_days_on)[key][0] for month in (6, 7, 9)] == [1, 2, 2]


def test_before_anybody_was_entered_there_is_no_figure_per_program_manager(world):
    found = everything(dt.datetime(2024, 12, 1, tzinfo=dt.UTC))
    assert found["staffing.agencies_per_pm", NATION] == (None, Decimal(0), Decimal(0), 0)


def test_figures_as_known_take_as_many_statements_as_those_of_now(world, django_assert_num_queries):
    for known_at in (None, at(6)):
        with django_assert_num_queries(2):  # program managers; agencies with their assignments
            get_metric("staffing.span_max").compute(as_of=DAY, known_at=known_at)
