"""The table of agencies."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from agreements.choices import SupportModel
from agreements.models import Agency
from agreements.presentation import model_counts, model_counts_text, synthetic_badge
from agreements.selectors.agencies import in_force_name

__all__ = ["AgencyTable"]


class AgencyTable(tables.Table):
    """One row per agency that stands for itself."""

    name = tables.Column("Agency", order_by=("name",))
    ref = tables.Column("Reference", order_by=("ref",), attrs={"td": {"class": "ref"}})
    state = tables.Column("State", accessor="state_id", order_by=("state_id",), empty_values=())
    county = tables.Column("County", accessor="county__name", order_by=("county__name",), default="–")
    office = tables.Column(
        "Field office today", accessor="office_name", order_by=("office_name",), default="Not known"
    )
    in_force = tables.Column("In force", accessor="n_in_force", order_by=("n_in_force",))
    primary_pm = tables.Column("Primary PM", order_by=("primary_pm",), empty_values=())
    first_listed = tables.Column(
        "First listed", accessor="first_listed_on", order_by=("first_listed_on",), empty_values=(),
        attrs={"td": {"class": "date"}},
    )  # fmt: skip

    class Meta:
        model = Agency
        fields = ()
        order_by = ("name",)

    def render_name(self, record: Agency) -> Any:
        href = reverse("agreements:agency_detail", args=[record.ref])
        mark = synthetic_badge() if record.is_synthetic else ""
        return format_html('<a href="{}">{}</a> {}', href, record.name, mark)

    def value_name(self, record: Agency) -> str:
        return record.name

    def render_state(self, record: Agency) -> str:
        return record.state_id or "Not read"

    def value_state(self, record: Agency) -> str:
        return record.state_id or ""

    def value_county(self, record: Agency) -> str:
        return record.county.name if record.county else ""

    def value_office(self, record: Any) -> str:
        return record.office_name or ""

    def render_in_force(self, record: Any) -> Any:
        return model_counts(_by_model(record))

    def value_in_force(self, record: Any) -> str:
        return model_counts_text(_by_model(record)) or "None"

    def render_primary_pm(self, record: Any) -> Any:
        return record.primary_pm or format_html('<span class="badge badge--none">{}</span>', "No PM")

    def value_primary_pm(self, record: Any) -> str:
        return record.primary_pm or ""

    def render_first_listed(self, record: Any) -> str:
        return record.first_listed_on.isoformat() if record.first_listed_on else "–"

    def value_first_listed(self, record: Any) -> Any:
        return record.first_listed_on


def _by_model(record: Any) -> list[tuple[str, int]]:
    return [(model, getattr(record, in_force_name(model))) for model in SupportModel.values]
