"""The table of published lists."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from agreements.models import Publication
from oversight.console.templatetags.console_tags import icon

__all__ = ["PublicationTable"]

NUMERIC = {"td": {"class": "numeric"}, "th": {"class": "numeric"}}


class CountColumn(tables.Column):
    """A count, as 1,843; a plain number in files."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, attrs=NUMERIC, **kwargs)

    def render(self, value: int) -> str:
        return f"{value:,}"

    def value(self, value: int) -> int:
        return value


class PublicationTable(tables.Table):
    """One row per distinct list content. What it changed is counted nationally."""

    published_on = tables.Column("Dated", order_by=("ordered_at",))
    kind = tables.Column("List", order_by=("kind",))
    sequence = tables.Column("No.", order_by=("sequence",), default="–", attrs=NUMERIC)
    row_count = CountColumn("Rows", order_by=("row_count",))
    n_added = CountColumn("Added", order_by=("n_added",))
    n_missing = CountColumn("Missing", order_by=("n_missing",))
    n_left = CountColumn("Left", order_by=("n_left",))
    n_corrected = CountColumn("Corrected", order_by=("n_corrected",))
    n_files = CountColumn("Files", order_by=("n_files",))
    findings = tables.Column("Findings", orderable=False, empty_values=())

    class Meta:
        model = Publication
        fields = ()
        order_by = ("-published_on",)

    def render_published_on(self, record: Publication) -> Any:
        part = ("", " mid", " pm")[record.day_part] if record.day_part in {0, 1, 2} else ""
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("agreements:publication_detail", args=[record.pk]),
            record.published_on.isoformat(),
            part,
        )

    def value_published_on(self, record: Publication) -> Any:
        return record.published_on

    def render_findings(self, record: Publication) -> Any:
        n = len(record.flags) + bool(record.resaved)
        if not n:
            return format_html('<span class="soft">{}</span>', "None")
        return format_html('<span class="badge badge--flag">{}{}</span>', icon("flag"), n)

    def value_findings(self, record: Publication) -> str:
        return "; ".join(str(flag.get("message", flag.get("code", ""))) for flag in record.flags)
