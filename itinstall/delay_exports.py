"""The requests behind a number of the page of delays as a file (docs/exports.md)."""

from __future__ import annotations

from django.utils import timezone

from itinstall.forms.delays import DelayRowsExportForm, asked_of, behind_of
from itinstall.selectors.delay_rows import RowsBehind, rows_behind
from itinstall.tables.behind import ordered, table_for
from oversight.access.scope import visible_to
from oversight.exchange.columns import Column
from oversight.exchange.exports import Export, ExportContext, ListedRows
from oversight.exchange.list_exports import columns_of, listed_rows

__all__ = ["DELAY_ROWS"]


def _found(context: ExportContext) -> RowsBehind:
    asked = asked_of(context.parameters, context.as_of or timezone.localdate())
    return rows_behind(asked=asked, behind=behind_of(context.parameters))


def _columns(context: ExportContext) -> tuple[Column, ...]:
    found = _found(context)
    return columns_of(table_for(are_visits=found.are_visits, has_stage=found.has_stage))


def _rows(context: ExportContext) -> ListedRows:
    found = _found(context)
    rows = found.rows if context.actor.user is None else visible_to(found.rows, context.actor.user)
    rows = ordered(rows, are_visits=found.are_visits, has_stage=found.has_stage)
    return listed_rows(table_for(are_visits=found.are_visits, has_stage=found.has_stage), rows)


DELAY_ROWS = Export(
    name="installation_delay_requests",
    title="Requests behind a number of the page of delays",
    action="records.view",
    columns=_columns,
    rows=_rows,
    form=DelayRowsExportForm,
    takes_as_of=True,
)
