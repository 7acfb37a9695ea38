"""PostgreSQL: its own pg_dump and pg_restore. The dump is of the moment that the fingerprints saw."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from oversight.exchange.backup.archive import BackupRefused

__all__ = ["FILE", "dump", "load", "one_moment"]

FILE = "database.pgdump"
LOCK_TIMEOUT = "-c lock_timeout=60s"  # of pg_restore: somebody still works in the tables


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside, also by `dump`, is of one moment; writers need not wait."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def dump(path: Path) -> None:
    """Write the database to `path`. Called inside `one_moment`. Raises BackupRefused when it fails."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
    path.touch(mode=0o600)
    # Owner and rights are the installation's, not the data's: restored tables belong to who restores.
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
         f"--file={path}")  # fmt: skip


def load(path: Path) -> None:
    """Replace the contents of the database in one transaction. Raises BackupRefused; then nothing changed."""
    connection.close()
    _run("pg_restore", "--clean", "--if-exists", "--single-transaction", "--no-owner", "--no-privileges",
         str(path), options=LOCK_TIMEOUT)  # fmt: skip


def _run(program: str, *arguments: str, options: str = "") -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(
            f"{program} was not found. Install PostgreSQL’s client programs, as new as the server, "
            "on the machine that runs this command."
        )
    # As `manage.py dbshell` would connect; the password goes through the environment, never the command.
    flags, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    name = connection.settings_dict["NAME"] or "postgres"
    command = [found, *flags[1:-1], f"--dbname={name}", "--no-password", *arguments]
    extra = {"PGOPTIONS": options} if options else {}
    done = subprocess.run(  # noqa: S603 - a fixed program, arguments from the settings
        command,
        env={**os.environ, **(environment or {}), **extra},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise BackupRefused(f"{program} failed; the database is as it was. It said: {' '.join(lines[:3])}")
