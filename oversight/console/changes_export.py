"""What changed between two days as a file: every section of the page with every row, figures first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from oversight.access.guards import ActionRequired
from oversight.console.changes import ChangesForm, ChangesRequest, sections_of
from oversight.console.movements import day_movements
from oversight.exchange.columns import Column, Kind, Value
from oversight.exchange.exports import Export, ExportContext, ListedRows, register_export
from oversight.exchange.jobs import JobError
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.exchange.writers import Format

__all__ = ["CHANGES", "ChangesExport", "register_changes_export"]

Row = tuple[Value, ...]


def _rows(context: ExportContext) -> ListedRows:
    """Figures are national; records are cut to what the person may see."""
    first, last = context.parameters["first"], context.parameters["last"]
    rows = list(_figures(first, last))
    user = context.actor.user
    if user is not None:
        for item in sections_of(ChangesRequest(user, limit=None), first, last):
            if item.section is None:
                raise JobError(
                    f"The part “{item.key}” could not be read. Nothing was written. Try again later."
                )
            rows += [
                (item.section.title, row.on, row.what, row.subject, row.before, row.after, row.why)
                for row in item.section.rows
            ]
    return ListedRows(lambda: iter(rows), lambda: len(rows))


def _figures(first: dt.date, last: dt.date) -> Iterator[Row]:
    for line in day_movements(first=first, last=last).lines:
        yield ("Figures", last, line.change, line.metric.name, line.before, line.after, line.metric.unit)


CHANGES = Export(
    name="changes",
    title="What changed between two days",
    action="aggregates.view",
    columns=lambda context: (
        Column("section"),
        Column("on", Kind.DATE),
        Column("what"),
        Column("which"),
        Column("before"),
        Column("after"),
        Column("why"),
    ),
    rows=_rows,
    form=ChangesForm,
)


def register_changes_export() -> None:
    """Called once, when the app is ready."""
    register_export(CHANGES)


class ChangesExport(ActionRequired):
    """Starts the export as CSV with its manifest; goes to its job."""

    action = "export.create"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ChangesForm(request.POST)
        if not form.is_valid():
            messages.error(
                request, " ".join(str(error) for errors in form.errors.values() for error in errors)
            )
            return redirect("console:changes")
        parameters = {name: str(day) for name, day in form.cleaned_data.items()}
        ask = ExportRequest(name=CHANGES.name, file_format=Format.CSV, parameters=parameters)
        return redirect("exchange:job", pk=export_enqueue(actor=self.actor, request=ask).pk)
