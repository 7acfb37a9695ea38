"""Insert-only tables: the database itself refuses to change or delete a row.

A model is declared with `protect(Model)` in its app's `ready()`, and a migration of the app says
`append_only("app_model")`. The triggers are put back after every `migrate`, because SQLite drops them
without a word when a later migration remakes the table. Both databases answer IntegrityError.

The owner of the tables can still drop the triggers; on PostgreSQL the web and worker processes run
under a role that is not the owner (grants.py), on SQLite seals are there to detect it.
"""

# ruff: noqa: S608 - the only names in these statements are the program's own tables

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connections, migrations, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

__all__ = ["append_only", "install", "is_installed", "protect", "protected_models", "unlocked"]

UNLOCK_TABLE = "history_unlock"
UNLOCK_SETTING = "app.allow_history_write"

# Only the table's owner can unlock: a role that may merely SET the parameter is still refused.
_PG_FUNCTION = f"""
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('{UNLOCK_SETTING}', true) = 'on' AND pg_has_role(
    current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN COALESCE(NEW, OLD);
  END IF;
  RAISE EXCEPTION 'append-only table %', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_protected: list[type[Model]] = []


def protect(model: type[Model]) -> type[Model]:
    """Declare `model` insert-only. Call it once, in `ready()`. Returns the model."""
    if model not in _protected:
        _protected.append(model)
    return model


def protected_models() -> list[type[Model]]:
    return list(_protected)


def append_only(table: str) -> migrations.RunPython:
    """The migration operation that makes `table` insert-only, and on the way back ordinary again."""

    def forwards(apps: Any, schema_editor: Any) -> None:
        install(schema_editor.connection, table)

    def backwards(apps: Any, schema_editor: Any) -> None:
        _remove(schema_editor.connection, table)

    return migrations.RunPython(forwards, backwards)


def install(connection: BaseDatabaseWrapper, table: str) -> None:
    """Put the triggers on `table`. Doing it again changes nothing."""
    if connection.vendor == "postgresql":
        statements = _postgresql_triggers(connection, table)
    else:
        statements = _sqlite_triggers(connection, table)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)  # no parameters: a % in the text stays what it is


def _postgresql_triggers(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    quoted = connection.ops.quote_name(table)
    rows, whole = connection.ops.quote_name(f"{table}_ao"), connection.ops.quote_name(f"{table}_aot")
    return [
        _PG_FUNCTION,
        f"CREATE OR REPLACE TRIGGER {rows} BEFORE UPDATE OR DELETE ON {quoted} "
        "FOR EACH ROW EXECUTE FUNCTION append_only()",
        f"CREATE OR REPLACE TRIGGER {whole} BEFORE TRUNCATE ON {quoted} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()",
    ]


def _sqlite_triggers(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    quoted = connection.ops.quote_name(table)
    statements = [f"CREATE TABLE IF NOT EXISTS {UNLOCK_TABLE} (x integer)"]
    for event in ("UPDATE", "DELETE"):
        name = connection.ops.quote_name(f"{table}_ao_{event.lower()}")
        statements.append(
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event} ON {quoted} "
            f"WHEN NOT EXISTS (SELECT 1 FROM {UNLOCK_TABLE}) "
            f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
        )
    return statements


def _remove(connection: BaseDatabaseWrapper, table: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for suffix in ("ao", "aot"):
                trigger = connection.ops.quote_name(f"{table}_{suffix}")
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger} ON {connection.ops.quote_name(table)}")
        else:
            for suffix in ("ao_update", "ao_delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS {connection.ops.quote_name(f'{table}_{suffix}')}")


def is_installed(connection: BaseDatabaseWrapper, table: str) -> bool:
    """Whether the database refuses to change rows of `table`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgenabled <> 'D' "
                "AND tgname IN (%s, %s)",
                [connection.ops.quote_name(table), f"{table}_ao", f"{table}_aot"],
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s "
                "AND name IN (%s, %s)",
                [table, f"{table}_ao_update", f"{table}_ao_delete"],
            )
        return cursor.fetchone()[0] == 2


def reinstall(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After `migrate`: put back what a remade table has lost."""
    connection = connections[using]
    models = [model for model in _protected if model._meta.app_label == sender.label]
    if not models:
        return
    tables = set(connection.introspection.table_names())
    for model in models:
        if model._meta.db_table in tables:
            install(connection, model._meta.db_table)


def check_installed(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """System check (`manage.py check --database default`): every declared table is insert-only."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        tables = set(connections[alias].introspection.table_names())
        for model in _protected:
            table = model._meta.db_table
            if table in tables and not is_installed(connections[alias], table):
                found.append(
                    Error(
                        f"Rows of {table} can be changed: its insert-only triggers are missing.",
                        hint="Run `manage.py migrate`, and find out who dropped them.",
                        id="trail.E001",
                    )
                )
    return found


@contextmanager
def unlocked(using: str = "default") -> Iterator[None]:
    """Lets the owner of the tables change insert-only rows: for emptying a test database, nothing else.

    Never called by the product. On PostgreSQL it holds for this connection, on SQLite for the file.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        on, off = f"SET {UNLOCK_SETTING} = 'on'", f"SET {UNLOCK_SETTING} = 'off'"
    else:
        on = f"INSERT INTO {UNLOCK_TABLE} VALUES (1)"
        off = f"DELETE FROM {UNLOCK_TABLE}"
    _execute(connection, on)
    try:
        yield
    finally:
        _execute(connection, off)


def _execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(statement)
