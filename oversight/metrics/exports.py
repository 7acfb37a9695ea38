"""Files of figures: the records behind one, and the values of every subject on a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms

from oversight.exchange.columns import Column, Kind, Value
from oversight.exchange.exports import BadParameters, Export, ExportContext, ListedRows, register_export
from oversight.exchange.list_exports import columns_of, listed_rows
from oversight.metrics.base import Kind as MetricKind
from oversight.metrics.base import Metric, Subject
from oversight.metrics.choices import Level, Part
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.rows import figure_rows, table_of
from oversight.metrics.selectors import newest_snapshots
from oversight.metrics.subjects import subject_names

__all__ = ["ROWS", "VALUES", "register_exports"]


def _parts(metric: Metric) -> set[str]:
    if metric.kind == MetricKind.RATIO:
        return {Part.NUMERATOR.value, Part.DENOMINATOR.value}
    return {Part.VALUE.value}


class RowsForm(forms.Form):
    """Which figure, and which part of it."""

    metric = forms.CharField()
    level = forms.ChoiceField(choices=Level.choices, required=False)
    subject = forms.CharField(required=False, max_length=64)
    part = forms.ChoiceField(choices=Part.choices, required=False)

    def clean_metric(self) -> str:
        key: str = self.cleaned_data["metric"]
        if key not in {metric.key for metric in all_metrics()}:
            raise forms.ValidationError("There is no figure with this name.")
        return key

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        metric = get_metric(data["metric"]) if "metric" in data else None
        data["level"] = data.get("level") or Level.NATION
        if metric is not None and data["level"] not in metric.levels:
            raise forms.ValidationError("The figure is not given at this level.")
        if metric is not None and data.get("part") and data["part"] not in _parts(metric):
            raise forms.ValidationError("The figure has no such part.")
        return data


def _day(context: ExportContext) -> date:
    if context.as_of is None:
        raise BadParameters("A figure is of a day. Name it with --as-of, for example 2026-05-18.")
    return context.as_of


def _metric(context: ExportContext) -> Metric:
    return get_metric(context.parameters["metric"])


def _row_columns(context: ExportContext) -> tuple[Column, ...]:
    metric, as_of, subject = _metric(context), _day(context), _subject(context)
    if own := metric.row_table(as_of=as_of, subject=subject):
        return columns_of(own.table)
    parts = metric.part_rows(as_of=as_of, subject=subject)
    part = context.parameters.get("part")
    rows = parts[Part(part)] if part else next(iter(parts.values()))
    return columns_of(table_of(rows.model).table)


def _subject(context: ExportContext) -> Subject:
    return Subject(context.parameters["level"], context.parameters["subject"])


def _rows(context: ExportContext) -> ListedRows:
    user = context.actor.user
    if user is None:
        raise BadParameters("Records are what a person may see. Name one with --user.")
    found = figure_rows(
        user=user,
        metric=_metric(context),
        subject=_subject(context),
        as_of=_day(context),
        part=context.parameters.get("part", ""),
    )
    return listed_rows(found.shown.table, found.queryset)


ROWS = Export(
    name="figure_rows",
    title="Records behind a figure",
    action="records.view",
    columns=_row_columns,
    rows=_rows,
    form=RowsForm,
    takes_as_of=True,
)


class ValuesForm(forms.Form):
    """Which metric; one level or all."""

    metric = forms.CharField()
    level = forms.ChoiceField(choices=Level.choices, required=False)

    clean_metric = RowsForm.clean_metric


VALUE_COLUMNS = (
    Column("metric"),
    Column("definition_version", Kind.INT),
    Column("as_of", Kind.DATE),
    Column("level"),
    Column("subject"),
    Column("name"),
    Column("value", Kind.DECIMAL, 6),
    Column("unit"),
    Column("numerator", Kind.DECIMAL, 6),
    Column("denominator", Kind.DECIMAL, 6),
    Column("n", Kind.INT),
    Column("reason"),
    Column("computed_at", Kind.DATETIME),
)


def _values(context: ExportContext) -> ListedRows:
    day, metric, level = _day(context), _metric(context), context.parameters.get("level")
    found = newest_snapshots(as_of=day, metrics=[metric.key])
    chosen = sorted(
        (subject, row) for (_, subject), row in found.items() if level in {"", None, subject.level}
    )
    names = subject_names(subject for subject, _ in chosen)

    def rows() -> Iterator[tuple[Value, ...]]:
        for subject, row in chosen:
            yield (
                metric.key, row.version, row.as_of, subject.level, subject.key, names[subject], row.value,
                metric.unit, row.numerator, row.denominator, row.n, row.reason, row.computed_at,
            )  # fmt: skip

    return ListedRows(rows, lambda: len(chosen))


VALUES = Export(
    name="figure_values",
    title="Values of a figure",
    action="aggregates.view",
    columns=lambda context: VALUE_COLUMNS,
    rows=_values,
    form=ValuesForm,
    takes_as_of=True,
)


def register_exports() -> None:
    """Called once, when the app is ready."""
    for export in (ROWS, VALUES):
        register_export(export)
