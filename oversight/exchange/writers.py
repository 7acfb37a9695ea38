"""Rows into files: CSV, XLSX, JSON; in constant memory.

CSV: UTF-8, comma, CRLF line ends, a header line; a byte order mark only when asked for.
XLSX: one sheet per 1,048,575 rows; every text is a text, whatever it begins with.
JSON: an array of objects, one per line; texts verbatim, decimals as texts.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from oversight.exchange.columns import Column, Kind, Value, guard, text_of
from oversight.exchange.exports import QueryRows, Rows
from oversight.exchange.jobs import JobError
from oversight.exchange.sql import rendered, statement

__all__ = ["MEDIA_TYPES", "Format", "write"]

BATCH = 2000
SHEET_ROWS = 1_048_576  # of a spreadsheet, header included
CELL_CHARS = 32_767
SAFE_INT = 10**15  # a spreadsheet's numbers are floating point
OnRows = Callable[[int], None]


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
}


def write(
    path: Path,
    *,
    file_format: Format,
    columns: tuple[Column, ...],
    rows: Rows,
    title: str = "",
    bom: bool = False,
    on_rows: OnRows = lambda n: None,
) -> int:
    """Write a whole file and return the number of rows, the header not counted.

    `on_rows` hears how many are written, now and then. Raises JobError for what the format cannot hold.
    """
    if file_format is Format.CSV:
        return _write_csv(path, columns, rows, bom, on_rows)
    if file_format is Format.XLSX:
        return _write_xlsx(path, columns, rows, title, on_rows)
    return _write_json(path, columns, rows, on_rows)


def _values(rows: Rows) -> Iterator[tuple[Value, ...]]:
    if isinstance(rows, QueryRows):
        return rows.queryset.values_list(*rows.fields).iterator(chunk_size=BATCH)
    return rows.rows()


# --- CSV --------------------------------------------------------------------------------------------------
def _write_csv(path: Path, columns: tuple[Column, ...], rows: Rows, bom: bool, on_rows: OnRows) -> int:
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerow([guard(column.header) for column in columns])
        if isinstance(rows, QueryRows):
            try:
                return _csv_from_query(path, file, columns, rows, on_rows)
            except EmptyResultSet:  # Django knows without asking that there is none
                return 0
        return _csv_lines(file, (_texts(row, columns) for row in rows.rows()), on_rows)


def _texts(row: tuple[Value, ...], columns: tuple[Column, ...]) -> list[str]:
    return [text_of(value, column) for value, column in zip(row, columns, strict=True)]


def _csv_lines(file: IO[str], lines: Iterator[Any], on_rows: OnRows) -> int:
    writer, count = csv.writer(file, lineterminator="\r\n"), 0
    while batch := list(islice(lines, BATCH)):
        writer.writerows(batch)
        count += len(batch)
        on_rows(count)
    return count


def _csv_from_query(
    path: Path, file: IO[str], columns: tuple[Column, ...], rows: QueryRows, on_rows: OnRows
) -> int:
    texts = rendered(rows.queryset, rows.fields, columns)
    # COPY writes a lone empty or `\.` field in its own way.
    if connections[texts.db].vendor == "postgresql" and len(columns) > 1:
        file.close()
        with path.open("ab") as lines:
            return _copy(statement(texts), texts.db, lines)
    if connections[texts.db].vendor == "sqlite":
        return _csv_from_cursor(file, texts, on_rows)
    return _csv_lines(file, texts.iterator(chunk_size=BATCH), on_rows)


def _csv_from_cursor(file: IO[str], texts: QuerySet[Any, Any], on_rows: OnRows) -> int:
    """The driver's own tuples: nothing is left for Django to convert."""
    writer, count = csv.writer(file, lineterminator="\r\n"), 0
    with connections[texts.db].cursor() as cursor:
        cursor.execute(*texts.query.sql_with_params())
        while batch := cursor.fetchmany(BATCH):
            writer.writerows(batch)
            count += len(batch)
            on_rows(count)
    return count


class _RowSink:
    """Takes what COPY sends, one row per message as the protocol promises; ends lines as CSV does."""

    def __init__(self, lines: IO[bytes]) -> None:
        self.lines, self.count = lines, 0

    def write(self, row: bytes) -> None:
        self.lines.write(row[:-1] + b"\r\n")
        self.count += 1


def _copy(sql: str, alias: str, lines: IO[bytes]) -> int:
    sink = _RowSink(lines)
    with connections[alias].cursor() as cursor:
        copy: Any = cursor
        copy.copy_expert(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, ENCODING 'UTF8')", sink)
    return sink.count


# --- XLSX -------------------------------------------------------------------------------------------------
def _write_xlsx(path: Path, columns: tuple[Column, ...], rows: Rows, title: str, on_rows: OnRows) -> int:
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "in_memory": False,
    }
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": title[:255]})
        sheets = _Sheets(book, columns)
        for row in _values(rows):
            sheets.write(count, row)
            count += 1
            if count % BATCH == 0:
                on_rows(count)
    return count


class _Sheets:
    """The sheets of one workbook; a full one is followed by the next."""

    def __init__(self, book: Any, columns: tuple[Column, ...]) -> None:
        self.book, self.columns = book, columns
        self.header = book.add_format({"bold": True, "bottom": 1})
        self.text = book.add_format({"quote_prefix": True})
        self.formats = {
            dt.datetime: book.add_format({"num_format": 'yyyy-mm-dd"T"hh:mm:ss"Z"'}),
            dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        self.decimals = {
            column: book.add_format({"num_format": "0." + "0" * column.places})
            for column in columns
            if column.kind is Kind.DECIMAL and column.places
        }
        self.per_sheet = SHEET_ROWS - 1
        self.sheet = self._next()

    def _next(self) -> Any:
        sheet = self.book.add_worksheet()
        for number, column in enumerate(self.columns):
            width = 40 if column.kind is Kind.TEXT and "name" in column.header.lower() else 18
            sheet.set_column(number, number, width)
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(self.columns):
            sheet.write_string(0, number, column.header, self.header)
        return sheet

    def write(self, index: int, row: tuple[Value, ...]) -> None:
        if index and index % self.per_sheet == 0:
            self.sheet = self._next()
        line = 1 + index % self.per_sheet
        for number, (value, column) in enumerate(zip(row, self.columns, strict=True)):
            self._cell(line, number, value, column)

    def _cell(self, line: int, number: int, value: Value, column: Column) -> None:
        sheet = self.sheet
        if value is None or value == "":
            if number == 0:  # so that a row without any value is a row all the same
                sheet.write_blank(line, number, None, self.text)
            return
        if isinstance(value, str):
            if len(value) > CELL_CHARS:
                raise JobError(
                    f"Column “{column.header}”, row {line + 1}: a spreadsheet cell holds {CELL_CHARS:,} "
                    f"characters, this text has {len(value):,}. Take CSV or JSON."
                )
            sheet.write_string(line, number, value, self.text if guard(value) != value else None)
        elif isinstance(value, bool):
            sheet.write_boolean(line, number, value)
        elif isinstance(value, dt.datetime):
            at = value.astimezone(dt.UTC) if value.tzinfo else value
            sheet.write_datetime(
                line, number, at.replace(tzinfo=None, microsecond=0), self.formats[dt.datetime]
            )
        elif isinstance(value, dt.date):
            sheet.write_datetime(line, number, value, self.formats[dt.date])
        elif abs(float(value)) < SAFE_INT:
            sheet.write_number(line, number, value, self.decimals.get(column))
        else:
            sheet.write_string(line, number, str(value))


# --- JSON -------------------------------------------------------------------------------------------------
def _write_json(path: Path, columns: tuple[Column, ...], rows: Rows, on_rows: OnRows) -> int:
    headers, count = [column.header for column in columns], 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        for row in _values(rows):
            cells = [_json_value(value, column) for value, column in zip(row, columns, strict=True)]
            file.write(",\n" if count else "\n")
            file.write(json.dumps(dict(zip(headers, cells, strict=True)), ensure_ascii=False))
            count += 1
            if count % BATCH == 0:
                on_rows(count)
        file.write("\n]\n")
    return count


def _json_value(value: Value, column: Column) -> str | int | bool | None:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, (dt.date, Decimal)):
        return text_of(value, column)
    raise TypeError(f"Column “{column.header}” holds a {type(value).__name__}.")
