"""manage.py backup --out FILE.tar"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oversight.access.actors import system
from oversight.exchange.backup.archive import BackupRefused
from oversight.exchange.backup.writing import backup_write


class Command(BaseCommand):
    """Exit status 0 only when the backup is whole; the product may run meanwhile."""

    help = "Writes database and stored files to one tar file, with a manifest that proves them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, type=Path, metavar="FILE.tar", help="File to write.")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if not out.parent.is_dir() or out.is_dir():
            raise CommandError(f"{out} is a folder, or its folder does not exist. Name a file.")
        if out.exists():
            raise CommandError(f"{out} exists. A backup never overwrites another: name a new file.")
        try:
            backup = backup_write(actor=system("backup"), out=out)
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or out}: {error.strerror or error}. No backup.") from error
        for problem in backup.problems:
            self.stderr.write(f"Backed up as it is, but not whole: {problem}")
        self.stdout.write(f"{out}: {backup.bytes:,} bytes, database and {backup.files} files.")
        self.stdout.write(f"SHA-256 {backup.sha256}")
        for name, value in backup.fingerprints.items():
            self.stdout.write(f"{name} {value}")
