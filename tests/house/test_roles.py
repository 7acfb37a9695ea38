"""On PostgreSQL web and worker run under a role that can only read and add to the trail."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.postgresql

# A password that breaks every script that does not quote.
PASSWORD = 'it\'s "a" $HOME \\ test;--'


@dataclass
class Installed:
    """A database made by docker/roles.sh and `migrate`, as docker-compose.yml does it."""

    name: str
    owner: str
    app: str

    def connect(self, user: str):
        import psycopg2

        opened = psycopg2.connect(dbname=self.name, user=user, password=PASSWORD, **server())
        opened.autocommit = True
        return opened.cursor()


def server() -> dict[str, str]:
    database = settings.DATABASES["default"]
    return {"host": database["HOST"] or "127.0.0.1", "port": str(database["PORT"] or 5432)}


@pytest.fixture(scope="module")
def installed(django_db_setup, django_db_blocker) -> Iterator[Installed]:
    suffix = secrets.token_hex(4)
    made = Installed(f"roles_{suffix}", f"owner_{suffix}", f"app_{suffix}")
    with django_db_blocker.unblock():
        execute(f'CREATE DATABASE "{made.name}"')
        try:
            run_roles(made)
            migrate(made)
            yield made
        finally:
            execute(f'DROP DATABASE "{made.name}" WITH (FORCE)')
            for role in (made.owner, made.app):
                execute(f'DROP ROLE IF EXISTS "{role}"')


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def run_roles(made: Installed) -> None:
    database = settings.DATABASES["default"]
    environment = {
        **os.environ,
        "PGHOST": server()["host"],
        "PGPORT": server()["port"],
        "PGUSER": database["USER"] or os.environ.get("USER", "postgres"),
        "PGPASSWORD": database["PASSWORD"],
        "POSTGRES_DB": made.name,
        "OWNER_ROLE": made.owner,
        "APP_ROLE": made.app,
        "OWNER_PASSWORD": PASSWORD,
        "APP_PASSWORD": PASSWORD,
    }
    subprocess.run(["sh", "docker/roles.sh"], cwd=ROOT, env=environment, check=True, capture_output=True)


def migrate(made: Installed) -> None:
    place = f"{server()['host']}:{server()['port']}"
    url = f"postgresql://{made.owner}:{quote(PASSWORD, safe='')}@{place}/{made.name}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DATABASE_APP_ROLE": made.app,
        "DJANGO_SETTINGS_MODULE": "oversight.settings",
    }
    command = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity=0"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


INSERT = (
    "INSERT INTO trail_trailentry"
    " (at, actor_label, verb, object_type, object_id, object_label, before, after, reason, request_id)"
    " VALUES (now(), 'test', 'state.named', 'agreements.state', 'TX', 'Texas', '{}', '{}', '', '')"
)


def test_the_app_role_reads_and_adds_to_the_trail(installed: Installed) -> None:
    app = installed.connect(installed.app)
    app.execute(INSERT)
    app.execute("SELECT count(*) FROM trail_trailentry WHERE actor_label = 'test'")
    assert app.fetchone()[0] >= 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trail_trailentry SET actor_label = 'another'",
        "DELETE FROM trail_trailentry",
        "TRUNCATE trail_trailentry",
        "INSERT INTO trail_trailentry SELECT * FROM trail_trailentry"
        " ON CONFLICT (id) DO UPDATE SET verb = 'x'",
        "ALTER TABLE trail_trailentry DISABLE TRIGGER ALL",
        "DROP TABLE trail_trailentry",
        "CREATE TABLE own (x integer)",
        "DELETE FROM django_migrations",
        "SET ROLE postgres",
    ],
)
def test_the_app_role_cannot_change_what_happened(installed: Installed, statement: str) -> None:
    import psycopg2

    app = installed.connect(installed.app)
    app.execute(INSERT)
    app.execute("SET app.allow_history_write = 'on'")
    with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedObject)):
        app.execute(statement)
    app.execute("SELECT count(*) FROM trail_trailentry WHERE actor_label = 'test'")
    assert app.fetchone()[0] >= 1


def test_the_app_role_works_with_all_other_tables(installed: Installed) -> None:
    app = installed.connect(installed.app)
    app.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r'"
        " AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT'))"
    )
    assert {row[0] for row in app.fetchall()} <= {"django_migrations"}
    app.execute("INSERT INTO agreements_state (code, name, is_territory) VALUES ('ZZ', 'Test', false)")
    app.execute("UPDATE agreements_state SET name = 'Tested' WHERE code = 'ZZ'")
    app.execute("DELETE FROM agreements_state WHERE code = 'ZZ'")
    assert app.rowcount == 1


def test_even_the_owner_is_refused_by_the_triggers(installed: Installed) -> None:
    import psycopg2

    owner = installed.connect(installed.owner)
    owner.execute(INSERT)
    with pytest.raises(psycopg2.IntegrityError, match="append-only"):
        owner.execute("DELETE FROM trail_trailentry")


def test_nobody_else_may_connect(installed: Installed) -> None:
    app = installed.connect(installed.app)
    app.execute(
        "SELECT has_database_privilege('public', oid, 'CONNECT') FROM pg_database"
        " WHERE datname = current_database()"
    )
    assert app.fetchone()[0] is False
