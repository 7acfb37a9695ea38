"""Writing many rows quickly: replace derived rows, update columns of many rows to values of their own.

Django's `bulk_update` builds one CASE per row and field; for the thousands of rows that a list touches that
takes most of an import's time (benchmarks/README.md), so updates go by value, or row by row in one batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection, models

__all__ = ["Changes", "replace_rows", "update_columns"]

BATCH = 500
# From so many rows with the same new value on, one UPDATE … WHERE id IN (…) is the cheaper way.
SAME_VALUE_FROM = 8

Changes = Mapping[int, Mapping[str, Any]]  # pk → attribute name → value


def replace_rows(model: Any, fields: tuple[str, ...], wanted: set[tuple[Any, ...]], **fixed: Any) -> None:
    """Make the rows of `model` that have the `fixed` values equal `wanted` (tuples of `fields`).

    Deletes the others, creates what lacks; one read, and writes in batches. Only for derived rows.
    """
    current = {tuple(row[1:]): row[0] for row in model.objects.filter(**fixed).values_list("pk", *fields)}
    gone = [pk for values, pk in current.items() if values not in wanted]
    for start in range(0, len(gone), BATCH):
        model.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    new = sorted((values for values in wanted if values not in current), key=repr)
    model.objects.bulk_create(
        (model(**dict(zip(fields, values, strict=True)), **fixed) for values in new), batch_size=BATCH
    )


def update_columns(model: type[models.Model], changes: Changes) -> None:
    """Set each row's attributes to its values. Keys are attribute names (`county_id`, not `county`)."""
    by_value: dict[str, dict[Any, list[int]]] = defaultdict(lambda: defaultdict(list))
    singles: dict[str, list[tuple[Any, int]]] = defaultdict(list)
    for pk, values in changes.items():
        for name, value in values.items():
            if isinstance(value, (dict, list)):
                singles[name].append((value, pk))
            else:
                by_value[name][value].append(pk)
    for name, groups in by_value.items():
        single = singles[name]
        for value, pks in groups.items():
            if len(pks) >= SAME_VALUE_FROM:
                _update_same(model, name, value, pks)
            else:
                single += [(value, pk) for pk in pks]
    for name, pairs in singles.items():
        _update_each(model, name, pairs)


def _update_same(model: type[models.Model], name: str, value: Any, pks: list[int]) -> None:
    for start in range(0, len(pks), BATCH):
        model._default_manager.filter(pk__in=pks[start : start + BATCH]).update(**{name: value})


def _update_each(model: type[models.Model], name: str, values: Iterable[tuple[Any, int]]) -> None:
    field = next(field for field in model._meta.concrete_fields if field.attname == name)
    rows = [(field.get_db_prep_save(value, connection), pk) for value, pk in values]
    if not rows:
        return
    quote = connection.ops.quote_name
    table, column, key = (quote(part) for part in (model._meta.db_table, str(field.column), "id"))
    with connection.cursor() as cursor:
        # Names come from the model's definition; values are bound.
        cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", rows)  # noqa: S608
