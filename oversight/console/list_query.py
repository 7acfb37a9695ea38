"""What an address asks of a list, read once for the page, the export, the API and saved views.

reading = read_list(spec=get_list("agreements"), user=request.user, query=request.GET)
reading.problems   # sentences; not empty: show them, and no rows
reading.queryset   # scoped, filtered, in the order asked for, total down to the key
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from oversight.access.models import User
from oversight.console import keyset
from oversight.console.list_filters import Chip
from oversight.console.lists import ListSpec

__all__ = ["RESERVED", "ListReading", "Problem", "filters_only", "read_list", "sort_paths"]

# What an address of a list may hold beside filters.
RESERVED = frozenset({"sort", "after", "before", "print"})
PAGING = frozenset({"after", "before", "print"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the address that the list does not understand. `without`: the query that drops it;
    `name`: the filter or "sort"."""

    message: str
    without: str
    name: str


@dataclass(frozen=True, slots=True)
class ListReading:
    """`sort` is the column sorted by, with "-" in front when it runs down; "" is the list's own order."""

    spec: ListSpec
    filterset: Any
    sort: str
    keys: tuple[keyset.Key, ...]
    queryset: QuerySet[Any]
    problems: list[Problem] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)

    @property
    def is_filtered(self) -> bool:
        return bool(self.chips)


def filters_only(query: QueryDict, *, keep: frozenset[str] = frozenset({"sort"})) -> QueryDict:
    """The query without paging, empty values and, unless kept, sort: what a saved view or an export takes."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        given = [value for value in values if value != ""]
        if given and (name not in RESERVED or name in keep):
            kept.setlist(name, given)
    return kept


def sort_paths(spec: ListSpec) -> dict[str, tuple[str, ...]]:
    """Column → the fields that a sort by it compares. Columns that are not sortable are left out."""
    table = spec.table
    paths = {}
    for name, column in table.base_columns.items():
        orderable = column.orderable if column.orderable is not None else table._meta.orderable
        if orderable is False:
            continue
        order = column.order_by or (str(column.accessor or name),)
        paths[name] = tuple(str(path).replace(".", "__") for path in order)
    return paths


def read_list(
    *, spec: ListSpec, user: User, query: QueryDict, request: HttpRequest | None = None
) -> ListReading:
    """Read `query` for `user`. Raises nothing: what is not understood is a problem, and then no row shows."""
    problems: list[Problem] = []
    request = request or _bare_request(user)
    filterset = spec.filterset(data=query, queryset=spec.selector(user=user), request=request)
    for name in query:
        if name not in RESERVED and name not in filterset.filters:
            problems.append(_problem(query, name, f"This list has no filter called “{name[:60]}”."))
    problems += _repeated(filterset, query)
    if not filterset.form.is_valid():
        for name, errors in filterset.form.errors.items():
            label = filterset.form.fields[name].label if name in filterset.form.fields else name
            said = f"{label}: “{query.get(name, '')[:60]}” is not understood. {errors[0]}"
            problems.append(_problem(query, name, said))
    sort, paths = _sort(spec, query, problems)
    keys = keyset.keys_of(filterset.queryset.model, paths)
    if problems:
        return ListReading(
            spec, filterset, sort, keys, filterset.queryset.none(), problems, _chips(filterset)
        )
    rows = keyset.ordered(filterset.qs, keys)
    return ListReading(spec, filterset, sort, keys, rows, [], filterset.chips())


def _problem(query: QueryDict, name: str, message: str) -> Problem:
    return Problem(message, _without(query, name), name)


def _repeated(filterset: Any, query: QueryDict) -> list[Problem]:
    """Of two values for what takes one, the second alone would count, and nothing would say so."""
    found = []
    for name, values in query.lists():
        field = filterset.form.fields.get(name)
        several = field is not None and getattr(field.widget, "allow_multiple_selected", False)
        if (field is not None or name in RESERVED) and not several and len(set(values)) > 1:
            label = field.label if field is not None else name
            given = " and ".join(f"“{value[:60]}”" for value in values[:3])
            found.append(_problem(query, name, f"{label} takes one value; {given} are given. Choose one."))
    return found


def _chips(filterset: Any) -> list[Chip]:
    return filterset.chips() if filterset.form.is_valid() else []


def _bare_request(user: User) -> HttpRequest:
    """For filters that look at `request.user` when there is no page: exports and commands."""
    request = HttpRequest()
    request.method = "GET"
    request.user = user
    return request


def _without(query: QueryDict, name: str) -> str:
    rest = query.copy()
    rest.pop(name, None)
    for paging in PAGING:
        rest.pop(paging, None)
    return rest.urlencode()


def _sort(spec: ListSpec, query: QueryDict, problems: list[Problem]) -> tuple[str, tuple[str, ...]]:
    """The column asked for and the signed paths to sort by."""
    asked = query.get("sort", "")
    known = sort_paths(spec)
    default = tuple(str(path) for path in spec.table._meta.order_by or ())
    if asked:
        name, down = asked.removeprefix("-"), asked.startswith("-")
        if name in known:
            return asked, tuple(_flip(path, down=down) for path in known[name])
        problems.append(_problem(query, "sort", f"This list cannot be sorted by “{name[:60]}”."))
    # The list's own order is written with column names; it is shown on the first of them.
    signed: list[str] = []
    for path in default:
        name, down = path.removeprefix("-"), path.startswith("-")
        signed.extend(_flip(part, down=down) for part in known.get(name, (name,)))
    return (default[0] if default else ""), tuple(signed)


def _flip(path: str, *, down: bool) -> str:
    if not down:
        return path
    return path[1:] if path.startswith("-") else f"-{path}"
