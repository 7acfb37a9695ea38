"""A fingerprint over every row of an app, for parts that keep no hash of their own.

    register_contents("installations", app="itinstall", keys={Site: ("ref",), Agency: ("ref",)})

Every model of the app counts with every column, so that a later column or table is in without anybody
thinking of it. Numbers that only the database knows do not count: a row that another one points to is named
by its `keys`. Rows are read in a stream, and in any order: their hashes are added up, so that two databases
that sort words differently agree, and nothing is sorted.

It tells accidents, not forgery: whoever can change rows can change the manifest of a backup too. For that
there are the trail and its seals.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from django.apps import apps
from django.db.models import AutoField, ForeignKey, JSONField, Model

from oversight.exchange.backup.fingerprints import Fingerprint, register_fingerprint

__all__ = ["Keys", "contents_fingerprint", "register_contents"]

Keys = Mapping[type[Model], Sequence[str]]
SIZE = 2**256
ROWS_AT_ONCE = 1000
LARGE_ROWS_AT_ONCE = 10  # a column of JSON may hold megabytes


def register_contents(name: str, *, app: str, keys: Keys) -> None:
    """Let backups prove the rows of `app` under `name`, which people read: "installations".

    `keys`: for each model that a row of the app points to, the columns that say which row is meant, as
    lookups; not needed where the primary key is no mere number. Raises ValueError for one that is missing.
    """
    models = apps.get_app_config(app).get_models(include_auto_created=True)
    columns = {model: _columns(model, keys) for model in models}
    register_fingerprint(name, partial(contents_fingerprint, columns), app=app)


def contents_fingerprint(columns: Mapping[type[Model], Sequence[str]]) -> Fingerprint:
    """SHA-256 over the sums of the SHA-256 of all rows, a sum for each model."""
    sums = sorted((model._meta.label_lower, *_sum(model, fields)) for model, fields in columns.items())
    return Fingerprint(hashlib.sha256(json.dumps(sums).encode()).hexdigest())


def _sum(model: type[Model], fields: Sequence[str]) -> tuple[int, str]:
    """How many rows, and their hashes added up."""
    large = any(isinstance(field, JSONField) for field in model._meta.concrete_fields)
    rows = model._base_manager.order_by().values_list(*fields)
    n = total = 0
    for row in rows.iterator(chunk_size=LARGE_ROWS_AT_ONCE if large else ROWS_AT_ONCE):
        line = json.dumps(row, default=str, sort_keys=True, ensure_ascii=False).encode()
        total += int.from_bytes(hashlib.sha256(line).digest())
        n += 1
    return n, f"{total % SIZE:064x}"


def _columns(model: type[Model], keys: Keys) -> list[str]:
    """Lookups of everything that a row says, by name."""
    return sorted(name for field in model._meta.concrete_fields for name in _lookups(model, field, keys))


def _lookups(model: type[Model], field: object, keys: Keys) -> Iterator[str]:
    if isinstance(field, ForeignKey):
        target: type[Model] = field.remote_field.model
        if target in keys:
            yield from (f"{field.name}__{key}" for key in keys[target])
        elif isinstance(target._meta.pk, AutoField):
            raise ValueError(
                f"Say which columns name a row of {target._meta.label}: {model._meta.label} points to it."
            )
        else:
            yield field.attname
    elif not isinstance(field, AutoField):
        yield field.attname  # type: ignore[attr-defined]
