"""The records behind a figure, with the columns and the order of the list that shows such records.

Records that have no list of their own come with a table that their app registers:

    register_row_table(RegisterChange, title="Changes", table=ChangeTable, prepare=with_names)

A metric that counts something of its records that no list shows brings a table too (`Metric.row_table`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import django_tables2
from django.db.models import Model, QuerySet
from django.http import QueryDict

from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console import keyset
from oversight.console.list_query import read_list
from oversight.console.lists import ListSpec, all_lists
from oversight.metrics.base import Metric, Subject
from oversight.metrics.choices import Part

__all__ = ["FigureRows", "RowTable", "count_of", "figure_rows", "register_row_table", "table_of"]


@dataclass(frozen=True, slots=True)
class RowTable:
    """How records without a list are shown. `prepare` joins what the cells need; `order` is total with the
    primary key. `label`: how a prepared record is named where it stands alone; else by its words."""

    title: str
    table: type[django_tables2.Table]
    prepare: Callable[[QuerySet[Any]], QuerySet[Any]]
    order: tuple[str, ...] = ("pk",)
    label: Callable[[Any], str] | None = None


_tables: dict[type[Model], RowTable] = {}


def register_row_table(
    model: type[Model],
    *,
    title: str,
    table: type[django_tables2.Table],
    prepare: Callable[[QuerySet[Any]], QuerySet[Any]],
    order: tuple[str, ...] = ("pk",),
) -> None:
    """Say how records of `model` are shown behind a figure. Raises ValueError when somebody did."""
    if model in _tables:
        raise ValueError(f"Two tables show {model.__name__} behind figures.")
    _tables[model] = RowTable(title, table, prepare, order)


def table_of(model: type[Model]) -> ListSpec | RowTable:
    """The list or table of such records. Raises LookupError: every metric's records have one."""
    if model in _tables:
        return _tables[model]
    for spec in all_lists():
        if spec.table._meta.model is model:
            return spec
    raise LookupError(f"No list shows {model.__name__}: register_row_table for the pages of figures.")


@dataclass(frozen=True, slots=True)
class FigureRows:
    """The records of one part: `queryset` those that the person may see, `everything` all of them."""

    part: Part
    shown: ListSpec | RowTable
    queryset: QuerySet[Any]
    keys: Sequence[keyset.Key]
    everything: QuerySet[Any]


def figure_rows(
    *,
    user: User,
    metric: Metric,
    subject: Subject,
    as_of: date,
    part: str = "",
    known_at: datetime | None = None,
) -> FigureRows:
    """The records behind a figure, cut to what `user` may see, in the order of their list.

    `part` "": the first. Raises KeyError for a part that the metric does not have.
    """
    parts = metric.part_rows(as_of=as_of, subject=subject, known_at=known_at)
    chosen = Part(part) if part in Part.values else next(iter(parts))
    if part and part != chosen.value:
        raise KeyError(part)
    rows = parts[chosen]
    shown = metric.row_table(as_of=as_of, subject=subject, known_at=known_at) or table_of(rows.model)
    ids = rows.order_by().values("pk")
    if isinstance(shown, RowTable):
        seen = visible_to(rows.model._default_manager.filter(pk__in=ids), user)
        keys = keyset.keys_of(rows.model, shown.order)
        queryset = keyset.ordered(shown.prepare(seen), keys)
    else:
        reading = read_list(spec=shown, user=user, query=QueryDict())
        queryset, keys = _cut(reading.queryset, rows), reading.keys
    return FigureRows(chosen, shown, queryset, keys, rows)


def _cut(queryset: QuerySet[Any], rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `queryset` that are among `rows`.

    Conditions on the records themselves go beside the list's own, so that a page stops when it is full.
    As a subquery, SQLite would find all of `rows` first.
    """
    rows = rows.order_by()
    if _is_plain(queryset) and _is_plain(rows) and not rows.query.is_empty():
        tables = [name for name, uses in rows.query.alias_refcount.items() if uses]
        if len(tables) <= 1 and not rows.query.annotations:
            return queryset & rows
    return queryset.filter(pk__in=rows.values("pk"))


def _is_plain(queryset: QuerySet[Any]) -> bool:
    """Whether it is neither cut, grouped, made distinct nor put together of several."""
    query = queryset.query
    return not (query.is_sliced or query.distinct or query.combinator) and query.group_by is None


def count_of(queryset: QuerySet[Any]) -> tuple[int, bool]:
    """How many, exact up to 10,000, and whether that is exact."""
    return keyset.count_up_to(queryset.order_by())
