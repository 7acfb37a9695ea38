"""A console list as an export: the rows, order and columns that the page shows, all pages of it.

Values are the table's own (`value_NAME` where it has one, else the field), so that dates, numbers and
yes/no arrive as such. A column with `exclude_from_export=True` (buttons, ticks) is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from html import unescape
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django_tables2 import Table
from django_tables2.rows import BoundRow
from django_tables2.utils import A

from oversight.console.list_query import ListReading, filters_only, read_list
from oversight.console.lists import ListSpec
from oversight.exchange.columns import Column, Kind, Value, plain
from oversight.exchange.exports import BadParameters, Export, ExportContext, ListedRows

__all__ = ["columns_of", "export_of", "listed_rows", "parameters_of"]

BATCH = 1000


def parameters_of(query: QueryDict) -> dict[str, Any]:
    """The filters and the sort of an address, as a job and a manifest keep them."""
    kept = filters_only(query)
    return {name: values[0] if len(values) == 1 else values for name, values in kept.lists()}


def export_of(spec: ListSpec) -> Export:
    """The export "list:KEY" of a list."""
    return Export(
        name=f"list:{spec.key}",
        title=spec.title,
        action=spec.action,
        columns=lambda context: columns_of(spec.table),
        rows=lambda context: _rows(spec, context),
        check=dict,  # the list itself judges them, below, for the person who asks
    )


def _exported(table: Any) -> list[Any]:
    return [
        column
        for column in table.columns.iterall()
        if column.visible and not column.column.exclude_from_export
    ]


def columns_of(table: type[Table]) -> tuple[Column, ...]:
    """The columns of a table that go into files."""
    return tuple(Column(str(column.header), Kind.ANY) for column in _exported(table([])))


def _rows(spec: ListSpec, context: ExportContext) -> ListedRows:
    return listed_rows(spec.table, _reading(spec, context).queryset)


def listed_rows(table: type[Table], queryset: QuerySet[Any]) -> ListedRows:
    """Records as a table shows them, in the order of `queryset`: a whole list, or what is behind a figure."""

    def rows() -> Iterator[tuple[Value, ...]]:
        shown = table([])
        columns = _exported(shown)
        for record in queryset.iterator(chunk_size=BATCH):
            row = BoundRow(record, table=shown)
            yield tuple(_value(row, column, shown) for column in columns)

    return ListedRows(rows, queryset.count)


def _reading(spec: ListSpec, context: ExportContext) -> ListReading:
    """Raises BadParameters with the sentence that the page would show."""
    user = context.actor.user
    if user is None:
        raise BadParameters("A list shows what a person may see. Name one with --user.")
    reading = read_list(spec=spec, user=user, query=_query(context.parameters))
    if reading.problems:
        raise BadParameters(reading.problems[0].message)
    return reading


def _query(parameters: Mapping[str, Any]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in parameters.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def _value(row: BoundRow, column: Any, table: Any) -> Value:
    """What the cell says: by the table's `value_NAME`; a number, a date or a yes/no as such; else the text
    that the page shows, without its markup."""
    if hasattr(table, f"value_{column.name}"):
        return plain(row.get_cell_value(column.name))
    value = A(column.accessor).resolve(row.record, quiet=True)
    if isinstance(value, (bool, int, Decimal, dt.date)):
        return value
    return _text(row.get_cell_value(column.name))


def _text(shown: Any) -> Value:
    if isinstance(shown, SafeString):
        shown = " ".join(unescape(strip_tags(shown)).split())
    return plain(shown)
