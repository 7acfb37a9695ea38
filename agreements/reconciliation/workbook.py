"""Read one published workbook into a Sheet: what it prints, without judgement about agencies.

Columns are found by their header text, never by position. Texts are kept verbatim, link targets
unwrapped; hidden rows are data (docs/reconciliation.md, "What goes wrong in them").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

from oversight.exchange.workbooks import (
    MAX_BYTES,
    Grid,
    Row,
    column_letters,
    first_sheet,
    load_bytes,
    modified_at,
    open_package,
)

from .links import clean_text, public_url, url_in_text
from .names import squash
from .types import PARTICIPATING, PENDING, Finding, PrintedRow, Refused, Sheet, SheetRow

_ROLES = {
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
_HEADERS = {"agency": "LAW ENFORCEMENT AGENCY", "support_type": "SUPPORT TYPE"}
_REQUIRED = {
    PARTICIPATING: ("state", "agency", "support_type", "signed", "moa"),
    PENDING: ("state", "agency", "support_type"),
}
_HEADER_WITHIN = 20  # rows in which the header may stand
_SMALL = "Check that this is the list itself. ICE's lists are smaller than 1 MB."
_AS_IT_IS = "Download the list again from ICE's page and upload the file as it is."
_REMEDY = "Download the list again from ICE's page and upload it under its own name."


def read_sheet(
    source: Path | str | bytes, *, file_name: str, kind: str = "auto", max_bytes: int = MAX_BYTES
) -> Sheet:
    """Read a workbook, or raise Refused with one plain sentence.

    `source`: a path, or the bytes. `file_name`: as it was published; says the kind, and later the date.
    `kind`: "auto" (by headers, checked against the name), "participating" or "pending". `max_bytes`: bytes.
    """
    data = load_bytes(
        source, max_bytes, "Check that this is the list itself. ICE's lists are smaller than 1 MB."
    )
    if file_name.lower().endswith((".xlsm", ".xltm", ".xlam")):
        raise Refused("macro_workbook", "The file is a macro workbook.", "Save it as .xlsx without macros.")
    package = open_package(data, _AS_IT_IS)
    grid = first_sheet(package)
    start, columns, headers = _find_header(grid)
    found = _kind(columns, headers, PurePath(file_name).name, kind)
    warnings: list[Finding] = []
    rows = _read_rows(grid, start, columns, headers, kind=found, warnings=warnings)
    return Sheet(
        file_name=PurePath(file_name).name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind=found,
        headers=headers,
        rows=tuple(rows),
        modified_at=modified_at(package),
        content_digest=content_digest(found, (row.printed for row in rows)),
        warnings=tuple(warnings),
    )


def kind_of_name(file_name: str) -> str:
    """The kind a file name claims; "" when it claims none (or both)."""
    name = file_name.lower()
    claims = [kind for kind in (PARTICIPATING, PENDING) if kind in name]
    return claims[0] if len(claims) == 1 else ""


def content_digest(kind: str, rows: Iterable[PrintedRow]) -> str:
    """SHA-256 of a list's content: its rows as a multiset, white space squashed.

    The same content under another file name, re-sorted, or with another hidden filter is one publication.
    """
    digest = hashlib.sha256(kind.encode())
    for line in sorted(map(_normal_line, rows)):
        digest.update(line.encode())
        digest.update(b"\x1e")
    return digest.hexdigest()


def _normal_line(row: PrintedRow) -> str:
    cells = (row.state, row.agency, row.type, row.county, row.support_type, row.signed, row.moa, row.addendum)
    texts = [squash(cell) if cell else "" for cell in cells]
    extra = [squash(text) for _, text in row.extra]
    return "\x1f".join([*texts, row.moa_url, row.addendum_url, *extra])


def _find_header(grid: Grid) -> tuple[int, dict[int, str], tuple[str, ...]]:
    """(index of the header row, column -> role, header texts). The first row naming state and agency."""
    first: tuple[int, dict[int, str], tuple[str, ...]] | None = None
    for index, row in enumerate(grid.rows[:_HEADER_WITHIN]):
        if not any(squash(cell.text) for cell in row.cells.values()):
            continue
        width = max(row.cells, default=-1) + 1
        texts = tuple(squash(row.cells[i].text) if i in row.cells else "" for i in range(width))
        roles = {i: _ROLES[text.upper()] for i, text in enumerate(texts) if text.upper() in _ROLES}
        if {"state", "agency"} <= set(roles.values()):
            return index, roles, texts
        if first is None or len(roles) > len(first[1]):
            first = (index, roles, texts)
    if first is None:
        raise Refused("no_rows", "The first sheet of the workbook is empty.", _REMEDY)
    return first


def _kind(columns: Mapping[int, str], headers: tuple[str, ...], file_name: str, wanted: str) -> str:
    """The list's kind by its headers; refuses when name, headers and the caller's word disagree."""
    roles = list(columns.values())
    for role in set(roles):
        if roles.count(role) > 1:
            raise Refused(
                "duplicate_column", f"The column {_header(role)} stands in the list twice.", _REMEDY
            )
    found = PARTICIPATING if "signed" in roles else PENDING
    claimed = wanted if wanted in (PARTICIPATING, PENDING) else kind_of_name(file_name)
    needs = claimed or found
    missing = [_header(role) for role in _REQUIRED[needs] if role not in roles]
    if (
        claimed == PARTICIPATING
        and found == PENDING
        and not {"state", "agency", "support_type"} - set(roles)
        and "addendum" not in roles
    ):
        raise Refused(
            "kind_mismatch",
            f"The file {file_name} should be a participating list, but it has no SIGNED column: it is a "
            "pending list.",
            "Upload it as a pending list, or find the participating list of that day.",
        )
    if missing:
        shown = ", ".join(text for text in headers if text) or "none"
        names = " and ".join(missing)
        raise Refused(
            "missing_columns", f"The list has no column {names}. Its headers are: {shown}.", _REMEDY
        )
    if claimed == PENDING and found == PARTICIPATING:
        raise Refused(
            "kind_mismatch",
            f"The file {file_name} should be a pending list, but it has a SIGNED column: it is a "
            "participating list.",
            "Upload it as a participating list, or find the pending list of that day.",
        )
    return found


def _header(role: str) -> str:
    return _HEADERS.get(role, role.upper())


def _read_rows(
    grid: Grid,
    start: int,
    columns: Mapping[int, str],
    headers: tuple[str, ...],
    *,
    kind: str,
    warnings: list[Finding],
) -> list[SheetRow]:
    rows: list[SheetRow] = []
    titles = {role: text for i, text in enumerate(headers) if (role := columns.get(i))}
    _refuse_formulas(grid.rows[start])
    for row in grid.rows[start + 1 :]:
        _refuse_formulas(row)
        if not _has_content(grid, row):
            continue  # left-over formatting below and between the rows
        values = {role: squash(row.cells[i].text) for i, role in columns.items() if i in row.cells}
        if (
            values.get("state", "").upper() == "STATE"
            and values.get("agency", "").upper() == titles["agency"].upper()
        ):
            warnings.append(
                Finding(
                    "repeated_header", f"Row {row.number} repeats the headers; it is skipped.", row.number
                )
            )
            continue
        rows.append(SheetRow(row.number, row.hidden, _printed(grid, row, columns, headers, kind)))
    n_hidden = sum(row.hidden for row in rows)
    if n_hidden:
        text = f"{n_hidden} of {len(rows)} rows are hidden by a saved filter. They are data and are read."
        warnings.insert(0, Finding("hidden_rows", text, value=str(n_hidden)))
    return rows


def _has_content(grid: Grid, row: Row) -> bool:
    return any(squash(cell.text) or (row.number, i) in grid.links for i, cell in row.cells.items())


def _refuse_formulas(row: Row) -> None:
    """In any column: what stands in columns without a known header is kept and shown, too."""
    for cell in row.cells.values():
        if cell.is_formula:
            raise Refused(
                "formula",
                f"Cell {cell.reference} holds a formula; a published list holds only values.",
                "Take ICE's original file, or replace the formula by its value and say so.",
            )


def _printed(
    grid: Grid, row: Row, columns: Mapping[int, str], headers: tuple[str, ...], kind: str
) -> PrintedRow:
    texts: dict[str, str] = dict.fromkeys(columns.values(), "")
    links: dict[str, str] = {}
    signed_is_date = False
    extra: list[tuple[str, str]] = []
    for i, cell in sorted(row.cells.items()):
        role = columns.get(i)
        text = clean_text(cell.text)
        if role is None:
            if squash(text):
                title = headers[i] if i < len(headers) and headers[i] else column_letters(i)
                extra.append((title, text))
            continue
        texts[role] = text
        signed_is_date = signed_is_date or (role == "signed" and cell.is_date)
        if role in ("moa", "addendum"):
            links[role] = url_in_text(text)
    for i, role in columns.items():
        if role in ("moa", "addendum") and (target := grid.links.get((row.number, i))):
            links[role] = public_url(target) or links.get(role, "")
    return PrintedRow(
        kind=kind,
        state=texts.get("state"),
        agency=texts.get("agency"),
        type=texts.get("type"),
        county=texts.get("county"),
        support_type=texts.get("support_type"),
        signed=texts.get("signed"),
        signed_is_date=signed_is_date,
        moa=texts.get("moa"),
        moa_url=links.get("moa", ""),
        addendum=texts.get("addendum"),
        addendum_url=links.get("addendum", ""),
        extra=tuple(extra),
    )
