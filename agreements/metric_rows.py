"""Tables of records that have figures but no list of their own."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from agreements.models import RegisterChange
from oversight.metrics.rows import register_row_table

__all__ = ["ChangeTable", "register_tables"]

DATE = {"td": {"class": "date"}}


class ChangeTable(tables.Table):
    """What lists changed: a row per change, with the values before and after."""

    agency = tables.Column("Agency", accessor="agency__name", orderable=False, empty_values=())
    ref = tables.Column(
        "Agreement", accessor="agreement__ref", orderable=False, attrs={"td": {"class": "ref"}}
    )
    kind = tables.Column("Change", orderable=False)
    list_on = tables.Column("List of", accessor="publication__published_on", orderable=False, attrs=DATE)
    before = tables.Column("Before", orderable=False, empty_values=())
    after = tables.Column("After", orderable=False, empty_values=())

    class Meta:
        model = RegisterChange
        fields = ()

    def render_agency(self, record: RegisterChange) -> Any:
        if record.agency is None:
            return "–"
        href = reverse("agreements:agency_detail", args=[record.agency.ref])
        return format_html('<a href="{}">{}</a>', href, record.agency.name)

    def value_agency(self, record: RegisterChange) -> str:
        return record.agency.name if record.agency else ""

    def render_ref(self, record: RegisterChange) -> Any:
        if record.agreement is None:
            return "–"
        href = reverse("agreements:agreement_detail", args=[record.agreement.ref])
        return format_html('<a href="{}">{}</a>', href, record.agreement.ref)

    def value_ref(self, record: RegisterChange) -> str:
        return record.agreement.ref if record.agreement else ""

    def render_list_on(self, record: RegisterChange) -> str:
        return record.publication.published_on.isoformat()

    def render_before(self, record: RegisterChange) -> str:
        return _words(record.before) or "–"

    def value_before(self, record: RegisterChange) -> str:
        return _words(record.before)

    def render_after(self, record: RegisterChange) -> str:
        return _words(record.after) or "–"

    def value_after(self, record: RegisterChange) -> str:
        return _words(record.after)


def _words(values: dict[str, Any]) -> str:
    """Example: "name: Example SO; county: Harris"."""
    return "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in values.items() if value)


def _with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("agency", "agreement", "publication").defer("publication__packed_rows")


def register_tables() -> None:
    """Called once, when the app is ready."""
    register_row_table(
        RegisterChange, title="Changes", table=ChangeTable, prepare=_with_names, order=("agency__name", "pk")
    )
