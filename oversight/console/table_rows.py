"""The body of a table, written in one go: what the template did cell by cell took half of a list's time.

Cells are django-tables2's own (tests/console/test_table_rows.py compares); what it works out anew for each
cell, the arguments of a column's `render`, its attributes and the way to its value, is worked out once per
table here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.template import Context
from django.template.base import render_value_in_context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django_tables2.columns import ManyToManyColumn
from django_tables2.columns.linkcolumn import BaseLinkColumn
from django_tables2.utils import Accessor, signature

__all__ = ["rows_html"]

UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class _Column:
    """One column: its cells' opening and closing tags, and which of a cell's facts its `render` takes."""

    bound: Any
    start: str
    end: str
    render: Callable[..., Any]
    takes: tuple[str, ...] | None  # None: everything
    path: tuple[str, ...] | None  # of attributes to its value; None: the library finds it, row by row


def rows_html(table: Any, context: Context) -> SafeString:
    """`<tr>` for every row of a django-tables2 table. The first cell is the row's header; the others name
    their column, for narrow screens."""
    record: Any = next((row.record for row in table.rows), None)
    columns = [_column(bound, record, is_first=place == 0) for place, bound in enumerate(table.columns)]
    parts: list[str] = []
    for row in table.rows:
        parts.append("<tr>")
        for column in columns:
            cell = _cell(row, column)
            text = (
                conditional_escape(cell) if isinstance(cell, str) else render_value_in_context(cell, context)
            )
            parts += (column.start, text, column.end)
        parts.append("</tr>\n")
    return mark_safe("".join(parts))  # noqa: S308 - every cell is escaped above


def _column(bound: Any, record: Any, *, is_first: bool) -> _Column:
    css = conditional_escape(bound.attrs["td"].get("class") or "")
    takes, catches_all = signature(bound.render)
    if is_first:
        start, end = f'<th scope="row" class="{css}">', "</th>"
    else:
        header = conditional_escape(bound.header)
        start, end = f'<td data-label="{header}" class="{css}"><div>', "</div></td>"
    path = None if catches_all or bound.link else _path(bound, record)
    return _Column(bound, start, end, bound.render, None if catches_all else takes, path)


def _path(bound: Any, record: Any) -> tuple[str, ...] | None:
    """The attributes that lead to a column's value, where nothing but attributes does: rows of one model,
    no word for a choice, no link and no relation to many."""
    if not isinstance(record, Model) or isinstance(bound.column, (BaseLinkColumn, ManyToManyColumn)):
        return None
    accessor = Accessor(bound.accessor)
    has_words = getattr(accessor.get_field(record), "choices", ())
    return None if has_words else tuple(accessor.bits)


def _cell(row: Any, column: _Column) -> Any:
    def render(bound: Any, value: Any = None) -> Any:
        facts = row._optional_cell_arguments(bound, value)
        if column.takes is not None and not bound.link:
            return column.render(**{name: facts[name] for name in column.takes})
        return row._call_render(bound, value)

    if column.path is not None:
        value = _value(row.record, column.path)
        if value is not UNKNOWN:
            empty = value in column.bound.column.empty_values
            return column.bound.default if empty else render(column.bound, value)
    return row._get_and_render_with(column.bound, render_func=render, default=column.bound.default)


def _value(record: Any, path: tuple[str, ...]) -> Any:
    """What the attributes lead to, or the first that is empty; UNKNOWN where the library has more to try."""
    for name in path:
        if not isinstance(record, Model):
            return UNKNOWN
        record = getattr(record, name, UNKNOWN)
        if record is None:
            break
        if callable(record):
            return UNKNOWN
    return record
