"""A file read and dated: what imports start from. Pure, so that a reader process needs no database."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .cleaning import date_of
from .lists import date_list
from .types import ListDating, Parameters, Refused, Sheet
from .workbook import read_sheet

__all__ = ["MISSING", "DatedSheet", "read_dated", "read_or_refuse"]

MISSING = "no_file"  # code of the refusal of a path that leads nowhere

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DatedSheet:
    """A workbook as read, and when its list was made."""

    sheet: Sheet
    dating: ListDating

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """Of its rows, in file order."""
        return tuple(row.printed.digest for row in self.sheet.rows)


def read_dated(
    source: Path | bytes, *, file_name: str, kind: str, parameters: Parameters, max_bytes: int
) -> DatedSheet:
    """Read a workbook and date its list. `max_bytes`: bytes. Raises Refused; OSError of a path.

    A workbook broken in a way that nobody foresaw is refused, too: it must not take other files with it.
    """
    try:
        return _read(source, file_name, kind, parameters, max_bytes)
    except (Refused, OSError):
        raise
    except Exception:
        logger.exception("Reading %s failed in an unforeseen way", file_name)
        raise Refused(
            "damaged",
            "The workbook is damaged: it cannot be read to its end.",
            "Download the list again from ICE's page and upload the file as it is.",
        ) from None


def _read(
    source: Path | bytes, file_name: str, kind: str, parameters: Parameters, max_bytes: int
) -> DatedSheet:
    sheet = read_sheet(source, file_name=file_name, kind=kind, max_bytes=max_bytes)
    texts = {row.printed.signed for row in sheet.rows if row.printed.signed}
    signed = [reading.day for text in texts if (reading := date_of(text)).day]
    dating = date_list(file_name, sheet.modified_at, max(signed, default=None), parameters)
    return DatedSheet(sheet=sheet, dating=dating)


def read_or_refuse(path: Path, *, kind: str, parameters: Parameters, max_bytes: int) -> DatedSheet | Refused:
    """`read_dated` for many files: a refusal is a result, not an end."""
    try:
        dated = read_dated(path, file_name=path.name, kind=kind, parameters=parameters, max_bytes=max_bytes)
    except Refused as refusal:
        return refusal
    except FileNotFoundError:
        return Refused(MISSING, f"There is no file at {path}.", "Check its path.")
    except OSError as error:
        return Refused(
            "unreadable", f"The file cannot be read: {error.strerror or error}.", "Check its path."
        )
    _ = dated.digests  # computed here, on this core
    return dated
