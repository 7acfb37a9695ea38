"""The table of agreements."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from agreements.models import Agreement
from agreements.presentation import model_badge, status_badge, synthetic_badge
from oversight.console.templatetags.console_tags import icon

__all__ = ["AgreementTable"]

DATE = {"td": {"class": "date"}}


class AgreementTable(tables.Table):
    """One row per agreement that stands for itself."""

    agency = tables.Column("Agency", accessor="agency__name", order_by=("agency__name",))
    ref = tables.Column("Reference", order_by=("ref",), attrs={"td": {"class": "ref"}})
    state = tables.Column(
        "State", accessor="agency__state_id", order_by=("agency__state_id",), empty_values=()
    )
    model = tables.Column("Model", order_by=("model",), empty_values=())
    signed = tables.Column(
        "Signed", accessor="signed_on", order_by=("signed_on",), empty_values=(), attrs=DATE
    )
    status = tables.Column("Status", order_by=("status",))
    status_on = tables.Column("Since", order_by=("status_on",), attrs=DATE)
    days = tables.Column(
        "Days",
        empty_values=(),
        order_by=("-status_on",),
        attrs={"td": {"class": "numeric"}, "th": {"class": "numeric"}},
    )
    moa = tables.Column("MOA", accessor="moa_url", orderable=False, empty_values=())
    last_list = tables.Column(
        "Last list", accessor="last_publication__published_on",
        order_by=("last_publication__published_on",), attrs=DATE,
    )  # fmt: skip

    class Meta:
        model = Agreement
        fields = ()
        order_by = ("-signed",)

    def render_agency(self, record: Agreement) -> Any:
        href = reverse("agreements:agreement_detail", args=[record.ref])
        mark = synthetic_badge() if record.is_synthetic else ""
        return format_html('<a href="{}">{}</a> {}', href, record.agency.name, mark)

    def value_agency(self, record: Agreement) -> str:
        return record.agency.name

    def render_state(self, record: Agreement) -> str:
        return record.agency.state_id or "Not read"

    def value_state(self, record: Agreement) -> str:
        return record.agency.state_id or ""

    def render_model(self, record: Agreement) -> Any:
        return model_badge(record.model)

    def value_model(self, record: Agreement) -> str:
        return record.model

    def render_signed(self, record: Agreement) -> str:
        if record.signed_on:
            return record.signed_on.isoformat()
        return f"“{record.signed_text}”" if record.signed_text else "Not yet"

    def value_signed(self, record: Agreement) -> Any:
        return record.signed_on or record.signed_text

    def render_status(self, record: Agreement) -> Any:
        return status_badge(record.status)

    def render_status_on(self, record: Agreement) -> str:
        return record.status_on.isoformat()

    def value_status_on(self, record: Agreement) -> Any:
        return record.status_on

    def render_days(self, record: Agreement) -> str:
        return f"{self.value_days(record):,}"

    def value_days(self, record: Agreement) -> int:
        """Days in the present status, today."""
        return (timezone.localdate() - record.status_on).days

    def render_moa(self, record: Agreement) -> Any:
        if not record.moa_url:
            return format_html('<span class="soft nowrap">{}</span>', "No MOA linked")
        return format_html(
            '<a class="nowrap" href="{}" rel="noopener noreferrer">MOA'
            '<span class="usa-sr-only"> of {}</span>{}</a>',
            record.moa_url, record.agency.name, icon("launch", css="icon-inline"),
        )  # fmt: skip

    def value_moa(self, record: Agreement) -> str:
        return record.moa_url

    def render_last_list(self, record: Agreement) -> Any:
        publication = record.last_publication
        href = reverse("agreements:publication_detail", args=[publication.pk])
        return format_html('<a href="{}">{}</a>', href, publication.published_on.isoformat())

    def value_last_list(self, record: Agreement) -> Any:
        return record.last_publication.published_on
