"""SQLite: copied and put back by its own online backup, page by page, in one transaction each.

Putting back writes into the file that is there instead of swapping files: a swap would leave the old
write-ahead log beside the new file, and running processes on the old one. Written this way the change is
one transaction of SQLite: everybody sees it at once, and a machine that stops half way comes up with the
old contents.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from oversight.exchange.backup.archive import BackupRefused

__all__ = ["FILE", "dump", "load", "one_moment"]

FILE = "database.sqlite3"
PATIENCE_SECONDS = 60
LOCKED = "The database stayed in use for a minute. Stop the web server and the worker, then start again."


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside, also by `dump`, is of one moment; writers need not wait."""
    # The product's transactions begin as writers (settings.py); this one only reads.
    connection.ensure_connection()  # it reads its settings when it opens
    sqlite: Any = connection
    kept, sqlite.transaction_mode = sqlite.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master")  # the moment is that of the first reading
            yield
    finally:
        sqlite.transaction_mode = kept


def dump(path: Path) -> None:
    """Copy the database to `path`, a file that does not exist yet. Called inside `one_moment`."""
    connection.ensure_connection()
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as copy:
        # From the same connection: the copy is what its transaction sees.
        connection.connection.backup(copy, progress=_patience())
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def load(path: Path) -> None:
    """Replace the contents of the database by those of `path`. Raises BackupRefused; then nothing changed."""
    connection.close()
    target = str(connection.settings_dict["NAME"])
    try:
        with closing(sqlite3.connect(path)) as source:
            if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupRefused("The database in the backup is damaged. Nothing was changed.")
            with closing(sqlite3.connect(target, timeout=20)) as live:
                source.backup(live, progress=_patience())
    except sqlite3.Error as error:
        raise BackupRefused(f"SQLite could not restore: {error}. The database is as it was.") from error


def _patience() -> Callable[[int, int, int], None]:
    """Ends a copy that waits for a lock for too long; the library alone would wait for ever."""
    until = time.monotonic() + PATIENCE_SECONDS

    def progress(status: int, remaining: int, total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > until:
            raise BackupRefused(LOCKED)

    return progress
