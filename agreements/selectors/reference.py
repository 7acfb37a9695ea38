"""Reading reference data: states, counties, the parameters of reconciliation."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from agreements.models import County, State
from agreements.reconciliation import types
from agreements.reconciliation.geography import adjoining_states
from oversight.periods.selectors import parameters_on

__all__ = ["geography", "roster_parameters"]


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
