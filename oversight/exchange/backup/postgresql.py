"""PostgreSQL: its own pg_dump, pg_restore and psql. The dump is of the moment that the fingerprints saw."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from oversight.exchange.backup.archive import BackupRefused

__all__ = ["FILE", "dump", "load", "one_moment"]

FILE = "database.pgdump"
LOCK_TIMEOUT = "-c lock_timeout=60s"  # of a restore: somebody still works in the tables


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
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0] or "public"
    connection.close()
    # A newer version has tables that the backup does not know and that hang on those it replaces.
    names = ", ".join(f"{_quoted(schema)}.{_quoted(name)}" for name in sorted(tables))
    begin = f"BEGIN;\nDROP TABLE IF EXISTS {names} CASCADE;\n" if names else "BEGIN;\n"
    with tempfile.TemporaryFile() as read_said, tempfile.TemporaryFile() as wrote_said:
        reader = subprocess.Popen(  # noqa: S603 - a fixed program and a path of ours
            [_program("pg_restore"), "--clean", "--if-exists", "--no-owner", "--no-privileges", "--file=-",
             str(path)],
            stdout=subprocess.PIPE, stderr=read_said,
        )  # fmt: skip
        command, environment = _command("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
                                        options=LOCK_TIMEOUT)  # fmt: skip
        writer = subprocess.Popen(  # noqa: S603 - as in _run
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=wrote_said
        )
        is_whole = _pass_on(begin, reader, writer)
        for name, program, said in (("psql", writer, wrote_said), ("pg_restore", reader, read_said)):
            if program.returncode:
                said.seek(0)
                raise _failed(name, said.read().decode(errors="replace"))
    if not is_whole:
        raise _failed("psql", "it ended early")


def _pass_on(begin: str, reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes]) -> bool:
    """All that `reader` gives to `writer`; the end of the transaction only when `reader` came to its own end.
    A transaction that is not ended is undone. False: `writer` ended first."""
    if reader.stdout is None or writer.stdin is None:
        raise ValueError("Both programs need their pipes.")
    is_whole = False
    try:
        with reader.stdout, writer.stdin:
            writer.stdin.write(begin.encode())
            shutil.copyfileobj(reader.stdout, writer.stdin, 1024 * 1024)
            if reader.wait() == 0:
                writer.stdin.write(b"COMMIT;\n")
                is_whole = True
    except BrokenPipeError:
        is_whole = False
    writer.wait()
    reader.wait()
    return is_whole


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupRefused(
            f"{name} was not found. Install PostgreSQL’s client programs, as new as the server, "
            "on the machine that runs this command."
        )
    return found


def _command(program: str, *arguments: str, options: str = "") -> tuple[list[str], dict[str, str]]:
    """The command and its environment, as `manage.py dbshell` would connect; the password goes through the
    environment, never the command."""
    flags, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    name = connection.settings_dict["NAME"] or "postgres"
    extra = {"PGOPTIONS": options} if options else {}
    command = [_program(program), *flags[1:-1], f"--dbname={name}", "--no-password", *arguments]
    return command, {**os.environ, **(environment or {}), **extra}


def _run(program: str, *arguments: str) -> None:
    command, environment = _command(program, *arguments)
    done = subprocess.run(  # noqa: S603 - a fixed program, arguments from the settings
        command, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise _failed(program, done.stderr)


def _failed(program: str, said: str) -> BackupRefused:
    lines = [line for line in said.splitlines() if line.strip()]
    return BackupRefused(f"{program} failed; the database is as it was. It said: {' '.join(lines[:3])}")
