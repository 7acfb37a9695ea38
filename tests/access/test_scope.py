"""Scope, model by model: nothing leaks, nothing of one's own is missing, no model is forgotten."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.models import Agency, AgencyOffice
from oversight.access.choices import Column
from oversight.access.models import User
from oversight.access.permissions import MATRIX
from oversight.access.scope import Scope, changeable_by, register_scope, registered_models, visible_to
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager
from tests.access.world import World, build
from tests.factories import AgencyFactory, FieldOfficeFactory, UserFactory

PROJECT = ("oversight", "agreements", "training", "staffing", "itinstall", "recommendations")

# Models without a scope, and why nobody reaches them by it.
WITHOUT_SCOPE = {
    "access.User": "people; kept by administrators in the admin",
    "access.ApiToken": "one's own only: access.selectors.api_tokens_of",
    "trail.TrailEntry": "through the record it is about, or trail.view for the whole",
    "periods.Parameter": "public numbers that rules count with; no record of an agency",
    "exchange.Upload": "never shown by itself; through its import",
    "exchange.Job": "one's own only, administrators all: exchange.selectors.jobs_of",
    "exchange.RowError": "through its job",
    "exchange.RecordFile": "one's own; all for who sees imports: exchange.records.selectors.record_files",
    "exchange.Pulse": "when machinery last ran; the operations page",
    "metrics.DayFill": "whether a day is computed; the operations page",
    "metrics.Definition": "national words about figures; no record of an agency",
    "metrics.Snapshot": "national aggregates, which everybody may see; the rows behind them are scoped",
    "exchange.ExportPackage": "one's own only: exchange.selectors.packages_of",
    "console.SavedView": "one's own only; it stores an address, not records",
    "agreements.RegisterState": "one row: version and hash of the register",
}


def project_models() -> dict[str, type[models.Model]]:
    return {
        model._meta.label: model for model in apps.get_models() if model.__module__.split(".")[0] in PROJECT
    }


SCOPED = sorted(registered_models().items(), key=lambda item: item[0]._meta.label)
BY_AGENCY = [(model, scope) for model, scope in SCOPED if not scope.national]
NATIONAL = [(model, scope) for model, scope in SCOPED if scope.national]


def name_of(value: object) -> str | None:
    return value._meta.label if isinstance(value, type) and issubclass(value, models.Model) else None


def test_every_model_has_a_scope_or_a_reason() -> None:
    scoped = {model._meta.label for model in registered_models()}
    assert set(project_models()) - scoped == set(WITHOUT_SCOPE)
    assert not scoped & set(WITHOUT_SCOPE)


def test_a_model_without_a_scope_is_refused_loudly() -> None:
    with pytest.raises(ImproperlyConfigured, match="has no scope"):
        visible_to(User.objects.all(), User(role="hq"))
    with pytest.raises(ImproperlyConfigured, match="has no scope"):
        changeable_by(User.objects.all(), User(role="hq"))


def test_scope_is_declared_once_and_completely() -> None:
    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        register_scope(Agency, agency="pk")
    for wrong in ({}, {"agency": "pk", "national": True}):
        with pytest.raises(ImproperlyConfigured, match="either"):
            register_scope(User, **wrong)
    with pytest.raises(KeyError):
        register_scope(User, national=True, action="no.such_action")


@pytest.fixture
def world(db) -> World:
    return build()


def rows_at(model: type[models.Model], scope: Scope, agency: Agency) -> set[object]:
    return set(model._default_manager.filter(**{f"{scope.agency}": agency.pk}))


@pytest.mark.parametrize(("model", "scope"), BY_AGENCY, ids=name_of)
def test_nothing_leaks_over_the_border(world: World, model: type[models.Model], scope: Scope) -> None:
    assigned, unassigned, foreign = (
        rows_at(model, scope, part.agency) for part in (world.assigned, world.unassigned, world.foreign)
    )
    assert foreign, "the world has nothing foreign of this kind: add it in world.py"
    assert assigned or model is Assignment
    rows = model._default_manager.all()
    users = world.users
    assert set(visible_to(rows, users["field_pm"])) == assigned | unassigned
    assert set(visible_to(rows, world.stranger)) == foreign
    assert set(changeable_by(rows, users["field_pm"])) == assigned
    assert set(changeable_by(rows, world.stranger)) == foreign
    for role in ("hq", "auditor", "administrator", "hq_administrator"):
        assert set(visible_to(rows, users[role])) == assigned | unassigned | foreign
    for role in ("hq", "hq_administrator"):
        assert set(changeable_by(rows, users[role])) == set(rows)
    for role in ("auditor", "administrator", "no_role"):
        assert not changeable_by(rows, users[role]).exists()
    assert not visible_to(rows, users["no_role"]).exists()


@pytest.mark.parametrize(("model", "scope"), NATIONAL, ids=name_of)
def test_national_records_open_to_the_roles_that_read_them(
    world: World, model: type[models.Model], scope: Scope
) -> None:
    rows = model._default_manager.all()
    if model._meta.label != "agreements.FieldOfficeArea" or rows.exists():
        assert rows.exists()
    for role, user in world.users.items():
        may = bool(MATRIX[scope.action] & user.roles)
        assert set(visible_to(rows, user)) == (set(rows) if may else set()), role
        changes = role in {"hq", "hq_administrator"}
        assert set(changeable_by(rows, user)) == (set(rows) if changes else set()), role


@pytest.mark.parametrize("label", ["agreements.Decision", "agreements.Verdict", "agreements.RosterImport"])
def test_a_field_pm_does_not_read_reviews_and_imports(world: World, label: str) -> None:
    rows = apps.get_model(label)._default_manager.all()
    assert rows.exists()
    assert not visible_to(rows, world.users["field_pm"]).exists()


def test_a_deactivated_person_reaches_nothing(world: World) -> None:
    for role in ("hq", "field_pm", "auditor"):
        user = world.users[role]
        user.is_active = False
        assert not visible_to(Agency.objects.all(), user).exists()
        assert not changeable_by(Agency.objects.all(), user).exists()


def test_scope_costs_one_statement(world: World, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        list(visible_to(Agency.objects.all(), world.users["field_pm"]))
    with django_assert_num_queries(1):
        list(changeable_by(Agency.objects.all(), world.users["field_pm"]))


def test_nobody_signed_in_is_not_a_person() -> None:
    assert not isinstance(AnonymousUser(), User)


# --- against a slow reading of the same rule: a field PM sees the own office's agencies and the assigned
# --- ones, today, and changes the assigned ones

TODAY = dt.date(2026, 6, 15)
DAY = st.integers(-2, 2).map(lambda n: TODAY + dt.timedelta(days=n))
SPAN = st.tuples(DAY, st.none() | DAY).filter(lambda span: span[1] is None or span[1] > span[0])
N_USERS, N_OFFICES, N_AGENCIES, N_MANAGERS = 3, 3, 4, 4
ROLE = st.sampled_from(["", "hq", "field_pm", "field_pm", "field_pm", "auditor"])
USERS = st.lists(st.tuples(ROLE, st.booleans(), st.booleans()), min_size=N_USERS, max_size=N_USERS)
MANAGERS = st.lists(
    st.tuples(st.none() | st.integers(0, N_USERS - 1), st.integers(0, N_OFFICES - 1), SPAN),
    max_size=N_MANAGERS,
)
OFFICES = st.lists(
    st.tuples(st.integers(0, N_AGENCIES - 1), st.integers(0, N_OFFICES - 1), SPAN),
    max_size=6,
    unique_by=lambda item: (item[0], item[2][0]),
)
ASSIGNMENTS = st.lists(
    st.tuples(st.integers(0, N_MANAGERS - 1), st.integers(0, N_AGENCIES - 1), SPAN), max_size=6
)


def holds(span: tuple[dt.date, dt.date | None]) -> bool:
    begins, ends = span
    return begins <= TODAY and (ends is None or ends > TODAY)


@given(users=USERS, managers=MANAGERS, offices=OFFICES, assignments=ASSIGNMENTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_scope_is_what_the_rule_says(db, on_that_day, *, users, managers, offices, assignments) -> None:
    with transaction.atomic():
        people = [
            UserFactory(role=role, is_administrator=administers, is_active=active or role == "field_pm")
            for role, administers, active in users
        ]
        places = [FieldOfficeFactory(slug=f"office-{n}") for n in range(N_OFFICES)]
        agencies = [AgencyFactory() for _ in range(N_AGENCIES)]
        rows = [
            ProgramManager.objects.create(
                name=f"PM {n}",
                user=None if user is None else people[user],
                office=places[office],
                valid_from=span[0],
                valid_to=span[1],
            )
            for n, (user, office, span) in enumerate(managers)
        ]
        for agency, office, span in offices:
            AgencyOffice.objects.create(
                agency=agencies[agency], office=places[office], valid_from=span[0], valid_to=span[1]
            )
        for manager, agency, span in assignments:
            if manager < len(rows):
                Assignment.objects.create(
                    program_manager=rows[manager],
                    agency=agencies[agency],
                    role=AssignmentRole.BACKUP,
                    valid_from=span[0],
                    valid_to=span[1],
                )
        for number, person in enumerate(people):
            mine = [n for n, (user, _, span) in enumerate(managers) if user == number and holds(span)]
            my_offices = {managers[n][1] for n in mine}
            assigned = {agency for manager, agency, span in assignments if manager in mine and holds(span)}
            near = {agency for agency, office, span in offices if office in my_offices and holds(span)}
            visible, changeable = expected(person, assigned, near)
            reached = visible_to(Agency.objects.all(), person)
            assert sorted(agencies.index(agency) for agency in reached) == sorted(visible)
            changed = changeable_by(Agency.objects.all(), person)
            assert sorted(agencies.index(agency) for agency in changed) == sorted(changeable)
        transaction.set_rollback(True)


def expected(person: User, assigned: set[int], near: set[int]) -> tuple[set[int], set[int]]:
    """Visible and changeable agencies of one person, read off the rule in docs/roles.md."""
    everything = set(range(N_AGENCIES))
    if not person.is_active:
        return set(), set()
    if person.role == Column.HQ:
        return everything, everything
    if person.role == Column.FIELD_PM:
        return (everything if person.is_administrator else assigned | near), assigned
    if person.role == Column.AUDITOR or person.is_administrator:
        return everything, set()
    return set(), set()


@pytest.fixture
def on_that_day(time_machine) -> None:
    time_machine.move_to(dt.datetime.combine(TODAY, dt.time(16), tzinfo=dt.UTC), tick=False)
