"""The published lists as test data: what ICE's workbooks print, sanitized, in one small file.

`load_lists` gives Sheets without any workbook; `write_workbook` makes a real .xlsx of one, for tests that
import files. `tests/data/ice/lists.json.gz` records the SHA-256 of each original.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from agreements.reconciliation.lists import date_list, order_key
from agreements.reconciliation.types import (
    CleanRow,
    ListDating,
    ListInfo,
    Parameters,
    PrintedRow,
    Sheet,
    SheetRow,
)
from agreements.reconciliation.workbook import content_digest

DATA = Path(__file__).parent / "data" / "ice"
REFERENCE = Path(__file__).parents[1] / "sample_data" / "reference"
COUNTIES_CSV = REFERENCE / "counties.csv"
TOTALS_CSV = DATA / "published_totals.csv"
KNOWN_DATES_CSV = DATA / "known_date_corrections.csv"


@cache
def _raw() -> dict[str, Any]:
    with gzip.open(DATA / "lists.json.gz", "rt", encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    return data


@cache
def _printed() -> tuple[PrintedRow, ...]:
    rows = []
    for kind, *cells, extra in _raw()["rows"]:
        state, agency, type_, county, support, signed, is_date, moa, moa_url, addendum, addendum_url = cells
        rows.append(
            PrintedRow(
                kind, state, agency, type_, county, support, signed, bool(is_date), moa, moa_url, addendum,
                addendum_url, tuple((title, text) for title, text in extra),
            )
        )  # fmt: skip
    return tuple(rows)


@cache
def load_lists() -> tuple[Sheet, ...]:
    """All 330 lists, by directory and file name. One is a pending list under a participating name."""
    sheets = []
    before: dict[str, list[int]] = {}
    for item in _raw()["lists"]:
        rows = item.get("rows")
        if rows is None:
            previous = before[item["directory"]]
            rows = []
            for step in item["rows_from_previous"]:
                rows += step["new"] if isinstance(step, dict) else previous[step[0] : step[1]]
        before[item["directory"]] = rows
        numbers = [number for start, count in item["numbers"] for number in range(start, start + count)]
        hidden = set(item["hidden"])
        printed = [_printed()[i] for i in rows]
        sheets.append(
            Sheet(
                file_name=item["file_name"],
                sha256=item["sha256"],
                size=item["size"],
                kind=item["kind"],
                headers=tuple(item["headers"]),
                rows=tuple(
                    SheetRow(number, i in hidden, row)
                    for i, (number, row) in enumerate(zip(numbers, printed, strict=True))
                ),
                modified_at=datetime.fromisoformat(item["modified"]) if item["modified"] else None,
                content_digest=content_digest(item["kind"], printed),
            )
        )
    return tuple(sheets)


@cache
def _digests() -> dict[int, str]:
    """Digest by identity of the shared rows; computing them anew for every list takes seconds."""
    return {id(row): row.digest for row in _printed()}


def digests_of(sheet: Sheet) -> tuple[str, ...]:
    known = _digests()
    return tuple(known.get(id(row.printed)) or row.printed.digest for row in sheet.rows)


def distinct_rows() -> tuple[PrintedRow, ...]:
    """Every different row of all lists."""
    return _printed()


def directory_of(sheet: Sheet) -> str:
    """participating, pending or captures: where the original lies."""
    return next(item["directory"] for item in _raw()["lists"] if item["sha256"] == sheet.sha256)


def dating_of(sheet: Sheet, rows: dict[str, CleanRow], parameters: Parameters | None = None) -> ListDating:
    signed = [day for digest in digests_of(sheet) if (day := rows[digest].signed_on)]
    return date_list(
        sheet.file_name, sheet.modified_at, max(signed, default=None), parameters or Parameters()
    )


def list_infos(sheets: Iterable[Sheet], rows: dict[str, CleanRow]) -> list[ListInfo]:
    """The publications among the sheets, ordered: one per content, under its earliest name."""
    first: dict[tuple[str, str], tuple[Any, ListInfo]] = {}
    for sheet in sheets:
        dating = dating_of(sheet, rows)
        key = (*order_key(dating, sheet.content_digest), dating.published_on)
        info = ListInfo(sheet.content_digest, sheet.kind, dating.published_on, digests_of(sheet))
        known = first.get((sheet.kind, sheet.content_digest))
        if known is None or key < known[0]:
            first[sheet.kind, sheet.content_digest] = (key, info)
    return [info for _, info in sorted(first.values(), key=lambda pair: pair[0])]


# --- real workbooks ---------------------------------------------------------------------------------

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    "</Types>"
)
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>"
)
_FIELDS = {
    "STATE": "state",
    "LAW ENFORCEMENT AGENCY": "agency",
    "AGENCY": "agency",
    "TYPE": "type",
    "COUNTY": "county",
    "SUPPORT TYPE": "support_type",
    "SIGNED": "signed",
    "MOA": "moa",
    "ADDENDUM": "addendum",
}
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!"}


def _letters(column: int) -> str:
    return chr(65 + column) if column < 26 else chr(64 + column // 26) + chr(65 + column % 26)


def _cell(reference: str, text: str, is_date: bool) -> str:
    if is_date:
        serial = (date.fromisoformat(text) - date(1899, 12, 30)).days
        return f'<c r="{reference}" s="1"><v>{serial}</v></c>'
    if text in _ERRORS:
        return f'<c r="{reference}" t="e"><v>{text}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _sheet_xml(sheet: Sheet) -> tuple[str, list[str]]:
    """The sheet's XML and the link targets, in the order of their relation ids."""
    lines = []
    links: list[str] = []
    marks: list[str] = []
    header = "".join(_cell(f"{_letters(i)}1", text, False) for i, text in enumerate(sheet.headers) if text)
    lines.append(f'<row r="1">{header}</row>')
    for row in sheet.rows:
        cells = []
        extra = dict(row.printed.extra)
        for i, title in enumerate(sheet.headers):
            reference = f"{_letters(i)}{row.number}"
            name = _FIELDS.get(title.strip().upper())
            text = getattr(row.printed, name) if name else extra.get(title or _letters(i))
            if text:
                cells.append(_cell(reference, text, name == "signed" and row.printed.signed_is_date))
            url = getattr(row.printed, f"{name}_url", "") if name else ""
            if url and url not in (text or ""):
                links.append(url)
                marks.append(f'<hyperlink ref="{reference}" r:id="rId{len(links)}"/>')
        hidden = ' hidden="1"' if row.hidden else ""
        lines.append(f'<row r="{row.number}"{hidden}>{"".join(cells)}</row>')
    tail = f"<hyperlinks>{''.join(marks)}</hyperlinks>" if marks else ""
    data = f"<sheetData>{''.join(lines)}</sheetData>"
    body = f'<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{data}{tail}</worksheet>'
    return body, links


def write_workbook(sheet: Sheet, path: Path) -> Path:
    """Write a Sheet as a real .xlsx: values, dates, error cells, links, hidden rows. No person."""
    body, links = _sheet_xml(sheet)
    modified = (sheet.modified_at or datetime(2025, 1, 1, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    core = (
        "<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{modified}</dcterms:modified></cp:coreProperties>'
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    relation = '<Relationship Id="{}" Type="{}" Target="{}"{}/>'
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(
            relation.format("rId1", f"{_OFFICE}/officeDocument", "xl/workbook.xml", "")
            + (relation.format("rId2", package, "docProps/core.xml", "") if sheet.modified_at else "")
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(
            relation.format("rId1", f"{_OFFICE}/worksheet", "worksheets/sheet1.xml", "")
            + relation.format("rId2", f"{_OFFICE}/styles", "styles.xml", "")
        ),
        "xl/styles.xml": _STYLES,
        "xl/worksheets/sheet1.xml": body,
    }
    if sheet.modified_at:
        parts["docProps/core.xml"] = core
    if links:
        external = "".join(
            f'<Relationship Id="rId{i}" Type="{_OFFICE}/hyperlink" '
            f'Target={quoteattr(url)} TargetMode="External"/>'
            for i, url in enumerate(links, 1)
        )
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = _RELATIONS.format(external)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            start = (
                ""
                if part.startswith("<?xml")
                else '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            )
            text = start + part
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return path


def shuffled(sheet: Sheet, order: list[int]) -> Sheet:
    """The same list with its rows in another order."""
    return replace(sheet, rows=tuple(sheet.rows[i] for i in order))
