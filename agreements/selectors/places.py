"""Listed agreements and agencies by state and county on a day: what the map over time shows.

By the definition of the metric agreements.listed (agreements.metrics), so that a state's figure on a day
is the metric's. National aggregates: the same for everyone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db.models import Count, IntegerField, Subquery

from agreements.choices import LISTED, ListKind, Origin
from agreements.metrics import statements_on
from agreements.models import AgreementStatus, Publication, RegisterState

__all__ = ["Place", "PlacesOfDay", "list_days", "places_of_day", "register_mark"]

KEPT_SECONDS = 600


@dataclass(slots=True)
class Place:
    """A state, or a county of it. `county` "" with `name` "" where the county is not known."""

    state: str
    county: str = ""
    name: str = ""
    by_model: Counter[str] = field(default_factory=Counter)
    agencies: int = 0
    agencies_by_model: Counter[str] = field(default_factory=Counter)

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


def register_mark() -> str:
    """Other whenever lists or staff say other things: what was computed under one mark stands under it.

    Lists move the register's version; a staff statement is added, ended or withdrawn. One query.
    """
    staff = AgreementStatus.objects.filter(origin=Origin.STAFF).order_by().values("origin")
    counts = {
        "n": Count("pk"),
        "ended": Count("ends_on"),
        "withdrawn": Count("withdrawn_at"),
    }
    parts = {
        name: Subquery(staff.annotate(found=count).values("found"), output_field=IntegerField())
        for name, count in counts.items()
    }
    row = RegisterState.objects.annotate(**parts).values_list("version", "updated_at", *parts).first()
    return "-".join(str(part).replace(" ", "T") for part in row or ())


def places_of_day(*, on: dt.date, mark: str = "") -> PlacesOfDay:
    """Two statements: agreements, and agencies, which hold several. An agency lies in one county.

    With a `mark` (`register_mark`) a day is computed once for all who look at it under the same mark.
    """
    if not mark:
        return _places_of_day(on)
    key = f"agreements.places.{on}.{hashlib.sha256(mark.encode()).hexdigest()[:32]}"
    found: PlacesOfDay | None = cache.get(key)
    if found is None:
        found = _places_of_day(on)
        cache.set(key, found, KEPT_SECONDS)
    return found


def _places_of_day(on: dt.date) -> PlacesOfDay:
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
