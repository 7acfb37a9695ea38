"""The tables behind charts as files: `manage.py export agreements_over_time`, or a button on the page."""

from __future__ import annotations

from collections.abc import Iterator

from agreements.choices import SupportModel
from agreements.selectors import dashboard
from oversight.exchange.columns import Column, Kind, Value
from oversight.exchange.exports import Export, ExportContext, ListedRows, register_export

__all__ = ["OVER_TIME", "register_figure_exports"]

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


def register_figure_exports() -> None:
    """Called once, when the app is ready."""
    register_export(OVER_TIME)
