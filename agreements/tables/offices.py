"""The table of field offices."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from agreements.choices import SupportModel
from agreements.models import FieldOffice
from agreements.presentation import model_counts, model_counts_text
from agreements.selectors.agencies import in_force_name

__all__ = ["OfficeTable"]

NUMERIC = {"td": {"class": "numeric"}, "th": {"class": "numeric"}}


class OfficeTable(tables.Table):
    """One row per field office; the figures are national."""

    name = tables.Column("Field office", order_by=("name",))
    area = tables.Column("Area today", orderable=False, empty_values=())
    n_agencies = tables.Column("Agencies in force", order_by=("n_agencies",), attrs=NUMERIC)
    n_in_force = tables.Column("Agreements in force", order_by=("n_in_force",), attrs=NUMERIC)
    models = tables.Column("By model", orderable=False, empty_values=())

    class Meta:
        model = FieldOffice
        fields = ()
        order_by = ("name",)

    def render_name(self, record: FieldOffice) -> Any:
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("agreements:office_detail", args=[record.pk]),
            record.name,
            "" if record.is_active else " (closed)",
        )

    def value_name(self, record: FieldOffice) -> str:
        return record.name

    def render_area(self, record: Any) -> str:
        """States in full, or how many counties of a state. Example: "OK; TX (23 counties)"."""
        whole: set[str] = set()
        counties: dict[str, int] = defaultdict(int)
        for area in record.areas_now:
            if area.county_id is None:
                whole.add(area.state_id)
            else:
                counties[area.state_id] += 1
        parts = [*sorted(whole)]
        parts += [
            f"{state} ({n} {'county' if n == 1 else 'counties'})"
            for state, n in sorted(counties.items())
            if state not in whole
        ]
        return "; ".join(parts) or "Not known"

    def value_area(self, record: Any) -> str:
        return self.render_area(record)

    def render_models(self, record: Any) -> Any:
        return model_counts((model, getattr(record, in_force_name(model))) for model in SupportModel.values)

    def value_models(self, record: Any) -> str:
        return model_counts_text(
            (model, getattr(record, in_force_name(model))) for model in SupportModel.values
        )
