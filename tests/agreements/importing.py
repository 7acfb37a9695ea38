"""Importing real lists in tests."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from agreements.services import batches
from tests.ice_lists import load_lists, write_workbook

SAMPLE = sorted((Path(__file__).parents[2] / "sample_data" / "lists").glob("*.xlsx"))


def import_roster(
    *files: Path, side_by_side: bool = False, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """Run the command with `--json`: outcomes, register, exit status.

    Files are read in this process unless `side_by_side`: starting readers takes longer than reading a dozen.
    """
    out, status = StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        if not side_by_side:
            patch.setattr(batches, "PARALLEL_FROM", len(files) + 1)
        try:
            call_command(
                "import_roster", *map(str, files), json=True, stdout=out, stderr=StringIO(), **options
            )
        except SystemExit as end:
            status = int(end.code or 0)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    return lines[:-1], lines[-1]["register"], status


def write_lists(folder: Path, kind: str) -> list[Path]:
    """Every list of a kind as a real workbook in `folder`."""
    paths = []
    for sheet in load_lists():
        if kind in sheet.file_name:
            paths.append(folder / sheet.file_name)
            write_workbook(sheet, paths[-1])
    return paths


@pytest.fixture(scope="session")
def participating_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """All lists whose names say participating, 2025 to 2026: one of them holds the pending list."""
    return write_lists(tmp_path_factory.mktemp("participating"), "participatingAgencies")
