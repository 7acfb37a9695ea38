"""Program managers and assignments: dated, without gaps in the record and without two primaries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oversight.access.actors import Actor, person, system
from oversight.access.permissions import NotAllowed
from oversight.trail.models import TrailEntry
from staffing import services
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager
from tests.factories import (
    AgencyFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
D = dt.date
PRIMARY, BACKUP = AssignmentRole.PRIMARY, AssignmentRole.BACKUP


@pytest.fixture
def hq() -> Actor:
    return person(UserFactory(role="hq"))


def spans(manager: ProgramManager) -> set[tuple[int, str, dt.date, dt.date | None]]:
    rows = Assignment.objects.filter(program_manager=manager)
    return set(rows.values_list("agency_id", "role", "valid_from", "valid_to"))


@pytest.mark.parametrize("role", ["field_pm", "auditor", ""])
def test_only_headquarters_assigns(role: str) -> None:
    actor = person(UserFactory(role=role))
    manager, agency = ProgramManagerFactory(), AgencyFactory()
    assignment = AssignmentFactory(program_manager=manager)
    calls = [
        lambda: services.program_manager_create(
            actor=actor, name="PM", office=FieldOfficeFactory(), valid_from=D(2025, 1, 1)
        ),
        lambda: services.program_manager_end(actor=actor, program_manager=manager, on=D(2026, 1, 1)),
        lambda: services.assignment_begin(
            actor=actor, program_manager=manager, agency=agency, on=D(2025, 1, 1)
        ),
        lambda: services.assignment_end(actor=actor, assignment=assignment, on=D(2026, 1, 1)),
        lambda: services.portfolio_hand_over(
            actor=actor, source=manager, target=ProgramManagerFactory(), on=D(2026, 1, 1)
        ),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()
    assert not TrailEntry.objects.exists()


def test_a_program_manager_begins_and_ends(hq: Actor) -> None:
    user, office = UserFactory(role="field_pm"), FieldOfficeFactory()
    manager = services.program_manager_create(
        actor=hq, name=" PM 017 ", office=office, valid_from=D(2017, 6, 1), user=user
    )
    assert manager.name == "PM 017"
    with pytest.raises(ValidationError, match="already"):
        services.program_manager_create(
            actor=hq, name="PM 017", office=office, valid_from=D(2018, 1, 1), user=user
        )
    services.program_manager_end(actor=hq, program_manager=manager, on=D(2018, 1, 15), reason="moved")
    manager.refresh_from_db()
    assert manager.valid_to == D(2018, 1, 15)
    entry = TrailEntry.objects.get(verb="program_manager.ended")
    assert (entry.before, entry.after) == ({"valid_to": None}, {"valid_to": "2018-01-15"})
    assert entry.reason == "moved"
    with pytest.raises(ValidationError, match="has ended"):
        services.program_manager_end(actor=hq, program_manager=manager, on=D(2018, 2, 1))


def test_the_end_comes_after_the_start(hq: Actor) -> None:
    manager = ProgramManagerFactory(valid_from=D(2025, 1, 1))
    assignment = AssignmentFactory(program_manager=manager, valid_from=D(2025, 2, 1))
    with pytest.raises(ValidationError, match="must be later"):
        services.program_manager_end(actor=hq, program_manager=manager, on=D(2025, 1, 1))
    with pytest.raises(ValidationError, match="must be later"):
        services.assignment_end(actor=hq, assignment=assignment, on=D(2025, 2, 1))
    with pytest.raises(ValidationError, match="on or before the start"):
        services.assignment_begin(
            actor=hq, program_manager=manager, agency=AgencyFactory(), on=D(2025, 3, 1), until=D(2025, 3, 1)
        )


def test_a_program_manager_with_assignments_hands_them_over_first(hq: Actor) -> None:
    assignment = AssignmentFactory(valid_from=D(2025, 1, 1))
    manager = assignment.program_manager
    with pytest.raises(ValidationError, match="still has 1 assignment on"):
        services.program_manager_end(actor=hq, program_manager=manager, on=D(2026, 1, 1))
    services.program_manager_end(actor=hq, program_manager=manager, on=D(2026, 1, 1), end_assignments=True)
    assignment.refresh_from_db()
    assert assignment.valid_to == D(2026, 1, 1)
    assert TrailEntry.objects.filter(verb="assignment.ended").count() == 1


@pytest.mark.parametrize(
    ("begins", "ends", "free"),
    [
        (D(2024, 1, 1), D(2025, 3, 1), True),  # ends the day the other begins
        (D(2024, 1, 1), D(2025, 3, 2), False),
        (D(2025, 4, 1), D(2025, 5, 1), False),
        (D(2025, 8, 31), None, False),
        (D(2025, 9, 1), None, True),  # begins the day the other ends
        (D(2024, 1, 1), None, False),
    ],
)
def test_no_day_has_two_primaries(hq: Actor, begins: dt.date, ends: dt.date | None, free: bool) -> None:
    agency = AgencyFactory()
    AssignmentFactory(agency=agency, valid_from=D(2025, 3, 1), valid_to=D(2025, 9, 1))
    manager = ProgramManagerFactory()

    def begin(role: AssignmentRole) -> Assignment:
        return services.assignment_begin(
            actor=hq, program_manager=manager, agency=agency, on=begins, until=ends, role=role
        )

    if free:
        assert begin(PRIMARY).pk
    else:
        with pytest.raises(ValidationError, match="is primary for this agency"):
            begin(PRIMARY)
        assert begin(BACKUP).pk


def test_nobody_is_primary_and_backup_of_one_agency(hq: Actor) -> None:
    assignment = AssignmentFactory(valid_from=D(2025, 1, 1))
    with pytest.raises(ValidationError, match="End that first"):
        services.assignment_begin(
            actor=hq,
            program_manager=assignment.program_manager,
            agency=assignment.agency,
            on=D(2026, 1, 1),
            role=BACKUP,
        )


def test_assignments_lie_within_the_program_managers_time(hq: Actor) -> None:
    manager = ProgramManagerFactory(valid_from=D(2025, 1, 1), valid_to=D(2026, 1, 1))
    for on, until in (
        (D(2024, 12, 31), D(2025, 6, 1)),
        (D(2025, 6, 1), None),
        (D(2025, 6, 1), D(2026, 1, 2)),
    ):
        with pytest.raises(ValidationError, match="Choose days within"):
            services.assignment_begin(
                actor=hq, program_manager=manager, agency=AgencyFactory(), on=on, until=until
            )
    assert services.assignment_begin(
        actor=hq, program_manager=manager, agency=AgencyFactory(), on=D(2025, 1, 1), until=D(2026, 1, 1)
    ).pk


def test_a_portfolio_is_handed_over_in_one_step(hq: Actor, django_assert_max_num_queries) -> None:
    source, target = ProgramManagerFactory(), ProgramManagerFactory()
    one, two, three, four, over = (AgencyFactory() for _ in range(5))
    begin, on = D(2025, 1, 1), D(2025, 7, 1)
    new = AssignmentFactory
    new(program_manager=source, agency=one, valid_from=begin)
    new(program_manager=source, agency=two, valid_from=begin, valid_to=D(2025, 12, 1), role=BACKUP)
    new(program_manager=source, agency=three, valid_from=begin)
    new(program_manager=target, agency=three, valid_from=begin, role=BACKUP)
    new(program_manager=source, agency=four, valid_from=begin, role=BACKUP)
    new(program_manager=target, agency=four, valid_from=begin)
    new(program_manager=source, agency=over, valid_from=begin, valid_to=D(2025, 6, 1))
    with django_assert_max_num_queries(14):  # with marking figures stale
        done = services.portfolio_hand_over(actor=hq, source=source, target=target, on=on, reason="retires")
    assert spans(source) == {
        (one.pk, PRIMARY, begin, on),
        (two.pk, BACKUP, begin, on),
        (three.pk, PRIMARY, begin, on),
        (four.pk, BACKUP, begin, on),
        (over.pk, PRIMARY, begin, D(2025, 6, 1)),
    }
    assert spans(target) == {
        (one.pk, PRIMARY, on, None),
        (two.pk, BACKUP, on, D(2025, 12, 1)),
        (three.pk, BACKUP, begin, on),
        (three.pk, PRIMARY, on, None),
        (four.pk, PRIMARY, begin, None),
    }
    assert (len(done.ended), len(done.begun)) == (5, 3)
    assert TrailEntry.objects.filter(verb="assignment.ended", reason="retires").count() == 5
    assert TrailEntry.objects.filter(verb="assignment.begun", reason="retires").count() == 3


def test_a_hand_over_that_cannot_be_whole_changes_nothing(hq: Actor) -> None:
    source, target = ProgramManagerFactory(), ProgramManagerFactory()
    AssignmentFactory(program_manager=source, valid_from=D(2025, 1, 1))
    AssignmentFactory(program_manager=source, valid_from=D(2026, 1, 1), agency=AgencyFactory(name="Later SO"))
    before = spans(source)
    with pytest.raises(ValidationError, match="Later SO"):
        services.portfolio_hand_over(actor=hq, source=source, target=target, on=D(2025, 7, 1))
    short = ProgramManagerFactory(valid_to=D(2025, 1, 1))
    with pytest.raises(ValidationError, match="Choose days within"):
        services.portfolio_hand_over(actor=hq, source=source, target=short, on=D(2027, 1, 1))
    with pytest.raises(ValidationError, match="another"):
        services.portfolio_hand_over(actor=hq, source=source, target=source, on=D(2027, 1, 1))
    with pytest.raises(ValidationError, match="nothing to hand over"):
        services.portfolio_hand_over(actor=hq, source=target, target=source, on=D(2027, 1, 1))
    assert spans(source) == before
    assert not TrailEntry.objects.exists()


def test_every_assignment_of_the_one_who_takes_over_is_looked_at(hq: Actor) -> None:
    """Backup now and again later: the new primary would overlap the second stretch."""
    source, target = ProgramManagerFactory(), ProgramManagerFactory(name="PM B")
    row = AssignmentFactory(program_manager=source, valid_from=D(2025, 1, 1))
    for begin, end in ((D(2025, 1, 1), D(2025, 9, 1)), (D(2025, 11, 1), D(2025, 12, 1))):
        AssignmentFactory(
            program_manager=target, agency=row.agency, valid_from=begin, valid_to=end, role=BACKUP
        )
    before = spans(target)
    with pytest.raises(ValidationError, match=r"PM B is backup for .* from 2025-11-01 until 2025-12-01"):
        services.portfolio_hand_over(actor=hq, source=source, target=target, on=D(2025, 7, 1))
    assert spans(target) == before
    services.portfolio_hand_over(actor=hq, source=source, target=target, on=D(2025, 12, 1))
    assert (row.agency_id, PRIMARY, D(2025, 12, 1), None) in spans(target)


def test_a_backup_who_begins_later_does_not_stand_in_for_the_one_who_leaves(hq: Actor) -> None:
    source, target = ProgramManagerFactory(), ProgramManagerFactory()
    row = AssignmentFactory(program_manager=source, valid_from=D(2025, 1, 1), role=BACKUP)
    AssignmentFactory(program_manager=target, agency=row.agency, valid_from=D(2025, 9, 1), role=BACKUP)
    with pytest.raises(ValidationError, match="End that first"):
        services.portfolio_hand_over(actor=hq, source=source, target=target, on=D(2025, 7, 1))


DAYS = st.integers(0, 40).map(lambda n: D(2025, 1, 1) + dt.timedelta(days=n))
STEP = st.tuples(
    st.sampled_from(["begin", "end", "hand_over"]),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 1),
    DAYS,
    st.none() | DAYS,
    st.sampled_from([PRIMARY, BACKUP]),
)


@given(steps=st.lists(STEP, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_tried_no_day_has_two_primaries_or_one_person_twice(db, steps) -> None:
    with transaction.atomic():
        actor = system("test")
        managers = [ProgramManagerFactory() for _ in range(3)]
        agencies = [AgencyFactory() for _ in range(2)]
        for act, a, b, g, on, until, role in steps:
            try:
                with transaction.atomic():
                    if act == "begin":
                        services.assignment_begin(
                            actor=actor, program_manager=managers[a], agency=agencies[g], on=on,
                            until=until, role=role,
                        )  # fmt: skip
                    elif act == "end":
                        row = Assignment.objects.filter(agency=agencies[g]).order_by("pk")[b : b + 1]
                        for assignment in row:
                            services.assignment_end(actor=actor, assignment=assignment, on=on)
                    else:
                        mine = Assignment.objects.filter(program_manager=managers[a], agency=agencies[g])
                        services.portfolio_hand_over(
                            actor=actor, source=managers[a], target=managers[b], on=on,
                            assignments=set(mine.values_list("pk", flat=True)) if until else None,
                        )  # fmt: skip
            except ValidationError:
                continue
        for n in range(45):
            rows = list(Assignment.objects.active_on(D(2025, 1, 1) + dt.timedelta(days=n)))
            primaries = [row.agency_id for row in rows if row.role == PRIMARY]
            assert len(primaries) == len(set(primaries))
            pairs = [(row.agency_id, row.program_manager_id) for row in rows]
            assert len(pairs) == len(set(pairs))
        transaction.set_rollback(True)
