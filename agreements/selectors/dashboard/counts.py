"""A figure with its reach: how many there are, and how many of them a person may open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Value, When

from agreements.models import Agency
from oversight.access.models import User
from oversight.access.scope import sees_everything, visible_to

__all__ = ["Count", "count_of", "reached", "sum_of"]


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are in the nation (`n`), and how many of them the person may open (`mine`)."""

    n: int = 0
    mine: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.n + other.n, self.mine + other.mine)

    def __sub__(self, other: Count) -> Count:
        return Count(self.n - other.n, self.mine - other.mine)

    def __bool__(self) -> bool:
        return self.n != 0

    @property
    def is_open(self) -> bool:
        """Whether the list that it opens has exactly these rows."""
        return self.n > 0 and self.n == self.mine


def reached(user: User, path: str) -> Any:
    """An expression: whether `user` may open records whose agency is at `path`."""
    if sees_everything(user):
        return Value(True, output_field=BooleanField())
    agencies = visible_to(Agency.objects.all(), user).values("pk")
    return Case(When(**{f"{path}__in": agencies}, then=True), default=False, output_field=BooleanField())


def count_of(row: Mapping[str, Any], name: str) -> Count:
    """The count called `name` in a row grouped by `reached`."""
    return Count(row[name], row[name] if row["reached"] else 0)


def sum_of(counts: Iterable[Count]) -> Count:
    return sum(counts, Count())
