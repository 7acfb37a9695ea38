"""manage.py restore FILE.tar [--replace]"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oversight.access.actors import system
from oversight.exchange.backup.archive import BackupRefused
from oversight.exchange.backup.restoring import backup_restore


class Command(BaseCommand):
    """Exit status 0 only when everything is in place and the same as when it was backed up."""

    help = "Puts a backup in place of what this installation holds, and proves that it is the same."
    # The database may be empty, or not there yet.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.tar")
        parser.add_argument(
            "--replace", action="store_true", help="Replace an installation that is not empty: all of it."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = backup_restore(
                actor=system("restore"), path=options["file"], replace=options["replace"]
            )
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or ''}: {error.strerror or error}. Not restored.") from error
        self.stdout.write(f"Restored the backup of {restored.made_at}: database and {restored.files} files.")
        if restored.migrated:
            self.stdout.write("The backup was older than this software; its database was migrated.")
        for name, value in restored.fingerprints.items():
            self.stdout.write(f"Same {name} hash: {value}")
        for name in restored.unproven:
            self.stdout.write(
                f"No hash of {name} to compare: the backup is of a version that had another or none."
            )
