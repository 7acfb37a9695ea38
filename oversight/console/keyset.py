"""Paging by key: the last page costs what the first one does, and no row is shown twice or left out when
rows come and go in between.

A page is asked for with `after=CURSOR` (the rows that follow) or `before=CURSOR` (those that precede);
`before=end` is the last page. The order is total: the sort's fields, then the primary key. Empty values
come last in either direction, on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

__all__ = [
    "COUNT_LIMIT",
    "Cursor",
    "CursorError",
    "Key",
    "Page",
    "count_up_to",
    "few_keys",
    "keys_of",
    "ordered",
    "page_of",
]

COUNT_LIMIT: Final = 10_000
FEW: Final = 2_000  # keys that a statement may list
END: Final = "end"


class CursorError(ValueError):
    """The cursor in the address is damaged, or belongs to another sort."""


@dataclass(frozen=True, slots=True)
class Key:
    """One field of the order. `nullable`: it can be empty; an annotation counts as such."""

    path: str
    descending: bool
    nullable: bool

    def order(self, *, backward: bool) -> OrderBy:
        field = F(self.path)
        down = self.descending is not backward
        if not self.nullable:  # plain, so that an index serves it
            return field.desc() if down else field.asc()
        # Empty last; read from the end, empty first.
        nulls = {"nulls_first": True} if backward else {"nulls_last": True}
        return field.desc(**nulls) if down else field.asc(**nulls)

    def beyond(self, value: Any, *, backward: bool) -> Q | None:
        """Rows on the far side of `value`, or None when there are none (empty is the last of all)."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if backward else None
        operator = "lt" if self.descending is not backward else "gt"
        far = Q(**{f"{self.path}__{operator}": value})
        if self.nullable and not backward:
            far |= Q(**{f"{self.path}__isnull": True})
        return far

    def equal(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})


@dataclass(frozen=True, slots=True)
class Cursor:
    """The values of one row's keys, and the place it had, counted from 1 (for "rows 51 to 100")."""

    values: tuple[Any, ...]
    place: int

    def encode(self, keys: Sequence[Key]) -> str:
        data = [_signature(keys), self.place, *(_pack(value) for value in self.values)]
        raw = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, keys: Sequence[Key]) -> Cursor:
        """Raises CursorError."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            signature, place, *packed = json.loads(raw)
            values = tuple(_unpack(item) for item in packed)
            place = int(place)
        except (ValueError, TypeError, KeyError, InvalidOperation, binascii.Error) as error:
            raise CursorError("damaged") from error
        if signature != _signature(keys) or len(values) != len(keys):
            raise CursorError("of another sort")
        return cls(values, max(place, 0))


def _signature(keys: Sequence[Key]) -> str:
    return ",".join(("-" if key.descending else "") + key.path for key in keys)


_UNPACK: dict[str, Callable[[Any], Any]] = {
    "n": lambda value: None,
    "j": lambda value: value,
    "D": dt.date.fromisoformat,
    "T": dt.datetime.fromisoformat,
    "N": Decimal,
    "S": lambda value: dt.timedelta(microseconds=int(value)),
    "U": uuid.UUID,
}


_PACK: dict[type, tuple[str, Callable[[Any], Any]]] = {
    type(None): ("n", lambda value: 0),
    dt.datetime: ("T", dt.datetime.isoformat),
    dt.date: ("D", dt.date.isoformat),
    Decimal: ("N", str),
    dt.timedelta: ("S", lambda value: value // dt.timedelta(microseconds=1)),
    uuid.UUID: ("U", str),
}


def _pack(value: Any) -> list[Any]:
    kind, write = _PACK.get(type(value), ("j", lambda value: value))
    return [kind, write(value)]


def _unpack(item: Any) -> Any:
    kind, value = item
    if kind == "j" and not isinstance(value, (str, int, float, bool)):
        raise ValueError("not a plain value")
    return _UNPACK[kind](value)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order. `first` is the place of the first row, from 1; None when it is not known.
    `previous` and `next` are cursors for `before=` and `after=`, "" where there is no such page."""

    rows: list[Any]
    first: int | None
    previous: str
    next: str


def keys_of(model: type[Model], paths: Sequence[str]) -> tuple[Key, ...]:
    """The total order for `paths` (each with "-" in front when it runs down), primary key last."""
    keys = [Key(path.lstrip("-"), path.startswith("-"), _nullable(model, path.lstrip("-"))) for path in paths]
    if not any(key.path == "pk" for key in keys):
        keys.append(Key("pk", bool(keys) and keys[-1].descending, nullable=False))
    return tuple(keys)


def _nullable(model: type[Model], path: str) -> bool:
    current: Any = model
    for part in path.split("__"):
        if part == "pk":
            return False
        try:
            field = current._meta.get_field(part)
        except (FieldDoesNotExist, AttributeError):
            return True  # an annotation or a transform
        if field.null or not getattr(field, "concrete", False):
            return True
        current = field.related_model
    return False


def ordered(queryset: QuerySet[Any], keys: Sequence[Key], *, backward: bool = False) -> QuerySet[Any]:
    return queryset.order_by(*(key.order(backward=backward) for key in keys))


def _beyond(keys: Sequence[Key], values: Sequence[Any], *, backward: bool) -> Q:
    """Rows after `values` in the order (before them, backward): the first key beyond, or equal and the
    second beyond, and so on."""
    result = Q(pk__in=[])
    same = Q()
    for key, value in zip(keys, values, strict=True):
        far = key.beyond(value, backward=backward)
        if far is not None:
            result |= same & far
        same &= key.equal(value)
    return result


def page_of(
    queryset: QuerySet[Any],
    keys: Sequence[Key],
    *,
    size: int,
    after: str = "",
    before: str = "",
    total: int | None = None,
    in_two: bool = False,
    known: Sequence[Any] | None = None,
) -> Page:
    """One page, in one query. `total`: the exact number of rows if it is known, for the last page's places.
    `in_two`: in two queries, keys first, for rows that join more tables than PostgreSQL puts in the best
    order by itself (join_collapse_limit, 8). `known`: `few_keys` of the rows, where they were asked for.

    Raises CursorError. A `before` page that reaches the beginning is the first page, full.
    """
    backward = bool(before) and not after
    if known is not None:
        queryset = _only(queryset, known)
    cursor = None
    if after:
        cursor = Cursor.decode(after, keys)
    elif backward and before != END:
        cursor = Cursor.decode(before, keys)
    cut = queryset
    if cursor is not None:
        try:
            cut = queryset.filter(_beyond(keys, cursor.values, backward=backward))
        except (ValueError, TypeError) as error:
            raise CursorError("damaged") from error
    names = [_held_as(queryset, key.path) or f"_key_{place}" for place, key in enumerate(keys)]
    cut = ordered(cut, keys, backward=backward)
    chosen: Any = None
    if _is_plain(cut):
        # Which rows, by their keys alone; then those rows with all that their cells need. Otherwise a
        # database that sorts without an index works out every annotation of every row first.
        # The conditions are said once, where the keys are chosen.
        chosen = cut.values_list("pk", flat=True)[: size + 1]
        if in_two:  # the keys came in order: what they are sorted by is not worked out again
            chosen = list(chosen)
            cut = _only(queryset, chosen).order_by()
        else:
            cut = ordered(_only(queryset, chosen), keys, backward=backward)
    paths = zip(names, keys, strict=True)
    cut = cut.annotate(**{name: F(key.path) for name, key in paths if name.startswith("_key_")})
    found = list(cut[: size + 1])
    if isinstance(chosen, list):
        places = {pk: place for place, pk in enumerate(chosen)}
        found.sort(key=lambda row: places[row.pk])
    more, rows = len(found) > size, found[:size]
    if backward:
        rows.reverse()
        if cursor is not None and not more and len(rows) < size:
            return page_of(queryset, keys, size=size, total=total, in_two=in_two)
    first = _first_place(cursor, len(rows), backward=backward, total=total)

    def mark(row: Any, place: int) -> str:
        return Cursor(tuple(getattr(row, name) for name in names), place).encode(keys)

    has_previous = more if backward else cursor is not None
    has_next = cursor is not None if backward else more
    return Page(
        rows=rows,
        first=first,
        previous=mark(rows[0], first or 0) if rows and has_previous else "",
        next=mark(rows[-1], (first + len(rows) - 1) if first else 0) if rows and has_next else "",
    )


def _held_as(queryset: QuerySet[Any], path: str) -> str:
    """The attribute of a row that holds the key of `path` as it is; "" where it has to be asked for."""
    query = queryset.query
    if path == "pk" or path in query.annotation_select:
        return path
    if query.deferred_loading[0]:
        return ""
    held = {field.name: field.attname for field in queryset.model._meta.concrete_fields}
    return held.get(path, "")


def _first_place(cursor: Cursor | None, n: int, *, backward: bool, total: int | None) -> int | None:
    if cursor is None:
        if not backward:
            return 1
        return total - n + 1 if total is not None else None
    if cursor.place == 0:
        return None
    return max(cursor.place - n, 1) if backward else cursor.place + 1


def _only(queryset: QuerySet[Any], pks: Any) -> QuerySet[Any]:
    """Rows of these primary keys with all that `queryset` annotates; its own conditions are met by them."""
    rows = queryset.all()
    rows.query.clear_where()
    # Of no keys Django would make no query: a page costs the same with rows and without.
    return rows.filter(pk__isnull=True) if pks == [] else rows.filter(pk__in=pks)


def count_up_to(queryset: QuerySet[Any], limit: int = COUNT_LIMIT) -> tuple[int, bool]:
    """(number, exact). Counts no further than `limit`: beyond it the number is `limit` and not exact."""
    n = queryset.order_by().values("pk")[: limit + 1].count()
    return (limit, False) if n > limit else (n, True)


def few_keys(queryset: QuerySet[Any]) -> tuple[int, bool, list[Any] | None]:
    """What `count_up_to` says, and the primary keys where they are few: which rows a costly filter leaves is
    then told once, for the count and the page. In one query."""
    keys = queryset.order_by().values_list("pk", flat=True)[: COUNT_LIMIT + 1]
    # SQLite hands rows over by the hundred otherwise, which takes twice the time; PostgreSQL would open a
    # cursor of its own for it.
    is_sqlite = connections[keys.db].vendor == "sqlite"
    found = list(keys.iterator(chunk_size=COUNT_LIMIT + 1) if is_sqlite else keys)
    known = found if len(found) <= FEW and _is_plain(queryset) else None
    return min(len(found), COUNT_LIMIT), len(found) <= COUNT_LIMIT, known


def _is_plain(queryset: QuerySet[Any]) -> bool:
    """Whether each row is one of the model's: neither grouped nor made distinct."""
    return not queryset.query.distinct and queryset.query.group_by is None
