"""Import ICE's published lists: `manage.py import_roster FILES… [--kind …] [--dry-run] [--json]`."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agreements.choices import ListKind
from agreements.services.batches import FileOutcome, rosters_import
from agreements.services.imports import PreviewOutdated
from oversight.access.actors import system

OVERTAKEN = (
    "Other imports changed the register again and again while this one ran. The lists told of above are "
    "imported, the others are not: run the same command again when the other imports have ended."
)


class Command(BaseCommand):
    help = (
        "Import lists of participating or pending agencies, in the order in which they were published. "
        "Exit status: 0 applied or already known; 3 some refused; 1 failed, also when no "
        "path leads to a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--kind", choices=["auto", *ListKind.values], default="auto")
        parser.add_argument("--dry-run", action="store_true", help="Say what would change; write nothing.")
        parser.add_argument(
            "--json", action="store_true", help="One JSON object per file, then the register."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refused = missing = 0
        outcomes = rosters_import(
            actor=system("import_roster"),
            files=options["files"],
            kind=options["kind"],
            dry_run=options["dry_run"],
        )
        try:
            for outcome in outcomes:
                refused += outcome.refused
                missing += outcome.is_missing
                self._tell(outcome, as_json=options["json"])
        except PreviewOutdated as error:
            raise CommandError(OVERTAKEN) from error
        summary = outcomes.summary()
        if options["json"]:
            self.stdout.write(json.dumps({"register": summary}))
        else:
            words = ", ".join(
                f"{value} {name.replace('_', ' ')}" for name, value in summary.items() if name != "hash"
            )
            self.stdout.write(f"Register: {words}. Hash {summary['hash']}")
        if missing == len(options["files"]):
            sys.exit(1)
        if refused:
            sys.exit(3)

    def _tell(self, outcome: FileOutcome, *, as_json: bool) -> None:
        if outcome.refused:  # also beside JSON: whoever reads only errors misses none
            self.stderr.write(f"{outcome.file}: refused. {outcome.reason}")
        if as_json:
            self.stdout.write(json.dumps(outcome.as_dict()))
        elif not outcome.refused:
            words = ", ".join(
                f"{count} {name.replace('_', ' ')}" for name, count in outcome.counts.items() if count
            )
            self.stdout.write(
                f"{outcome.file}: {outcome.rows} rows. {words or outcome.reason or 'No change'}"
            )
            for note in outcome.notes:
                self.stdout.write(f"  {note}")
