"""A spreadsheet as rows of texts under known columns: CSV, or XLSX behind the guard. Judges no value.

Row numbers are those that a spreadsheet program shows. Columns are found by their header, never by place.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from oversight.exchange.columns import unguard
from oversight.exchange.workbooks import Refused, column_letters, first_sheet, load_bytes, open_package

__all__ = [
    "MAX_ROWS",
    "ROWS_SHEET",
    "Cell",
    "ImportColumn",
    "Table",
    "TableRow",
    "Wish",
    "day_of",
    "read_table",
    "squash",
]

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20_000, 200, 5_000
FIELD_LIMIT = "field larger than field limit"  # in the words of the csv library
ROWS_SHEET = "Rows"  # the sheet that is read, where there is one of this name
HEADER_WITHIN = 20
DELIMITERS = ",;\t"
REMEDY = "Take the template, paste your rows into it, and upload that."
_SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_OLE = b"\xd0\xcf\x11\xe0"


class Wish(StrEnum):
    """What a column's cells hold."""

    TEXT = "text"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """One column that a file may have. `words` explain it in the template; `allowed`: the only values;
    `aliases`: other headers that mean it; `in_template`: whether the template offers it."""

    key: str
    header: str
    words: str
    wish: Wish = Wish.TEXT
    is_required: bool = False
    allowed: tuple[str, ...] = ()
    example: str = ""
    aliases: tuple[str, ...] = ()
    in_template: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """`text`: white space squashed; a date cell's is ISO."""

    text: str
    is_formula: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row that says something. `number` as the spreadsheet shows it; `cells` by key of the column."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, key: str) -> str:
        """What stands there; "" for nothing."""
        cell = self.cells.get(key)
        return cell.text if cell is not None else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read. `columns`: those found in it, in its order; `unknown`: header → the known column that
    it resembles and that is missing, or ""."""

    columns: tuple[ImportColumn, ...]
    rows: tuple[TableRow, ...]
    unknown: Mapping[str, str]


def squash(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def day_of(text: str) -> dt.date | None:
    """2026-01-31 or 1/31/2026 as a date; None for anything else, also for two-digit years."""
    match = _US_DATE.fullmatch(text)
    try:
        if match:
            return dt.date(int(match[3]), int(match[1]), int(match[2]))
        return dt.date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None


def read_table(data: bytes, *, file_name: str, columns: Sequence[ImportColumn], max_bytes: int) -> Table:
    """Read a file. Raises Refused with one sentence when nothing of it can be used."""
    data = load_bytes(data, max_bytes)
    if not data:
        raise Refused("empty_file", "The file is empty.", REMEDY)
    if file_name.lower().endswith((".xlsm", ".xltm", ".xlam")):
        raise Refused("macro_workbook", "The file is a macro workbook.", "Save it as .xlsx without macros.")
    is_workbook = data.startswith((b"PK", _OLE))
    lines = list(_workbook_lines(data) if is_workbook else _csv_lines(data, _headers(columns)))
    return _table(lines, columns)


# --- lines: row number and cells by place ------------------------------------------------------------------
Line = tuple[int, dict[int, Cell]]


def _workbook_lines(data: bytes) -> Iterator[Line]:
    grid = first_sheet(open_package(data, REMEDY), prefer=ROWS_SHEET)
    for row in grid.rows:
        yield row.number, {i: Cell(squash(cell.text), cell.is_formula) for i, cell in row.cells.items()}


def _csv_lines(data: bytes, headers: Mapping[str, ImportColumn]) -> Iterator[Line]:
    text = _decoded(data)
    head = text[:20_000].splitlines()[:HEADER_WITHIN]

    def known(delimiter: str) -> int:
        return max((_n_known(line.split(delimiter), headers) for line in head), default=0)

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=known), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > MAX_COLUMNS:
                raise Refused(
                    "too_many_cells", f"Row {number} has {len(row)} columns; at most 200 are read.", REMEDY
                )
            yield number, {i: Cell(squash(unguard(value))) for i, value in enumerate(row) if value}
    except csv.Error as error:
        if FIELD_LIMIT in str(error):
            # How long a text the library takes is a setting of the process, which others change.
            raise Refused(
                "too_long",
                f"A cell in row {number + 1} holds more characters than the {MAX_CELL:,} that are read.",
                "Look for a quotation mark that is not closed, or shorten the text, and upload again.",
            ) from None
        raise Refused(
            "damaged",
            f"The file cannot be read as CSV after row {number}: {error}.",
            "Look for a quotation mark that is not closed, or upload an Excel workbook (.xlsx).",
        ) from None


def _decoded(data: bytes) -> str:
    is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(
            "encoding",
            "The file is neither an Excel workbook (.xlsx) nor a CSV in UTF-8.",
            "In Excel: Save as, “CSV UTF-8”, or save it as .xlsx.",
        ) from None
    if "\0" in text:
        raise Refused("not_a_table", "The file is neither an Excel workbook (.xlsx) nor a CSV.", REMEDY)
    return text


# --- header and rows ---------------------------------------------------------------------------------------
def _headers(columns: Sequence[ImportColumn]) -> dict[str, ImportColumn]:
    return {
        squash(name).casefold(): column for column in columns for name in (column.header, *column.aliases)
    }


def _n_known(texts: Sequence[str], headers: Mapping[str, ImportColumn]) -> int:
    return sum(squash(text).strip('"').casefold() in headers for text in texts)


def _table(lines: Sequence[Line], columns: Sequence[ImportColumn]) -> Table:
    headers = _headers(columns)
    candidates = [line for line in lines[:HEADER_WITHIN] if any(cell.text for cell in line[1].values())]
    if not candidates:
        raise Refused("no_rows", "The file holds nothing.", REMEDY)
    start = max(candidates, key=lambda line: _n_known([cell.text for cell in line[1].values()], headers))
    places: dict[int, ImportColumn] = {}
    unknown: list[str] = []
    for place, cell in sorted(start[1].items()):
        column = headers.get(cell.text.casefold())
        if column is None:
            unknown += [cell.text] if cell.text else []
        elif column in places.values():
            raise Refused(
                "duplicate_column", f"The column “{column.header}” stands in the file twice.", REMEDY
            )
        else:
            places[place] = column
    _require_columns(places, columns, [cell.text for cell in start[1].values()])
    rows = tuple(_rows(lines, start[0], places))
    if not rows:
        raise Refused("no_rows", "There is no row below the headers.", REMEDY)
    if len(rows) > MAX_ROWS:
        raise Refused(
            "too_many_rows",
            f"The file has {len(rows):,} rows; at most {MAX_ROWS:,} are read at once.",
            "Divide it, and upload the parts one after the other.",
        )
    missing = [column.header for column in columns if column not in places.values()]
    similar = {text: next(iter(get_close_matches(text, missing, 1, 0.8)), "") for text in unknown}
    return Table(tuple(places.values()), rows, similar)


def _require_columns(
    places: Mapping[int, ImportColumn], columns: Sequence[ImportColumn], found: Sequence[str]
) -> None:
    missing = [c.header for c in columns if c.is_required and c not in places.values()]
    if missing:
        shown = ", ".join(text[:40] for text in found[:30] if text) or "none"
        names = " and ".join(f"“{name}”" for name in missing)
        raise Refused("missing_columns", f"The file has no column {names}. Its headers are: {shown}.", REMEDY)


def _rows(lines: Sequence[Line], header: int, places: Mapping[int, ImportColumn]) -> Iterator[TableRow]:
    for number, cells in lines:
        if number <= header or not any(cell.text or cell.is_formula for cell in cells.values()):
            continue
        for place, cell in cells.items():
            if len(cell.text) > MAX_CELL:
                raise Refused(
                    "too_long",
                    f"Cell {column_letters(place)}{number} holds {len(cell.text):,} characters; at most "
                    f"{MAX_CELL:,} are read.",
                    "Shorten it, and upload again.",
                )
        yield TableRow(
            number, {column.key: cells[place] for place, column in places.items() if place in cells}
        )
