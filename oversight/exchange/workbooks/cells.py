"""Cells of the first sheet, straight from the workbook's XML.

One streaming pass checks the extent and reads values, formulas, hidden rows and links at once. A
general spreadsheet library is slower by a factor of five and either loses links and hidden rows or
does not survive a cell at XFD1048576. Entities are never resolved and nothing is fetched.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lxml import etree

from oversight.exchange.workbooks.package import Package
from oversight.exchange.workbooks.refused import Refused

MAX_ROWS, MAX_COLUMNS, MAX_CELLS = 200_000, 200, 2_000_000
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_P = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_DC = "{http://purl.org/dc/terms/}"
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_FIRST_YEAR, _LAST_YEAR = 2000, 9998  # so that no time zone leads out of the calendar
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_BUILTIN_DATES = {14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 34, 35, 36, 45, 46, 47, 50, 57}
_FORMAT_NOISE = re.compile(r'\[(?!hh?\]|mm?\]|ss?\])[^\]]*\]|"[^"]*"|\\.|_.')


@dataclass(slots=True)
class Cell:
    """A value as text. `is_date`: a date cell, then the text is ISO. `reference`: "B7"."""

    text: str
    is_date: bool = False
    is_formula: bool = False
    reference: str = ""


@dataclass(slots=True)
class Row:
    number: int
    hidden: bool
    cells: dict[int, Cell]  # by column, 0-based


@dataclass(slots=True)
class Grid:
    rows: list[Row] = field(default_factory=list)
    links: dict[tuple[int, int], str] = field(default_factory=dict)  # (row number, column) -> target


@contextmanager
def _remedied(package: Package) -> Iterator[None]:
    """A refusal without a remedy of its own gets the package's."""
    try:
        yield
    except Refused as refusal:
        refusal.remedy = refusal.remedy or package.remedy
        raise


def _damaged(part: str) -> Refused:
    return Refused("damaged", f"The workbook is damaged: its part {part} cannot be read.")


def _tree(package: Package, name: str) -> etree._Element | None:
    if name not in package.names:
        return None
    data = package.read(name)
    _refuse_doctype(data, name)
    try:
        return etree.fromstring(data, etree.XMLParser(**_SAFE))
    except etree.XMLSyntaxError:
        raise _damaged(name) from None


def _refuse_doctype(data: bytes, name: str) -> None:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused(
            "doctype", f"The workbook's part {name} declares entities, which no plain workbook does."
        )


def _relations(package: Package, part: str) -> dict[str, str]:
    """Relation id -> target of a part; internal targets are resolved to part names."""
    folder, name = posixpath.split(part)
    root = _tree(package, posixpath.join(folder, "_rels", name + ".rels"))
    found: dict[str, str] = {}
    for relation in root.iter(_P + "Relationship") if root is not None else ():
        target = relation.get("Target") or ""
        if relation.get("TargetMode") != "External":
            target = posixpath.normpath(
                target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            )
        found[relation.get("Id") or ""] = target
    return found


def modified_at(package: Package) -> datetime | None:
    """dcterms:modified as an aware instant (UTC). Nothing else is read: the rest names people.

    None when it is missing, is no instant, or lies before 2000: tools write such
    dates where they know none.
    """
    with _remedied(package):
        root = _tree(package, "docProps/core.xml")
    element = root.find(_DC + "modified") if root is not None else None
    if element is None or not element.text:
        return None
    try:
        value = datetime.fromisoformat(element.text.strip().replace("Z", "+00:00"))
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset may lead out of the calendar
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _shared_strings(package: Package, part: str) -> list[str]:
    root = _tree(package, part)
    if root is None:
        return []
    texts = []
    for item in root.iterchildren(_S + "si"):
        first = item[0] if len(item) else None
        texts.append((first.text or "") if first is not None and first.tag == _S + "t" else _rich_text(item))
    return texts


def _rich_text(item: etree._Element) -> str:
    """All runs of a rich text, without phonetic hints."""
    return "".join(
        element.text or "" for element in item.iter(_S + "t") if element.getparent().tag != _S + "rPh"
    )


def _date_styles(package: Package, part: str) -> set[str]:
    """Indexes (as text) of the cell styles that show a number as a date."""
    root = _tree(package, part)
    if root is None:
        return set()
    formats = {
        element.get("numFmtId"): _FORMAT_NOISE.sub("", (element.get("formatCode") or "").lower())
        for element in root.iter(_S + "numFmt")
    }
    wanted = set()
    styles = root.find(_S + "cellXfs")
    for index, style in enumerate(styles if styles is not None else ()):
        code = style.get("numFmtId") or "0"
        if code in formats:
            is_date = any(letter in formats[code].split(";")[0] for letter in "dmhys")
        else:
            is_date = code.isdigit() and int(code) in _BUILTIN_DATES
        if is_date:
            wanted.add(str(index))
    return wanted


def serial_date(serial: float, *, epoch_1904: bool = False) -> date | None:
    """Excel's day number as a date; None when out of range. Day 60 is Excel's false leap day of 1900."""
    days = int(serial)
    start = date(1899, 12, 30) if days >= 60 else date(1899, 12, 31)
    if epoch_1904:
        start = date(1904, 1, 1)
    try:
        return start + timedelta(days=days) if days >= 0 else None
    except OverflowError:
        return None


def plain_number(text: str) -> str:
    """A number as a person would write it: 45723.0 and 4.5723E4 are 45723."""
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


class _Reader:
    """Turns `c` elements into cells. Holds what they refer to: strings, date styles, the epoch."""

    def __init__(self, strings: list[str], dates: set[str], epoch_1904: bool) -> None:
        self.strings, self.dates, self.epoch_1904 = strings, dates, epoch_1904

    def cell(self, element: etree._Element) -> Cell | None:
        kind = element.get("t", "n")
        value, formula, inline = None, False, None
        for child in element:
            if child.tag == _S + "v":
                value = child.text
            elif child.tag == _S + "f":
                formula = True
            elif child.tag == _S + "is":
                inline = _rich_text(child)
        if kind == "s" and value is not None:
            if not (value.isascii() and value.isdigit() and len(value) <= 9):
                raise _damaged("xl/sharedStrings.xml")
            try:
                return Cell(self.strings[int(value)], is_formula=formula)
            except IndexError:
                raise _damaged("xl/sharedStrings.xml") from None
        if kind == "inlineStr":
            return Cell(inline or "", is_formula=formula)
        if value is None:
            return Cell("", is_formula=True) if formula else None
        if kind == "d":
            return Cell(value[:10], is_date=True, is_formula=formula)
        if kind == "n":
            return self._number(value, element.get("s", "0") in self.dates, formula)
        return Cell(
            {"1": "TRUE", "0": "FALSE"}.get(value, value) if kind == "b" else value, is_formula=formula
        )

    def _number(self, value: str, as_date: bool, formula: bool) -> Cell:
        if as_date:
            try:
                day = serial_date(float(value), epoch_1904=self.epoch_1904)
            except (ValueError, OverflowError):
                day = None
            if day is not None:
                return Cell(day.isoformat(), is_date=True, is_formula=formula)
        return Cell(plain_number(value), is_formula=formula)


def column_index(letters: str) -> int:
    """ "A" -> 0, "XFD" -> 16383."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _too_wide(where: str) -> Refused:
    return Refused(
        "too_many_cells",
        f"The sheet reaches out to {where}; at most {MAX_COLUMNS} columns, {MAX_ROWS:,} rows "
        f"and {MAX_CELLS:,} cells are read.",
        "Delete everything beside and below the rows, or take the original file.",
    )


def first_sheet(package: Package, prefer: str = "") -> Grid:
    """Read the sheet called `prefer`, else the first.

    Raises Refused when its extent is too large or the XML is damaged.
    """
    with _remedied(package):
        return _sheet(package, prefer)


def _sheet(package: Package, prefer: str) -> Grid:
    workbook = _tree(package, "xl/workbook.xml")
    relations = _relations(package, "xl/workbook.xml")
    sheets = list(workbook.iter(_S + "sheet")) if workbook is not None else []
    named = [one for one in sheets if prefer and one.get("name") == prefer]
    sheet = next(iter(named or sheets), None)
    part = relations.get(sheet.get(_R + "id") or "", "") if sheet is not None else ""
    if part not in package.names:
        raise Refused("no_sheet", "The workbook has no readable first sheet.")
    properties = workbook.find(_S + "workbookPr") if workbook is not None else None
    epoch = properties is not None and properties.get("date1904") in ("1", "true")
    reader = _Reader(
        _shared_strings(package, "xl/sharedStrings.xml"), _date_styles(package, "xl/styles.xml"), epoch
    )
    data = package.read(part)
    _refuse_doctype(data, part)
    grid = Grid()
    links: list[tuple[str, str, str]] = []
    try:
        grid.rows.extend(_rows(data, reader, links))
    except etree.XMLSyntaxError:
        raise _damaged(part) from None
    targets = _relations(package, part) if links else {}
    for reference, relation, _location in links:
        for spot in _spots(reference):
            if target := targets.get(relation, ""):
                grid.links[spot] = target
    return grid


def _spots(reference: str) -> Iterator[tuple[int, int]]:
    """(row number, column) of every cell of "G7" or "G7:G9"; only the part that is read."""
    ends = [re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7})", end) for end in reference.upper().split(":")]
    first, last = ends[0], ends[-1]
    if first is None or last is None:
        return
    columns = range(column_index(first[1]), min(column_index(last[1]), MAX_COLUMNS) + 1)
    for number in range(int(first[2]), min(int(last[2]), int(first[2]) + 10_000) + 1):
        for column in columns:
            yield number, column


def _rows(data: bytes, reader: _Reader, links: list[tuple[str, str, str]]) -> Iterator[Row]:
    """Rows in file order; fills `links` with (reference, relation id, location) on the way."""
    events = etree.iterparse(
        io.BytesIO(data), events=("start", "end"), tag=(_S + "row", _S + "c", _S + "hyperlink"), **_SAFE
    )
    number, column, count = 0, -1, 0
    cells: dict[int, Cell] = {}
    hidden = False
    for event, element in events:
        tag = element.tag
        if event == "start":
            if tag == _S + "row":
                number = _row_number(element.get("r"), number)
                hidden, cells, column = element.get("hidden") in ("1", "true"), {}, -1
        elif tag == _S + "c":
            count += 1
            reference = (element.get("r") or "").upper()
            column = _column(reference, number, column)
            if column >= MAX_COLUMNS or count > MAX_CELLS:
                raise _too_wide(f"cell {reference}" if column >= MAX_COLUMNS else f"{count:,} cells")
            cell = reader.cell(element)
            if cell is not None:
                cell.reference = reference or column_letters(column) + str(number)
                cells[column] = cell
        elif tag == _S + "row":
            yield Row(number, hidden, cells)
            element.clear()
        else:
            links.append(
                (element.get("ref") or "", element.get(_R + "id") or "", element.get("location") or "")
            )


def _row_number(text: str | None, before: int) -> int:
    """The number that a row states, or the next one. Numbers rise, or a row would stand for two."""
    if not text:
        number = before + 1
    elif not (text.isascii() and text.isdigit()):
        raise _misplaced(f"a row is numbered “{text[:20]}”")
    else:
        number = int(text) if len(text) <= 9 else MAX_ROWS + 1
    if number > MAX_ROWS:
        raise _too_wide(f"row {text or number}")
    if number <= before:
        raise _misplaced(f"row {number} comes after row {before}")
    return number


def _column(reference: str, number: int, before: int) -> int:
    """The column (0-based) that a cell of row `number` states, or the next one. Columns rise like rows."""
    if not reference:
        return before + 1
    match = _REFERENCE.fullmatch(reference)
    if match is None or int(match[2]) != number:
        raise _misplaced(f"a cell of row {number} is placed at “{reference[:20]}”")
    column = column_index(match[1])
    if column <= before:
        raise _misplaced(f"cell {reference} comes after cell {column_letters(before)}{number}")
    return column


def _misplaced(what: str) -> Refused:
    return Refused("damaged", f"The workbook is damaged: in its first sheet {what}.")
