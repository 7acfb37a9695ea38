"""The database refuses to change what the trail says, whoever asks and however."""

# ruff: noqa: S608 - the only name in these statements is the table's

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, models, transaction

from oversight.access.actors import system
from oversight.trail import triggers
from oversight.trail.models import TrailEntry
from oversight.trail.services import Act, record, record_many
from tests.factories import StateFactory, UserFactory

pytestmark = pytest.mark.django_db
TABLE = "trail_trailentry"


@pytest.fixture
def entry() -> TrailEntry:
    return record(actor=system("test"), verb="state.named", obj=StateFactory(), after={"name": "Texas"})


def execute(statement: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def unchanged(entry: TrailEntry) -> bool:
    return TrailEntry.objects.filter(pk=entry.pk, verb="state.named", actor_label="test").exists()


def test_entries_are_added_one_by_one_and_in_bulk(entry: TrailEntry) -> None:
    acts = [Act(verb="state.named", obj=StateFactory(code="FL")) for _ in range(1200)]
    record_many(actor=system("test"), acts=acts)
    assert TrailEntry.objects.count() == 1201


@pytest.mark.parametrize("act", ["save", "update", "delete", "bulk_update", "delete_all"])
def test_no_change_through_the_orm(entry: TrailEntry, act: str) -> None:
    entry.verb = "state.renamed"
    attempts = {
        "save": entry.save,
        "update": lambda: TrailEntry.objects.filter(pk=entry.pk).update(reason="x"),
        "delete": entry.delete,
        "bulk_update": lambda: TrailEntry.objects.bulk_update([entry], ["verb"]),
        "delete_all": lambda: TrailEntry.objects.all().delete(),
    }
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        attempts[act]()
    assert unchanged(entry)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET verb = 'x'",
        f"DELETE FROM {TABLE}",
        f"DELETE FROM {TABLE} WHERE id > 0",
    ],
)
def test_no_change_by_raw_sql(entry: TrailEntry, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        execute(statement)
    assert unchanged(entry)


def test_no_change_by_upsert(entry: TrailEntry) -> None:
    entry.verb = "state.renamed"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        TrailEntry.objects.bulk_create(
            [entry], update_conflicts=True, unique_fields=["id"], update_fields=["verb"]
        )
    assert unchanged(entry)


@pytest.mark.sqlite
def test_no_change_by_insert_or_replace(entry: TrailEntry) -> None:
    columns = [field.column for field in TrailEntry._meta.concrete_fields]
    values = ", ".join("'forged'" if column == "verb" else column for column in columns)
    with pytest.raises(IntegrityError, match="append-only"):
        execute(
            f"INSERT OR REPLACE INTO {TABLE} ({', '.join(columns)}) "
            f"SELECT {values} FROM {TABLE} WHERE id = %s",
            entry.pk,
        )
    assert unchanged(entry)


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_no_truncate() -> None:
    with transaction.atomic():
        entry = record(actor=system("test"), verb="state.named", obj=StateFactory(), after={"name": "Texas"})
    with pytest.raises(IntegrityError, match="append-only"):
        execute(f"TRUNCATE {TABLE}")
    assert unchanged(entry)


@pytest.mark.postgresql
def test_another_role_cannot_unlock_even_with_the_right_to_update(entry: TrailEntry) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE trail_test_guest")
        cursor.execute(f"GRANT SELECT, UPDATE ON {TABLE} TO trail_test_guest")
        cursor.execute(f"SET LOCAL {triggers.UNLOCK_SETTING} = 'on'")
        cursor.execute("SET LOCAL ROLE trail_test_guest")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(f"UPDATE {TABLE} SET verb = 'x'")
        cursor.execute("RESET ROLE")
        cursor.execute("DROP OWNED BY trail_test_guest")
        cursor.execute("DROP ROLE trail_test_guest")
    assert unchanged(entry)


@pytest.mark.postgresql
def test_the_app_role_may_only_read_and_add_to_the_trail(settings: object) -> None:
    from oversight.trail.apps import TrailConfig
    from oversight.trail.grants import grant_to_app_role

    settings.DATABASE_APP_ROLE = "trail_test_app"
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE trail_test_app")
        grant_to_app_role(sender=type("S", (), {"label": TrailConfig.label}), using="default")
        rights = {}
        for table in (TABLE, "agreements_agency"):
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege('trail_test_app', %s, %s)", [table, right])
                rights[table, right] = cursor.fetchone()[0]
        cursor.execute("DROP OWNED BY trail_test_app")
        cursor.execute("DROP ROLE trail_test_app")
    assert {right for (table, right), has in rights.items() if table == TABLE and has} == {"SELECT", "INSERT"}
    assert rights["agreements_agency", "UPDATE"]


def test_a_person_in_the_trail_cannot_be_deleted() -> None:
    from oversight.access.actors import person

    user = UserFactory()
    record(actor=person(user), verb="state.named", obj=StateFactory())
    with pytest.raises(models.ProtectedError):
        user.delete()


@pytest.mark.django_db(transaction=True)
def test_the_trail_is_written_only_inside_a_transaction() -> None:
    state = StateFactory()
    with pytest.raises(RuntimeError, match="transaction"):
        record(actor=system("test"), verb="state.named", obj=state)


@pytest.mark.django_db(transaction=True)
def test_triggers_survive_a_remade_table_and_their_loss_is_noticed() -> None:
    assert triggers.check_installed(databases=["default"]) == []
    field = models.CharField(max_length=81)
    field.set_attributes_from_name("verb")
    with connection.schema_editor() as editor:
        editor.alter_field(TrailEntry, TrailEntry._meta.get_field("verb"), field)
    lost = triggers.check_installed(databases=["default"])
    if connection.vendor == "sqlite":  # it remakes the table; PostgreSQL alters it
        assert [error.id for error in lost] == ["trail.E001"]
    call_command("migrate", verbosity=0)
    assert triggers.check_installed(databases=["default"]) == []
    with connection.schema_editor() as editor:
        editor.alter_field(TrailEntry, field, TrailEntry._meta.get_field("verb"))
    call_command("migrate", verbosity=0)
    assert triggers.is_installed(connection, TABLE)


@pytest.mark.django_db(transaction=True)
def test_unlocking_ends_with_its_block() -> None:
    with transaction.atomic():
        entry = record(actor=system("test"), verb="state.named", obj=StateFactory())
    with triggers.unlocked():
        TrailEntry.objects.filter(pk=entry.pk).delete()
    with transaction.atomic():
        entry = record(actor=system("test"), verb="state.named", obj=StateFactory())
    with pytest.raises(IntegrityError, match="append-only"):
        TrailEntry.objects.filter(pk=entry.pk).delete()
    assert connections["default"].is_usable()
