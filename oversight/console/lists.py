"""A list is declared once; the page, its export, its API operation and saved views read the declaration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import django_filters
import django_tables2
from django.db.models import QuerySet

from oversight.access.models import User

__all__ = ["ListSpec", "all_lists", "get_list", "register_list"]


class Selector(Protocol):
    """`(*, user) -> QuerySet`, already cut to what the user may see, with what the table's cells need
    joined or annotated, so that a page costs a constant number of queries."""

    def __call__(self, *, user: User) -> QuerySet[Any]: ...


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One list of records.

    `key`: fixed, e.g. "agreements"; also the export's name. `page`: URL name. `action`: the line of the
    permission matrix that opens it. `table`: a django-tables2 table; its columns are the export's columns,
    its `Meta.order_by` the default sort (unique down to the key, for paging by key).
    """

    key: str
    page: str
    title: str
    action: str
    selector: Selector
    filterset: type[django_filters.FilterSet]
    table: type[django_tables2.Table]
    empty: str  # what an empty list says, and what to do
    describe: Callable[[Any], str] = str
    one: str = "row"  # a single one of them, in words: "1 agency"
    in_two: bool = False  # its rows join many tables: keys are chosen first (keyset.page_of)


_lists: dict[str, ListSpec] = {}


def register_list(spec: ListSpec) -> ListSpec:
    """Add a list. Raises ValueError when the key is taken."""
    if spec.key in _lists:
        raise ValueError(f"Two lists have the key {spec.key!r}.")
    _lists[spec.key] = spec
    return spec


def get_list(key: str) -> ListSpec:
    """Raises KeyError for an unknown list."""
    return _lists[key]


def all_lists() -> list[ListSpec]:
    return list(_lists.values())
