"""The guard in front of every workbook: decides whether the bytes may be opened at all.

Checks run in an order in which each makes the next one safe; all of them run before a library parses
anything. Sizes are bytes. `remedy` is what the reader of that kind of file is told to do.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from oversight.exchange.workbooks.refused import Refused

MAX_BYTES = 50 * 1024 * 1024
MAX_PARTS = 500
MAX_RATIO = 200  # inflated to deflated, judged above RATIO_FROM only: small parts compress well
RATIO_FROM = 10 * 1024 * 1024
MAX_INFLATED = 200 * 1024 * 1024
_CHUNK = 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
REMEDY = "Open it in Excel, save it as .xlsx under a new name, and upload that."
TOO_LARGE = "Check that this is the right file, and divide it if it is."


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that passed the guard. `names` are its parts; `remedy` for whoever finds it damaged later."""

    archive: zipfile.ZipFile
    names: frozenset[str]
    remedy: str = REMEDY

    def read(self, name: str) -> bytes:
        return self.archive.read(name)


def load_bytes(source: Path | str | bytes, max_bytes: int, remedy: str = TOO_LARGE) -> bytes:
    """The file's bytes; refuses before reading when it is too large."""
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if size > max_bytes:
        raise Refused(
            "too_large",
            f"The file has {size / 1_048_576:.0f} MB; at most {max_bytes / 1_048_576:.0f} MB are read.",
            remedy,
        )
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def open_package(data: bytes, remedy: str = REMEDY) -> Package:
    """Open the bytes as an Office package, or say in one sentence why not."""
    if not data:
        raise Refused("empty_file", "The file is empty.", remedy)
    if data.startswith(_OLE):
        _refuse_ole(data)
    if not data.startswith(b"PK"):
        raise Refused(
            "not_a_workbook",
            "The file is not an Excel workbook (.xlsx).",
            remedy + " PDF and CSV are not read.",
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Refused(
            "truncated", "The file is cut off or damaged: its directory cannot be read.", remedy
        ) from None
    infos = archive.infolist()
    names = frozenset(info.filename for info in infos)
    _check_directory(infos, remedy)
    _check_kind(names, remedy)
    _check_inflated(archive, infos, remedy)
    return Package(archive, names, remedy)


def _refuse_ole(data: bytes) -> None:
    encrypted = "EncryptedPackage".encode("utf-16-le")
    if encrypted in data or "EncryptionInfo".encode("utf-16-le") in data:
        raise Refused(
            "encrypted",
            "The workbook is protected with a password.",
            "Remove the password in Excel, save, retry.",
        )
    raise Refused(
        "old_format",
        "The file is in the old Excel format (.xls) or protected with a password.",
        "Open it in Excel and save it as .xlsx without a password.",
    )


def _check_directory(infos: list[zipfile.ZipInfo], remedy: str) -> None:
    if len(infos) > MAX_PARTS:
        raise Refused(
            "too_many_parts", f"The file holds {len(infos)} parts; a workbook has a few dozen.", remedy
        )
    names = [info.filename.lower() for info in infos]
    if len(set(names)) != len(names):
        raise Refused(
            "duplicate_parts", "The file holds two parts of one name, so its content is ambiguous.", remedy
        )
    for info in infos:
        if info.flag_bits & 0x1:
            raise Refused(
                "encrypted", "The file is protected with a password.", "Save it without a password, retry."
            )
        if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise Refused("zip_bomb", "The file unpacks to far more than a workbook could hold.", remedy)


def _check_kind(names: frozenset[str], remedy: str) -> None:
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise Refused(
            "not_a_workbook", "The file is a zip archive, but not an Excel workbook (.xlsx).", remedy
        )
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Refused(
            "macro_workbook",
            "The workbook contains macros; only values are read.",
            "Save it as .xlsx without macros.",
        )


def _check_inflated(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], remedy: str) -> None:
    """Count what really comes out: the sizes in the directory may lie."""
    total = 0
    try:
        for info in infos:
            with archive.open(info) as part:
                while chunk := part.read(_CHUNK):
                    total += len(chunk)
                    if total > MAX_INFLATED:
                        raise Refused("zip_bomb", "The file unpacks to more than 200 MB.", remedy)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        zlib.error,
    ):
        raise Refused(
            "truncated", "The file is cut off or damaged: a part of it cannot be read.", remedy
        ) from None
    if b"macroEnabled" in archive.read("[Content_Types].xml"):
        raise Refused(
            "macro_workbook", "The workbook is a macro workbook (.xlsm).", "Save it as .xlsx without macros."
        )
