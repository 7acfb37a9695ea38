"""National scale, made up: each app registers what makes its part of a large data set (`make_scale_data`).

    register_scale(key="training", order=30, make=make_officers)

A maker is called in the order of `order` and returns what it made. It draws from `request.chance(key)` only,
so that the same request gives the same data, whatever other parts are registered. It uses the real services
or their bulk paths, and says on every record, by flag or by name, that it is made up.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model

from oversight.access.models import User
from oversight.exchange.models import Job, Upload
from oversight.trail.models import TrailEntry

__all__ = [
    "Made",
    "ScaleRefused",
    "ScaleRequest",
    "digest_of",
    "register_scale",
    "rows_insert",
    "scale_data_make",
]

BATCH = 20_000
NULL = r"\N"


class ScaleRefused(Exception):
    """Made-up data would stand beside real data. The text says what to do."""


@dataclass(frozen=True)
class ScaleRequest:
    """What is asked for. `agencies`: how many law enforcement agencies. `until`: the last day, "today" of the
    made-up world. `tell`: a line of progress. `changed_on`: days on which facts change; makers add to it, so
    that figures are computed there and carried in between."""

    agencies: int
    seed: int
    until: date
    tell: Callable[[str], None]
    changed_on: set[date] = field(default_factory=set)

    def chance(self, key: str) -> random.Random:
        """Random numbers of one part: its own, so that a new part changes nothing in the others."""
        return random.Random(f"{self.seed}/{self.agencies}/{self.until}/{key}")  # noqa: S311 - made-up data


@dataclass(frozen=True, slots=True)
class Made:
    """What one part made: how many of what, and a hash over it that is the same on every machine."""

    counts: Mapping[str, int]
    digest: str


Maker = Callable[[ScaleRequest], Made]
_makers: dict[str, tuple[int, Maker]] = {}


def register_scale(*, key: str, order: int, make: Maker) -> None:
    """Add a part. Raises ValueError when the key is taken."""
    if key in _makers:
        raise ValueError(f"Two parts of the scale data have the key {key!r}.")
    _makers[key] = (order, make)


def scale_data_make(request: ScaleRequest) -> dict[str, Made]:
    """Make every part, in order. Raises ScaleRefused outside development and where anything is stored."""
    if not settings.DEBUG:
        raise ScaleRefused("Made-up data is for development only: DEBUG is off. Nothing was written.")
    if any(model._default_manager.exists() for model in (User, TrailEntry, Upload, Job)):
        raise ScaleRefused(
            "This database is not empty. Made-up data never stands beside other data: "
            "let DATABASE_URL or OVERSIGHT_VAR_DIR name an empty one, migrate it, and start again. "
            "Nothing was written."
        )
    made = {}
    for key, (_, make) in sorted(_makers.items(), key=lambda item: (item[1][0], item[0])):
        made[key] = make(request)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the next part reads what this one wrote
    return made


def digest_of(lines: Iterable[object]) -> str:
    """SHA-256 (hex) over lines in the order given."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def rows_insert(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert tuples of database values, in batches of constant memory. How many.

    `columns` are attribute names (`office_id`). COPY on PostgreSQL, `executemany` on SQLite; no signals, no
    defaults: every column without a database default is given.
    """
    fields = {one.attname: one for one in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(str(fields[name].column)) for name in columns)
    source, n = iter(rows), 0
    with connection.cursor() as cursor:
        while batch := list(islice(source, BATCH)):
            n += len(batch)
            if connection.vendor == "postgresql":
                text = io.StringIO()
                csv.writer(text).writerows([NULL if one is None else one for one in row] for row in batch)
                text.seek(0)
                # Otherwise COPY takes an empty text for NULL.
                cursor.copy_expert(
                    f"COPY {table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '{NULL}')", text
                )
            else:
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)  # noqa: S608
        for sql in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(sql)
    return n
