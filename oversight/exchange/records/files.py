"""Files that go out for an import: the template to fill in, and the workbook of what was wrong."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter

from oversight.exchange.columns import guard
from oversight.exchange.records.tables import ROWS_SHEET, ImportColumn, Table, Wish, day_of
from oversight.exchange.writers import CELL_CHARS

__all__ = ["error_workbook", "template_csv", "template_workbook"]

LISTED = 250  # characters of a drop-down list in a workbook
Problem = tuple[int | None, str, str, str, str, str]  # row, column, value, severity, message, remedy


def template_csv(columns: Sequence[ImportColumn]) -> bytes:
    """A header line: UTF-8, comma, CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guard(column.header) for column in columns if column.in_template])
    return text.getvalue().encode()


def template_workbook(title: str, columns: Sequence[ImportColumn]) -> bytes:
    """An empty sheet of rows, and a sheet that explains each column and what it may hold."""
    offered = [column for column in columns if column.in_template]
    book = _Book(title)
    book.rows(offered, ())
    book.sheet(
        "Columns",
        ("Column", "Must be filled", "Holds", "What it means", "Allowed values", "Example"),
        [
            (
                column.header,
                "yes" if column.is_required else "no",
                "a date, as 2026-01-31" if column.wish is Wish.DATE else "text",
                column.words,
                "; ".join(column.allowed),
                column.example,
            )
            for column in offered
        ],
        widths=(26, 14, 22, 70, 60, 26),
    )
    return book.bytes()


def error_workbook(
    *, title: str, file_name: str, made: str, table: Table, problems: Iterable[Problem], wrong: set[int]
) -> bytes:
    """Readme, Errors, and in upload format the rows of `table` numbered in `wrong`, to correct and upload."""
    book = _Book(f"Errors in {file_name}")
    rows = [row for row in table.rows if row.number in wrong]
    book.sheet(
        "Readme",
        (title,),
        [
            (f"What is wrong in “{file_name}”, as of {made}.",),
            ("“Errors” says for each row of that file what is wrong, where, and what to do.",),
            (f"“{ROWS_SHEET}” holds these {len(rows)} rows as they were uploaded. Correct them there.",),
            ("Then upload this workbook: only the sheet “Rows” is read. Rows without errors are left away.",),
            ("Rows that are recorded already are recognized and not entered twice.",),
        ],
        widths=(110,),
    )
    book.sheet(
        "Errors",
        ("Row in the file", "Column", "Value", "Kind", "What is wrong", "What to do"),
        problems,
        widths=(14, 24, 24, 10, 80, 60),
    )
    book.rows(table.columns, [{key: cell.text for key, cell in row.cells.items()} for row in rows])
    return book.bytes()


class _Book:
    """A workbook in memory in which every text is a text, whatever it begins with."""

    def __init__(self, title: str) -> None:
        self.out = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        self.book = xlsxwriter.Workbook(self.out, options)
        self.book.set_properties({"title": title[:255]})
        self.head = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.body = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.quoted = self.book.add_format({"quote_prefix": True})
        self.date = self.book.add_format({"num_format": "yyyy-mm-dd"})

    def sheet(
        self, name: str, headers: Sequence[str], lines: Iterable[Sequence[Any]], *, widths: Sequence[int]
    ) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, (header, width) in enumerate(zip(headers, widths, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, header, self.head)
        for number, line in enumerate(lines, start=1):
            for place, value in enumerate(line):
                if isinstance(value, int):
                    sheet.write_number(number, place, value, self.body)
                elif value:
                    sheet.write_string(number, place, str(value)[:CELL_CHARS], self.body)

    def rows(self, columns: Sequence[ImportColumn], rows: Sequence[Mapping[str, str]]) -> None:
        """The sheet that an upload reads: dates as date cells, drop-down lists where values are given."""
        sheet = self.book.add_worksheet(ROWS_SHEET)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            form = self.date if column.wish is Wish.DATE else None
            sheet.set_column(place, place, max(12, min(30, len(column.header) + 3)), form)
            sheet.write_string(0, place, column.header, self.head)
            if column.allowed and len(",".join(column.allowed)) <= LISTED:
                sheet.data_validation(
                    1, place, 1_000, place, {"validate": "list", "source": list(column.allowed)}
                )
            for number, row in enumerate(rows, start=1):
                self._cell(sheet, number, place, column, row.get(column.key, ""))

    def _cell(self, sheet: Any, number: int, place: int, column: ImportColumn, text: str) -> None:
        day = day_of(text) if column.wish is Wish.DATE else None
        if day is not None and day >= dt.date(1900, 3, 1):
            sheet.write_datetime(number, place, day, self.date)
        elif text:
            sheet.write_string(number, place, text, self.quoted if guard(text) != text else None)

    def bytes(self) -> bytes:
        self.book.close()
        return self.out.getvalue()
