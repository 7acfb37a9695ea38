"""The module that knows the database in use."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, cast

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from oversight.exchange.backup import postgresql, sqlite

__all__ = ["applied_migrations", "known_migrations", "of_this_installation"]


class Database(Protocol):
    FILE: str
    one_moment: Callable[[], AbstractContextManager[None]]
    dump: Callable[[Path], None]
    load: Callable[[Path], None]


def of_this_installation() -> Database:
    return cast(Database, postgresql if connection.vendor == "postgresql" else sqlite)


def applied_migrations() -> list[str]:
    """ "app.name" of every migration that the database has."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def known_migrations() -> set[str]:
    """ "app.name" of every migration that this software has."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {f"{app}.{name}" for app, name in loader.disk_migrations}
