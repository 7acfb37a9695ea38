"""manage.py verify_export PATH…"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oversight.exchange.verification import verify


class Command(BaseCommand):
    """Exit status 0: every file is unaltered. 1: at least one is not; the sentences say what."""

    help = "Checks exported packages, or files with a manifest beside them, against their manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="+", help="A package (zip), or a file with its manifest beside it.")

    def handle(self, *args: Any, **options: Any) -> None:
        altered = 0
        for name in options["path"]:
            report = verify(Path(name))
            for note in report.notes:
                self.stdout.write(f"{name}: {note}")
            for problem in report.problems:
                self.stderr.write(f"{name}: {problem}")
            if report.ok:
                self.stdout.write(f"{name}: unaltered; {report.files} file(s), {report.rows} rows.")
            else:
                altered += 1
        if altered:
            raise CommandError(f"{altered} of {len(options['path'])} could not be verified.")
