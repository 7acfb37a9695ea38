"""The tables behind charts as files: `manage.py export agreements_over_time`, or a button on the page."""

from __future__ import annotations

from collections.abc import Iterator

from agreements.choices import SupportModel
from agreements.forms.map import MapExportForm
from agreements.selectors import dashboard
from agreements.selectors.places import Place, places_of_day
from agreements.selectors.reference import place_names
from oversight.exchange.columns import Column, Kind, Value
from oversight.exchange.exports import Export, ExportContext, ListedRows, register_export

__all__ = ["OVER_TIME", "PLACES", "register_figure_exports"]

MODELS = tuple(SupportModel.values)


def _over_time(context: ExportContext) -> ListedRows:
    """A row per day with a participating list, oldest first. National figures: the same for everyone."""
    lists = dashboard.published_lists()
    points = [
        point
        for point in dashboard.listed_over_time(lists=lists).points
        if context.as_of is None or point.day <= context.as_of
    ]

    def rows() -> Iterator[tuple[Value, ...]]:
        for point in points:
            by_model = [point.listed.get(model, 0) for model in (*MODELS, "")]
            yield (point.day, *by_model, point.total, point.missing)

    return ListedRows(rows, lambda: len(points))


OVER_TIME = Export(
    name="agreements_over_time",
    title="Listed agreements over time",
    action="aggregates.view",
    columns=lambda context: (
        Column("list_on", Kind.DATE),
        *(Column(model.lower(), Kind.INT) for model in (*MODELS, "model_not_read")),
        Column("listed", Kind.INT),
        Column("missing", Kind.INT),
    ),
    rows=_over_time,
    takes_as_of=True,
)


def _places(context: ExportContext) -> ListedRows:
    """A row per state; with the level "county" a row per county, of one state or of all. National figures."""
    on = context.parameters["on"]
    found = places_of_day(on=on)
    names = place_names().states
    states = [context.parameters["state"]] if context.parameters["state"] else sorted(found.states)
    places: list[Place] = []
    for code in states:
        if context.parameters["level"] == "county":
            places += found.of_state(code)
        elif code in found.states:
            places.append(found.states[code])

    def rows() -> Iterator[tuple[Value, ...]]:
        for place in places:
            by_model = [place.by_model.get(model, 0) for model in (*MODELS, "")]
            where = (place.state, names.get(place.state, ""), place.county, place.name)
            yield (on, *where, *by_model, place.agreements, place.agencies)

    return ListedRows(rows, lambda: len(places))


PLACES = Export(
    name="agreements_by_place",
    title="Listed agreements and agencies by state or county on a day",
    action="aggregates.view",
    columns=lambda context: (
        Column("on", Kind.DATE),
        *(Column(name) for name in ("state", "state_name", "county_fips", "county")),
        *(Column(model.lower(), Kind.INT) for model in (*MODELS, "model_not_read")),
        Column("listed", Kind.INT),
        Column("agencies", Kind.INT),
    ),
    rows=_places,
    form=MapExportForm,
)


def register_figure_exports() -> None:
    """Called once, when the app is ready."""
    register_export(OVER_TIME)
    register_export(PLACES)
