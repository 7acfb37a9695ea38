"""Why a figure moved: the lines add up to the difference, and name what happened."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.choices import Origin, Status
from agreements.models import AgreementStatus
from oversight.access.choices import Role
from oversight.metrics import services
from oversight.metrics.base import Kind, Metric, Subject
from oversight.metrics.choices import Level, Part
from oversight.metrics.movement import UNEXPLAINED, Movement, movement
from oversight.metrics.registry import all_metrics
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2025, 6, 1), dt.date(2025, 6, 8)
NATION = Subject(Level.NATION)
HOUSTON = Subject(Level.OFFICE, "houston")
ZERO = Decimal(0)


def day(number: int) -> dt.date:
    return dt.date(2025, 5, 25) + dt.timedelta(days=number)


def agreement(*spans, office="houston", **more):
    """An agreement with list statements (status, first day, end)."""
    made = AgreementFactory(**more)
    if office and "agency" not in more:
        AgencyOfficeFactory(agency=made.agency, office=FieldOfficeFactory(slug=office))
    for status, begins, ends in spans:
        AgreementStatusFactory(agreement=made, status=status, begins_on=begins, ends_on=ends)
    return made


def moved(key: str, subject: Subject = NATION, **more) -> Movement:
    return movement(metric=key, subject=subject, first=FIRST, last=LAST, **more)


def labels(found: Movement) -> dict[str, int]:
    return {line.label: line.n for line in found.lines}


def test_a_count_moves_by_what_was_listed_came_back_was_removed_superseded_and_suspended():
    early, between = dt.date(2025, 3, 1), dt.date(2025, 6, 4)
    agreement((Status.ACTIVE, between, None))
    agreement(
        (Status.ACTIVE, early, day(0)), (Status.MISSING, day(0), between), (Status.ACTIVE, between, None)
    )
    agreement((Status.ACTIVE, early, between), (Status.REMOVED, between, None))
    agreement((Status.ACTIVE, early, between), (Status.SUPERSEDED, between, None))
    suspended = agreement((Status.ACTIVE, early, None))
    AgreementStatus.objects.create(
        agreement=suspended, status=Status.SUSPENDED, begins_on=between, origin=Origin.STAFF, reason="x"
    )
    agreement((Status.ACTIVE, early, None))  # stays
    found = moved("agreements.listed")
    assert (found.before.value, found.after.value) == (4, 3)
    assert labels(found) == {
        "first listed": 1,
        "came back to the list": 1,
        "removed": -1,
        "superseded": -1,
        "suspended by staff": -1,
    }
    assert sum(line.effect for line in found.lines) == found.difference == -1


def test_an_office_gains_what_another_loses_when_its_area_changes():
    made = agreement((Status.ACTIVE, dt.date(2025, 3, 1), None))
    place = made.agency.offices.get()
    place.valid_to = dt.date(2025, 6, 3)
    place.save()
    AgencyOfficeFactory(
        agency=made.agency, office=FieldOfficeFactory(slug="dallas"), valid_from=place.valid_to
    )
    for key in ("agreements.listed", "agreements.agencies_listed", "staffing.agencies_without_pm"):
        assert labels(moved(key, HOUSTON)) == {"field office area changed": -1}
        assert labels(moved(key, Subject(Level.OFFICE, "dallas"))) == {"field office area changed": 1}
        assert moved(key).lines == ()


def test_a_ratio_names_the_effect_of_its_numerator_and_of_its_denominator():
    for begins in (dt.date(2025, 3, 1), dt.date(2025, 6, 4), dt.date(2025, 6, 5)):
        agreement((Status.ACTIVE, begins, None))
    ProgramManagerFactory(office__slug="houston", valid_to=dt.date(2025, 6, 6))
    ProgramManagerFactory(office__slug="houston")
    found = moved("staffing.agencies_per_pm", HOUSTON)
    assert (found.before.value, found.after.value) == (Decimal("0.5"), 3)
    assert [(line.label, line.part, line.n, line.effect) for line in found.lines] == [
        ("first agreement listed", Part.NUMERATOR, 2, Decimal("1.5")),
        ("left", Part.DENOMINATOR, -1, Decimal("1")),
    ]


def test_agencies_without_a_program_manager_move_by_assignments_and_by_listings():
    early, between = dt.date(2025, 3, 1), dt.date(2025, 6, 4)
    AssignmentFactory(agency=agreement((Status.ACTIVE, early, None)).agency, valid_from=between)
    AssignmentFactory(agency=agreement((Status.ACTIVE, early, None)).agency, valid_to=between)
    agreement((Status.ACTIVE, between, None))
    agreement((Status.ACTIVE, early, between))
    assert labels(moved("staffing.agencies_without_pm")) == {
        "newly listed": 1,
        "assignment ended": 1,
        "no listed agreement left": -1,
        "program manager assigned": -1,
    }


def test_a_median_lists_its_records_and_gives_the_effect_of_all_together():
    early, between = dt.date(2025, 5, 1), dt.date(2025, 6, 4)
    agreement((Status.PENDING, early, None))
    agreement((Status.PENDING, early, between), (Status.ACTIVE, between, None))
    agreement((Status.PENDING, between, None))
    found = moved("agreements.pending_days_median")
    assert labels(found) == {
        "first pending": 1,
        "listed as participating": -1,
        "with a higher value than before": 1,
        "all of this together": 0,
    }
    assert [line.effect for line in found.lines if line.effect is not None] == [found.difference]


def test_a_window_moves_by_what_happened_and_by_what_is_too_long_ago():
    agreement((Status.ACTIVE, dt.date(2025, 6, 4), None))
    agreement((Status.ACTIVE, dt.date(2025, 5, 4), None))
    gone = dt.date(2025, 6, 5)
    agreement((Status.ACTIVE, dt.date(2025, 1, 4), gone), (Status.REMOVED, gone, None))
    assert labels(moved("agreements.additions_30d")) == {"first listed": 1, "more than 30 days ago now": -1}
    assert labels(moved("agreements.exits_30d")) == {"removed": 1}


def test_facts_that_changed_after_a_figure_was_computed_are_a_line_of_their_own():
    made = agreement((Status.ACTIVE, dt.date(2025, 3, 1), None))
    for number in (FIRST, LAST):
        services.day_fill(as_of=number)
    AgreementStatus.objects.filter(agreement=made).update(
        ends_on=LAST
    )  # past every service: nothing is stale
    found = moved("agreements.listed")
    assert (found.before.value, found.after.value) == (1, 1)
    assert labels(found)[UNEXPLAINED] == 1
    assert sum(line.effect for line in found.lines) == 0
    services.days_mark_stale(ranges=[(LAST, None)], reason="test")
    assert labels(moved("agreements.listed")) == {"no list says anything of it": -1}


def test_a_subject_without_a_figure_on_one_day_has_lines_but_no_difference():
    agreement((Status.ACTIVE, LAST, None))
    found = moved("agreements.listed", HOUSTON)
    assert (found.before, found.after.value, found.difference) == (None, 1, None)
    assert [(line.n, line.effect) for line in found.lines] == [(1, None)]


def test_names_are_given_only_for_records_within_the_scope_of_whoever_asks():
    made = agreement((Status.ACTIVE, LAST, None))
    agreement((Status.ACTIVE, LAST, None), office="miami")
    manager = ProgramManagerFactory(office__slug="houston")
    (line,) = moved("agreements.listed").lines
    assert (line.n, line.names) == (2, ())
    (line,) = moved("agreements.listed", user=manager.user).lines
    assert (line.n, line.names) == (2, (str(made),))
    (line,) = moved("agreements.listed", user=UserFactory(role=Role.HQ)).lines
    assert len(line.names) == 2
    assert line.href == "/figures/agreements.listed/v1/nation/-/2025-06-08/moved/?from=2025-06-01"


def test_the_last_day_is_not_before_the_first():
    with pytest.raises(ValueError, match="before the first"):
        movement(metric="agreements.listed", subject=NATION, first=LAST, last=FIRST)


@pytest.mark.parametrize("fill", [True, False])
def test_movement_takes_a_constant_number_of_queries(fill, django_assert_max_num_queries):
    for number in range(4):
        agreement((Status.PENDING, day(number), day(number + 9)), (Status.ACTIVE, day(number + 9), None))
    if fill:
        for number in (FIRST, LAST):
            services.day_fill(as_of=number)
    user = UserFactory(role=Role.HQ)
    for metric in all_metrics():
        with django_assert_max_num_queries(11 if fill else 18):
            moved(metric.key, user=user)


STATUSES = [Status.ACTIVE, Status.MISSING, Status.PENDING, Status.REMOVED, None]
facts = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(STATUSES), st.sampled_from(STATUSES)),
        st.integers(0, 20),  # when the second status begins
        st.sampled_from(["houston", "miami", None]),
        st.sampled_from([None, 3, 9]),  # moves to the other office
        st.sampled_from([None, 5, 10]),  # suspended by staff
        st.sampled_from([None, -60, 4, 12]),  # MOA first linked
    ),
    max_size=5,
)
managers = st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, 3, 9, 30])), max_size=3)


def _enter(items, people):
    for (first, second), turn, office, moves, suspended, linked in items:
        agency = AgencyFactory()
        if office:
            AgencyOfficeFactory(
                agency=agency, office=FieldOfficeFactory(slug=office), valid_to=moves and day(moves)
            )
            if moves:
                other = FieldOfficeFactory(slug="miami" if office == "houston" else "houston")
                AgencyOfficeFactory(agency=agency, office=other, valid_from=day(moves))
        spans = [(first, dt.date(2025, 3, 1), day(turn)), (second, day(turn), None)]
        made = agreement(
            *[span for span in spans if span[0]],
            agency=agency,
            moa_linked_on=None if linked is None else day(linked),
        )
        if suspended:
            AgreementStatus.objects.create(
                agreement=made, status=Status.SUSPENDED, begins_on=day(suspended), origin=Origin.STAFF
            )
    agencies = [item.agreement.agency for item in AgreementStatus.objects.select_related("agreement__agency")]
    for number, (begins, ends) in enumerate(people):
        manager = ProgramManagerFactory(
            office__slug="houston", valid_from=day(begins), valid_to=day(begins + ends) if ends else None
        )
        if number < len(set(agencies)):
            agency = sorted(set(agencies), key=lambda item: item.pk)[number]
            AssignmentFactory(agency=agency, program_manager=manager, valid_from=day(begins))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=facts, people=managers, subject=st.sampled_from([NATION, HOUSTON]))
def test_lines_add_up_exactly_to_the_difference_for_every_metric_and_any_facts(items, people, subject):
    with transaction.atomic():
        _enter(items, people)
        for number in (FIRST, LAST):
            services.day_fill(as_of=number)
        for metric in all_metrics():
            found = moved(metric.key, subject)
            assert all(line.label != UNEXPLAINED for line in found.lines)
            nameless = {line.part for line in found.lines if line.label in {"entered", "left"}}
            gives_reasons = type(metric).reasons is not Metric.reasons
            assert nameless <= {Part.DENOMINATOR} or metric.kind == Kind.STATISTIC or not gives_reasons
            if found.difference is not None:
                told = sum((line.effect for line in found.lines if line.effect is not None), ZERO)
                assert told == found.difference, metric.key
        transaction.set_rollback(True)
