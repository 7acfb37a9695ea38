"""manage.py import_records KIND FILE… [--dry-run] [--json]"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from oversight.access.actors import system
from oversight.exchange.records.batch import FileOutcome, record_files_import
from oversight.exchange.records.kinds import all_record_imports, get_record_import


class Command(BaseCommand):
    help = (
        "Import records from spreadsheets (CSV or XLSX). Each file is applied whole, or refused with every "
        "error by row and column. Exit status: 0 applied or already known; 3 some refused; 1 failed, also "
        "when no path leads to a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        kinds = ", ".join(kind.key for kind in all_record_imports())
        parser.add_argument("kind", help=f"What the files hold: {kinds}.")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen; write nothing.")
        parser.add_argument("--json", action="store_true", help="One JSON object per file.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kind = get_record_import(options["kind"])
        except KeyError:
            kinds = ", ".join(one.key for one in all_record_imports())
            raise CommandError(f"There is no kind “{options['kind']}”. There are: {kinds}.") from None
        refused = missing = 0
        outcomes = record_files_import(
            actor=system("import_records"), kind=kind, files=options["files"], dry_run=options["dry_run"]
        )
        for outcome in outcomes:
            refused += outcome.state == "refused"
            missing += outcome.is_missing
            self._tell(outcome, as_json=options["json"])
        if missing == len(options["files"]):
            sys.exit(1)
        if refused:
            sys.exit(3)

    def _tell(self, outcome: FileOutcome, *, as_json: bool) -> None:
        if outcome.state == "refused":  # also beside JSON: whoever reads only errors misses none
            self.stderr.write(f"{outcome.file}: refused. {outcome.reason}")
        if as_json:
            self.stdout.write(json.dumps(outcome.as_dict()))
            return
        for finding in outcome.findings:
            out = self.stdout if finding["severity"] == "warning" else self.stderr
            place = f"row {finding['row']}" if finding["row"] else "file"
            column = f", {finding['column']}" if finding["column"] else ""
            out.write(f"  {place}{column}: {finding['message']} {finding['remedy']}".rstrip())
        if outcome.state != "refused":
            words = ", ".join(f"{n:,} {label}" for label, n in outcome.tally.items() if n)
            self.stdout.write(f"{outcome.file}: {outcome.words}. {words}".rstrip(". ") + ".")
