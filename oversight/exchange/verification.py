"""Proving that an exported file is still what was handed out.

Checks the package against its manifest (names, sizes, SHA-256, rows) and, where this installation made
it, against the record kept here, which an editor of the file cannot reach.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from oversight.exchange.manifests import BESIDE, MANIFEST_NAME, SCHEMA, sha256_of
from oversight.exchange.models import ExportPackage
from oversight.exchange.writers import Format

__all__ = ["Report", "verify"]

CHUNK = 1 << 20
csv.field_size_limit(1 << 30)  # the library's default is 128 KiB; exports have no such limit
Open = Callable[[str], IO[bytes]]


@dataclass
class Report:
    """What was found: `problems` in plain sentences; none means unaltered."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: int = 0
    rows: int = 0

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(path: Path) -> Report:
    """Check a package (zip), or a file with `<name>.manifest.json` beside it, or that manifest."""
    report = Report()
    try:
        if not path.is_file():
            report.problems.append(f"There is no file {path}.")
        elif zipfile.is_zipfile(path) and not _manifest_beside(path).exists():
            _verify_zip(path, report)
        else:
            _verify_beside(path, report)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        report.problems.append(f"{path.name} is damaged and cannot be read: {error}.")
    return report


def _manifest_beside(path: Path) -> Path:
    return path.with_name(path.name + BESIDE)


def _verify_zip(path: Path, report: Report) -> None:
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        if MANIFEST_NAME not in names:
            report.problems.append(f"The package has no {MANIFEST_NAME}.")
            return
        manifest = _manifest(package.read(MANIFEST_NAME), report)
        if manifest is None:
            return
        listed = [entry["name"] for entry in manifest["files"]]
        for name in names:
            if name not in {*listed, MANIFEST_NAME}:
                report.problems.append(f"The package holds {name}, which the manifest does not list.")
            elif names.count(name) > 1:
                report.problems.append(f"The package holds {name} more than once.")
        _check_files(manifest, set(names), package.open, report)
    _check_record(path, manifest, report)


def _verify_beside(path: Path, report: Report) -> None:
    is_manifest = path.name.endswith(BESIDE)
    beside = path if is_manifest else _manifest_beside(path)
    if not beside.is_file():
        report.problems.append(f"There is no manifest {beside.name} beside {path.name}.")
        return
    manifest = _manifest(beside.read_bytes(), report)
    if manifest is None:
        return
    data_name = beside.name.removesuffix(BESIDE)
    # The file may have been given another name with --out; the manifest beside it describes one file.
    if len(manifest["files"]) != 1:
        report.problems.append("A manifest beside a file lists one file; this one does not.")
        return
    data = beside.with_name(data_name)
    manifest["files"][0] |= {"name": data_name}
    names = {data_name} if data.is_file() else set()
    _check_files(manifest, names, lambda _: data.open("rb"), report)
    if names:
        _check_record(data, json.loads(beside.read_bytes()), report)


def _manifest(content: bytes, report: Report) -> dict[str, Any] | None:
    """The manifest when it can be understood; else None with the problem told."""
    try:
        manifest = json.loads(content)
        if manifest["schema"] != SCHEMA:
            report.problems.append(
                f"The manifest follows {manifest['schema']!r}; this program reads {SCHEMA}."
            )
            return None
        for entry in manifest["files"]:
            str(entry["name"]), int(entry["rows"]), int(entry["bytes"]), str(entry["sha256"])
            Format(entry["format"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        report.problems.append(f"The manifest cannot be understood: {type(error).__name__} {error}.")
        return None
    return dict(manifest)


def _check_files(manifest: dict[str, Any], present: set[str], open_file: Open, report: Report) -> None:
    for entry in manifest["files"]:
        name = entry["name"]
        if name not in present:
            report.problems.append(f"{name} is missing.")
            continue
        digest, size = _digest(open_file(name))
        if (size, digest) != (entry["bytes"], entry["sha256"]):
            report.problems.append(
                f"{name} was altered: its SHA-256 is {digest}, the manifest says {entry['sha256']}."
            )
            continue
        rows = _count(open_file(name), Format(entry["format"]))
        if rows != entry["rows"]:
            report.problems.append(f"{name} has {rows} rows, the manifest says {entry['rows']}.")
        report.files += 1
        report.rows += rows


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _count(file: IO[bytes], file_format: Format) -> int:
    """Data rows. The bytes are already known to be those that were written."""
    with file:
        if file_format is Format.CSV:
            return sum(1 for _ in csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""))) - 1
        if file_format is Format.XLSX:
            return _count_xlsx(file)
        # One object per line between the brackets; a line end inside a text is written as \n.
        return sum(1 for line in file if line.startswith(b"{"))


def _count_xlsx(file: IO[bytes]) -> int:
    import openpyxl

    with _seekable(file) as seekable:
        book = openpyxl.load_workbook(seekable, read_only=True)
        try:
            return sum(sum(1 for _ in sheet.iter_rows()) - 1 for sheet in book.worksheets)
        finally:
            book.close()


@contextmanager
def _seekable(file: IO[bytes]) -> Iterator[IO[bytes]]:
    yield file if file.seekable() else io.BytesIO(file.read())


def _check_record(path: Path, manifest: dict[str, Any], report: Report) -> None:
    """Against what this installation wrote down when it made the package."""
    record = _record_of(str(manifest.get("package")))
    if record is None:
        report.notes.append("This installation has no record of it; only file and manifest were compared.")
        return
    if record.manifest != manifest:
        report.problems.append("The manifest was altered: it differs from the one recorded here.")
    elif record.sha256 != sha256_of(path):
        report.problems.append(f"{path.name} was altered: it differs from the file recorded here.")
    else:
        report.notes.append(f"It is, byte for byte, what {record.manifest['user']['name']} was given.")


def _record_of(reference: str) -> ExportPackage | None:
    try:
        return ExportPackage.objects.filter(reference=UUID(reference)).first()
    except ValueError:
        return None
