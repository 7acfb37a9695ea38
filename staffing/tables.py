"""The table of program managers."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from agreements.presentation import synthetic_badge
from staffing.models import Assignment, ProgramManager

__all__ = ["AssignmentTable", "ProgramManagerTable"]

NUMERIC = {"td": {"class": "numeric"}, "th": {"class": "numeric"}}
DATE = {"td": {"class": "date"}}


class ProgramManagerTable(tables.Table):
    """One row per program manager and office; the figures are today's and national."""

    name = tables.Column("Program manager", order_by=("name",))
    office = tables.Column("Field office", accessor="office__name", order_by=("office__name",))
    valid_from = tables.Column("From", order_by=("valid_from",), attrs=DATE)
    valid_to = tables.Column("Until (excluded)", order_by=("valid_to",), attrs=DATE, empty_values=())
    n_agencies = tables.Column("Agencies today", order_by=("n_agencies",), attrs=NUMERIC)
    n_primary = tables.Column("As primary", order_by=("n_primary",), attrs=NUMERIC)
    n_backup = tables.Column("As backup", order_by=("n_backup",), attrs=NUMERIC)

    class Meta:
        model = ProgramManager
        fields = ()
        order_by = ("name",)

    def render_name(self, record: ProgramManager) -> Any:
        href = reverse("staffing:program_manager_detail", args=[record.pk])
        mark = synthetic_badge() if record.is_synthetic else ""
        return format_html('<a href="{}">{}</a> {}', href, record.name, mark)

    def value_name(self, record: ProgramManager) -> str:
        return record.name

    def render_office(self, record: ProgramManager) -> Any:
        href = reverse("agreements:office_detail", args=[record.office_id])
        return format_html('<a href="{}">{}</a>', href, record.office.name)

    def value_office(self, record: ProgramManager) -> str:
        return record.office.name

    def render_valid_from(self, record: ProgramManager) -> str:
        return record.valid_from.isoformat()

    def value_valid_from(self, record: ProgramManager) -> Any:
        return record.valid_from

    def render_valid_to(self, record: ProgramManager) -> str:
        return record.valid_to.isoformat() if record.valid_to else "still"

    def value_valid_to(self, record: ProgramManager) -> Any:
        return record.valid_to


class AssignmentTable(tables.Table):
    """One row per assignment; what the API sorts by."""

    program_manager = tables.Column(
        "Program manager", accessor="program_manager__name", order_by=("program_manager__name",)
    )
    agency = tables.Column("Agency", accessor="agency__name", order_by=("agency__name",))
    role = tables.Column("Role", order_by=("role",))
    valid_from = tables.Column("From", order_by=("valid_from",))
    valid_to = tables.Column("Until (excluded)", order_by=("valid_to",))

    class Meta:
        model = Assignment
        fields = ()
        order_by = ("agency",)
