"""The map of states and counties over time. One day per answer; a step to another day fetches a part."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import parse_etags, quote_etag

from agreements.choices import SupportModel
from agreements.figure_exports import PLACES
from agreements.forms.map import AGENCIES, MapChoice, choose
from agreements.selectors.places import Place, PlacesOfDay, list_days, places_of_day, register_mark
from agreements.selectors.reference import place_names
from oversight.access.guards import ActionRequired
from oversight.console.usmap import MapPlace, UsMap, county_map, us_map
from oversight.console.version import software_version
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.exchange.writers import Format

__all__ = ["MapExport", "MapPage"]

UNREAD = "State not read"
NO_COUNTY = "County not known"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `value` is the measure chosen; `href` opens its counties."""

    name: str
    place: Place
    value: int
    by_model: tuple[int, ...]
    href: str = ""
    is_unknown: bool = False


class MapPage(ActionRequired):
    """National figures, the same for everyone. The address carries day, level, measure, model and state."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        days = list_days()
        if not days:
            return render(request, "agreements/map.html", {"is_empty": True})
        names = place_names().states
        choice = choose(request.GET.dict(), days=days, states=list(names))
        if request.headers.get("HX-Request") == "true":
            return self._part(request, choice, days, names)
        context = _context(choice, days, names, register_mark())
        return render(request, "agreements/map.html", context)

    def _part(
        self, request: HttpRequest, choice: MapChoice, days: Sequence[Any], names: dict[str, str]
    ) -> HttpResponse:
        """Map and table alone. Kept by the browser and asked for again with the tag of what it is made of."""
        mark = register_mark()
        made_of = f"{mark}|{len(days)}|{choice}|{software_version()}|{sorted(names.items())}"
        tag = quote_etag(hashlib.sha256(made_of.encode()).hexdigest()[:32])
        response: HttpResponse
        if tag in parse_etags(request.headers.get("If-None-Match", "")):
            response = HttpResponseNotModified()
        else:
            response = render(request, "agreements/_map_part.html", _context(choice, days, names, mark))
        response["ETag"] = tag
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response


class MapExport(ActionRequired):
    """Starts the export of the table beside the map; goes to its job."""

    action = "export.create"

    def post(self, request: HttpRequest) -> HttpResponse:
        days, names = list_days(), place_names().states
        if not days:
            messages.error(request, "No list has been imported: there is nothing to export.")
            return redirect("agreements:map")
        choice = choose(QueryDict(request.POST.get("query", "")).dict(), days=days, states=list(names))
        parameters = {"on": choice.on.isoformat(), "level": choice.level, "state": choice.state}
        ask = ExportRequest(name=PLACES.name, file_format=Format.CSV, parameters=parameters)
        return redirect("exchange:job", pk=export_enqueue(actor=self.actor, request=ask).pk)


def _context(choice: MapChoice, days: Sequence[Any], names: dict[str, str], mark: str) -> dict[str, Any]:
    found = places_of_day(on=choice.on, mark=mark)
    models = _models(found)
    rows = _rows(choice, found, names, models)
    place = days.index(choice.on)
    return {
        "choice": choice,
        "days": days,
        "place": place,
        "earlier": days[place - 1] if place else None,
        "later": days[place + 1] if place + 1 < len(days) else None,
        "models": models,
        "model_choices": SupportModel.choices,
        "states": names,
        "state_name": names.get(choice.state, ""),
        "rows": rows,
        "total": sum(row.value for row in rows),
        "map": _map(choice, found, names),
        "label": _label(choice, names),
    }


def _label(choice: MapChoice, names: dict[str, str]) -> str:
    """Example: "Listed agreements, JEM, by county of Texas, list of 2025-07-30"."""
    of = f" of {names[choice.state]}" if choice.state and choice.level == "county" else ""
    model = f", {choice.model}" if choice.model else ""
    return f"{choice.unit.capitalize()}{model}, by {choice.level}{of}, list of {choice.on}"


def _models(found: PlacesOfDay) -> list[str]:
    """The usual ones, then those that occur besides; "" is a model not read."""
    usual = [SupportModel.JEM.value, SupportModel.WSO.value, SupportModel.TFM.value]
    known = {model for place in found.states.values() for model in place.by_model}
    return [*usual, *sorted(known - set(usual), reverse=True)]


def _value(choice: MapChoice, place: Place) -> int:
    if choice.measure == AGENCIES:
        return place.agencies_by_model.get(choice.model, 0) if choice.model else place.agencies
    return place.by_model.get(choice.model, 0) if choice.model else place.agreements


def _rows(choice: MapChoice, found: PlacesOfDay, names: dict[str, str], models: Sequence[str]) -> list[Row]:
    """States; or the counties of the state that is chosen. The largest first, what is not known last."""
    rows = []
    if choice.level == "county" and choice.state:
        for place in found.of_state(choice.state):
            rows.append(_row(choice, place, place.name or NO_COUNTY, models, is_unknown=not place.county))
    else:
        for code, place in found.states.items():
            href = f"{reverse('agreements:map')}?{_of_state(choice, code).query}" if code else ""
            rows.append(_row(choice, place, names.get(code, UNREAD), models, href, is_unknown=not code))
    rows = [row for row in rows if row.value]
    return sorted(rows, key=lambda row: (row.is_unknown, -row.value, row.name))


def _of_state(choice: MapChoice, state: str) -> MapChoice:
    return MapChoice(choice.on, "county", choice.measure, choice.model, state)


def _row(
    choice: MapChoice, place: Place, name: str, models: Sequence[str], href: str = "", *, is_unknown: bool
) -> Row:
    counts = place.agencies_by_model if choice.measure == AGENCIES else place.by_model
    by_model = tuple(counts.get(model, 0) for model in models)
    return Row(name, place, _value(choice, place), by_model, href, is_unknown)


def _map(choice: MapChoice, found: PlacesOfDay, names: dict[str, str]) -> UsMap:
    nothing = "none listed"
    if choice.level == "state":
        places = []
        for code, place in found.states.items():
            if value := _value(choice, place):
                name = names.get(code, UNREAD)
                href = f"{reverse('agreements:map')}?{_of_state(choice, code).query}"
                places.append(MapPlace(name, value, f"{name}: {value:,} {choice.unit}", href))
        return us_map(places, nothing=nothing)
    counties = [
        MapPlace(
            fips, _value(choice, place), f"{place.name}, {code}: {_value(choice, place):,} {choice.unit}"
        )
        for (code, fips), place in found.counties.items()
        if not choice.state or code == choice.state
    ]
    try:
        return county_map(counties, nothing=nothing, state=names.get(choice.state, ""))
    except KeyError:  # a territory: the projection has no place for it
        return county_map(counties, nothing=nothing)
