"""Reading reference data: states, counties, the parameters of reconciliation."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import CharField, Value

from agreements.models import County, FieldOffice, State
from agreements.reconciliation import types
from agreements.reconciliation.geography import adjoining_states
from oversight.periods.selectors import parameters_on

__all__ = ["PlaceNames", "geography", "place_names", "roster_parameters"]

NAMES_KEY = "agreements.place_names"
NAMES_SECONDS = 300


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """Postal code → state or territory; slug → field office. In the order of the names."""

    states: dict[str, str]
    offices: dict[str, str]


def place_names() -> PlaceNames:
    """Names as pages show them. One query, asked of the database once in five minutes."""
    names: PlaceNames | None = cache.get(NAMES_KEY)
    if names is None:
        rows = State.objects.order_by().values_list("code", "name", Value("state", CharField()))
        offices = FieldOffice.objects.order_by().values_list("slug", "name", Value("office", CharField()))
        found: dict[str, dict[str, str]] = {"state": {}, "office": {}}
        for key, name, what in sorted(rows.union(offices, all=True), key=lambda row: row[1]):
            found[what][key] = name
        names = PlaceNames(found["state"], found["office"])
        cache.set(NAMES_KEY, names, NAMES_SECONDS)
    return names


def geography() -> types.Geography:
    """States, territories and counties that a list may name. Two queries."""
    counties: dict[str, list[types.County]] = defaultdict(list)
    for fips, state, name in County.objects.order_by("fips").values_list("fips", "state_id", "name"):
        counties[state].append(types.County(state=state, fips=fips, name=name))
    states = dict(State.objects.values_list("code", "name"))
    borders = adjoining_states()
    return types.Geography(
        states=states,
        counties={state: tuple(rows) for state, rows in counties.items()},
        neighbors={code: borders.get(code, frozenset()) for code in states},
    )


def roster_parameters(*, day: date) -> types.Parameters:
    """The numbers of the reconciliation rules in force on `day`; those without a row keep their seed."""
    rows = parameters_on(day=day, prefix="roster.")
    seed = types.Parameters()
    values = {
        name: type(getattr(seed, name))(rows[f"roster.{name}"])
        for name in types.Parameters.__dataclass_fields__
        if f"roster.{name}" in rows
    }
    return types.Parameters(**values)
