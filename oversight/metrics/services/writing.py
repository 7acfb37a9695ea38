"""Writing hundreds of snapshots a day quickly.

Django's `bulk_create` spends more time on preparing the values of a day than the metrics spend on computing
them; here each distinct number is prepared once and rows go in by a few statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models

from oversight.metrics.models import DayFill, Snapshot

__all__ = ["fills_update", "snapshots_insert"]

BATCH = 500
FILL_FIELDS = ("state", "version", "filled_at", "n_appended", "milliseconds", "stale_reason")


def snapshots_insert(rows: Sequence[Snapshot]) -> None:
    """Append `rows`, in order; their keys stay unset."""
    fields = [field for field in Snapshot._meta.concrete_fields if not field.primary_key]
    prepare = _preparer(fields)
    place = f"({', '.join(['%s'] * len(fields))})"
    names = ", ".join(map(_quoted, fields))
    with connection.cursor() as cursor:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            # Names come from the model's definition; values are bound.
            sql = f"INSERT INTO {_table(Snapshot)} ({names}) VALUES {', '.join([place] * len(part))}"  # noqa: S608
            cursor.execute(sql, [value for row in part for value in prepare(row)])


def fills_update(fills: Iterable[DayFill]) -> None:
    """Save what a fill changes of `fills`."""
    fields: list[models.Field[Any, Any]] = [
        field for field in DayFill._meta.concrete_fields if field.attname in FILL_FIELDS
    ]
    prepare = _preparer(fields)
    values = [[*prepare(fill), fill.pk] for fill in fills]
    names = ", ".join(f"{_quoted(field)} = %s" for field in fields)
    with connection.cursor() as cursor:
        # As above.
        cursor.executemany(f"UPDATE {_table(DayFill)} SET {names} WHERE id = %s", values)  # noqa: S608


def _preparer(fields: Sequence[models.Field[Any, Any]]) -> Callable[[models.Model], list[Any]]:
    """From a row to the values that the database takes; equal values of a field are prepared once."""
    kept: dict[tuple[str, Any], Any] = {}

    def prepare(row: models.Model) -> list[Any]:
        values = []
        for field in fields:
            key = (field.attname, getattr(row, field.attname))
            if key not in kept:
                kept[key] = field.get_db_prep_save(key[1], connection)
            values.append(kept[key])
        return values

    return prepare


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _quoted(field: models.Field[Any, Any]) -> str:
    return connection.ops.quote_name(str(field.column))
