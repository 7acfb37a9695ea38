"""Imports: one list of 1,900 rows previewed and applied; all lists in one go; their memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import transaction

from agreements.models import PrintedRow, RosterImport
from agreements.reconciliation.reading import DatedSheet, read_dated
from agreements.reconciliation.types import Parameters, Sheet, SheetRow
from agreements.services.imports import roster_apply, roster_preview
from agreements.services.publications import cells_of
from agreements.services.store import kept_registers
from benchmarks.measuring import Result, best_of
from oversight.access.actors import system
from oversight.exchange.models import Upload
from tests.ice_lists import load_lists, write_workbook

ROWS = 1900
MEMORY_LIMIT_MB = 500
MAX_BYTES = 50 * 1024 * 1024


class _Rollback(Exception):
    """Undo a measured run, so that the next one starts from the same register."""


def run(folder: Path) -> list[Result]:
    """All figures of imports, in one temporary folder and database."""
    participating = [sheet for sheet in load_lists() if sheet.file_name.startswith("participatingAgencies")]
    paths = []
    for sheet in participating:
        paths.append(folder / sheet.file_name)
        write_workbook(sheet, paths[-1])
    results = [_all_lists(paths)]
    newest = max(participating, key=lambda sheet: sheet.modified_at or datetime.min.replace(tzinfo=UTC))
    results += _one_list(folder, newest)
    return results


def _all_lists(paths: list[Path]) -> Result:
    """The command in a process of its own, so that its memory is its own."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "manage.py", "import_roster", *map(str, paths)],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ.copy(),
    )
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 3):
        raise RuntimeError(done.stderr)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    if memory > MEMORY_LIMIT_MB:
        raise RuntimeError(f"{memory:.0f} MB, over the limit of {MEMORY_LIMIT_MB} MB.")
    sheets: list[DatedSheet] = []

    def read() -> None:
        sheets[:] = [_read(path) for path in paths if "09222025pm" not in path.name]

    reference = best_of(1, read)
    reference += best_of(1, lambda: [_insert(dated) for dated in sheets])
    note = f"{len(paths)} files, peak memory {memory:.0f} MB, limit {MEMORY_LIMIT_MB} MB"
    return Result(
        "All lists imported", seconds, "reading them and bulk-inserting their rows", reference, 2.0, note
    )


def _one_list(folder: Path, newest: Sheet) -> list[Result]:
    path = folder / "participatingAgencies05292026am.xlsx"
    write_workbook(_longer(newest), path)
    data = path.read_bytes()
    actor = system("bench")
    made: dict[str, RosterImport] = {}

    def preview() -> None:
        kept_registers.forget()  # as a process that has just started
        upload = Upload(name=path.name, sha256="", size=len(data))
        upload.file.save("bench.xlsx", ContentFile(data), save=False)
        upload.save()
        made["row"] = roster_preview(actor=actor, upload=upload)

    def apply_and_roll_back() -> None:
        try:
            with transaction.atomic():
                roster_apply(actor=actor, roster_import=made["row"])
                raise _Rollback
        except _Rollback:
            return

    def apply_by_another() -> None:
        kept_registers.forget()
        apply_and_roll_back()

    dated = _read(path)
    reference = best_of(3, lambda: _read(path)) + best_of(3, lambda: _insert(dated))
    words = "reading it and bulk-inserting its rows"
    previewed = best_of(3, preview)
    applied = best_of(3, apply_and_roll_back)
    by_another = best_of(3, apply_by_another)
    rows = f"{len(dated.sheet.rows)} rows on top of all lists"
    return [
        Result("One list previewed", previewed, words, reference, 4.0, rows),
        Result("One list applied after its preview", applied, words, reference, 4.0, rows),
        Result("One list applied by another process", by_another, words, reference, 5.0, rows),
        Result("One list previewed and applied", previewed + applied, words, reference, 6.0, rows),
    ]


def _longer(sheet: Sheet) -> Sheet:
    """The newest list with made-up rows up to 1,900, modified ten days later."""
    rows = list(sheet.rows)
    for number in range(len(rows), ROWS):
        printed = replace(rows[0].printed, agency=f"Benchmark {number} Police Department", county=None)
        rows.append(SheetRow(rows[-1].number + 1, False, printed))
    assert sheet.modified_at is not None
    return replace(sheet, rows=tuple(rows), modified_at=sheet.modified_at + timedelta(days=11))


def _read(path: Path) -> DatedSheet:
    return read_dated(path, file_name=path.name, kind="auto", parameters=Parameters(), max_bytes=MAX_BYTES)


def _insert(dated: DatedSheet) -> None:
    """The plainest way to keep a list: every row into one table."""
    try:
        with transaction.atomic():
            PrintedRow.objects.bulk_create(
                (
                    PrintedRow(
                        digest=f"bench-{place}",
                        kind=dated.sheet.kind,
                        cells=cells_of(row.printed),
                        cleaning_version=0,
                        name="",
                        canonical="",
                    )
                    for place, row in enumerate(dated.sheet.rows)
                ),
                batch_size=500,
            )
            raise _Rollback
    except _Rollback:
        return
