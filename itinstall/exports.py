"""Histories as files: `manage.py export installation_steps|installation_holds` (docs/exports.md).

Every entry ever made, with who entered it, when and why; `stands` says which ones count. With a past date:
what had happened and had been entered by the end of that day, and what stood then.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from itinstall.delay_exports import DELAY_ROWS
from itinstall.models import Hold, StageTransition
from oversight.access.scope import visible_to
from oversight.exchange.columns import Column, Kind
from oversight.exchange.exports import Export, ExportContext, QueryRows, register_export

__all__ = ["HOLDS", "STEPS", "register_exports"]

TEXT = CharField()

_REQUEST = (
    (Column("request_ref"), "request__ref"),
    (Column("agency_ref"), "out_agency"),
    (Column("agency_name"), "request__site__agency__name"),
    (Column("state"), "request__site__agency__state_id"),
    (Column("site_ref"), "request__site__ref"),
    (Column("site"), "request__site__name"),
)
_ENTRY = (
    (Column("stands", Kind.BOOL), "out_stands"),
    (Column("withdraws", Kind.BOOL), "is_withdrawal"),
    (Column("entry", Kind.INT), "pk"),
    (Column("corrects_entry", Kind.INT), "corrects_id"),
    (Column("reason"), "reason"),
    (Column("entered_by"), "out_by"),
    (Column("entered_at", Kind.DATETIME), "entered_at"),
    (Column("synthetic", Kind.BOOL), "is_synthetic"),
)
_STEP_FIELDS = (
    *_REQUEST,
    (Column("sequence", Kind.INT), "sequence"),
    (Column("kind"), "kind"),
    (Column("stage"), "stage_id"),
    (Column("stage_name"), "stage__name"),
    (Column("on", Kind.DATE), "on"),
    *_ENTRY,
)
_HOLD_FIELDS = (
    *_REQUEST,
    (Column("why"), "why_id"),
    (Column("why_name"), "why__name"),
    (Column("owner"), "owner"),
    (Column("begins_on", Kind.DATE), "begins_on"),
    (Column("ends_on", Kind.DATE), "ends_on"),
    *_ENTRY,
)


def _rows(
    model: type[StageTransition] | type[Hold], context: ExportContext, day: str, order: tuple[str, ...]
) -> QuerySet[Any]:
    """Entries that the actor may see, with what the columns need."""
    rows: Any = model._default_manager.all()
    later = model._default_manager.filter(corrects=OuterRef("pk"))
    if context.actor.user is not None:
        rows = visible_to(rows, context.actor.user)
    if context.as_of is not None:
        end = timezone.make_aware(dt.datetime.combine(context.as_of + dt.timedelta(days=1), dt.time()))
        rows = rows.filter(**{f"{day}__lte": context.as_of}, entered_at__lt=end)
        later = later.filter(entered_at__lt=end)
    stands = Q(is_withdrawal=False) & ~Exists(later)
    found: QuerySet[Any] = rows.annotate(
        out_agency=Coalesce("request__site__agency__merged_into__ref", "request__site__agency__ref"),
        out_stands=ExpressionWrapper(stands, output_field=BooleanField()),
        out_by=Coalesce(F("entered_by__username"), Value("system"), output_field=TEXT),
    ).order_by(*order)
    return found


def _steps(context: ExportContext) -> QueryRows:
    rows = _rows(StageTransition, context, "on", ("request__ref", "sequence", "pk"))
    return QueryRows(rows, tuple(path for _, path in _STEP_FIELDS))


def _holds(context: ExportContext) -> QueryRows:
    rows = _rows(Hold, context, "begins_on", ("request__ref", "begins_on", "pk"))
    return QueryRows(rows, tuple(path for _, path in _HOLD_FIELDS))


STEPS = Export(
    name="installation_steps",
    title="Steps of installation requests: every entry, also corrected ones",
    action="records.view",
    columns=lambda context: tuple(column for column, _ in _STEP_FIELDS),
    rows=_steps,
    takes_as_of=True,
)

HOLDS = Export(
    name="installation_holds",
    title="Holds of installation requests: every entry, also corrected ones",
    action="records.view",
    columns=lambda context: tuple(column for column, _ in _HOLD_FIELDS),
    rows=_holds,
    takes_as_of=True,
)


def register_exports() -> None:
    """Called once, when the app is ready."""
    for export in (STEPS, HOLDS, DELAY_ROWS):
        register_export(export)
