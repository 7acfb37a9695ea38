"""Listed agreements and agencies by state and county on a day: what the map over time shows.

By the definition of the metric agreements.listed (agreements.metrics), so that a state's figure on a day
is the metric's. National aggregates: the same for everyone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count

from agreements.choices import LISTED, ListKind
from agreements.metrics import statements_on
from agreements.models import Publication

__all__ = ["Place", "PlacesOfDay", "list_days", "places_of_day"]


@dataclass(slots=True)
class Place:
    """A state, or a county of it. `county` "" with `name` "" where the county is not known."""

    state: str
    county: str = ""
    name: str = ""
    by_model: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    agencies: int = 0
    agencies_by_model: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def agreements(self) -> int:
        return sum(self.by_model.values())


@dataclass(frozen=True, slots=True)
class PlacesOfDay:
    """The nation on one day. States by postal code ("" not read); counties by state and FIPS code."""

    states: Mapping[str, Place]
    counties: Mapping[tuple[str, str], Place]

    def of_state(self, code: str) -> list[Place]:
        """The counties of a state, the unknown one last."""
        found = [place for (state, _), place in self.counties.items() if state == code]
        return sorted(found, key=lambda place: (not place.county, place.name))


def list_days() -> list[dt.date]:
    """The days with a participating list, in order. One query."""
    rows = Publication.objects.filter(kind=ListKind.PARTICIPATING).order_by("published_on")
    return list(rows.values_list("published_on", flat=True).distinct())


def places_of_day(*, on: dt.date) -> PlacesOfDay:
    """Two statements: agreements, and agencies, which hold several. An agency lies in one county."""
    rows = statements_on(as_of=on).filter(status__in=LISTED).order_by()
    where = ("agreement__agency__state_id", "agreement__agency__county_id", "agreement__agency__county__name")
    by_model = rows.values_list(*where, "agreement__model").annotate(
        n=Count("agreement", distinct=True), n_agencies=Count("agreement__agency", distinct=True)
    )
    by_agency = rows.values_list(*where).annotate(n=Count("agreement__agency", distinct=True))
    states: dict[str, Place] = {}
    counties: dict[tuple[str, str], Place] = {}
    for state, county, name, model, n, n_agencies in by_model:
        for place in _places(states, counties, state or "", county or "", name or ""):
            place.by_model[model] += n
            place.agencies_by_model[model] += n_agencies
    for state, county, name, n in by_agency:
        for place in _places(states, counties, state or "", county or "", name or ""):
            place.agencies += n
    return PlacesOfDay(states, counties)


def _places(
    states: dict[str, Place], counties: dict[tuple[str, str], Place], state: str, county: str, name: str
) -> Iterable[Place]:
    return (
        states.setdefault(state, Place(state)),
        counties.setdefault((state, county), Place(state, county, name)),
    )
