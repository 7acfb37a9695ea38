"""The table of imports."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from agreements.choices import ImportState
from agreements.models import RosterImport
from agreements.views.previews import STATE_BADGES, count_words
from oversight.console.templatetags.console_tags import icon

__all__ = ["ImportTable"]


DAY = {"td": {"class": "date"}}


class ImportTable(tables.Table):
    """One row per file that was previewed or imported."""

    file_name = tables.Column("File", order_by=("file_name",), attrs={"td": {"class": "file-cell"}})
    kind = tables.Column("List", order_by=("kind",))
    published_on = tables.Column("Dated", empty_values=(), orderable=False, attrs=DAY)
    state = tables.Column("State", order_by=("state",))
    changes = tables.Column("What it does", empty_values=(), orderable=False)
    created_at = tables.Column("Uploaded", order_by=("created_at",), attrs=DAY)
    created_by = tables.Column("By", empty_values=(), orderable=False)

    class Meta:
        model = RosterImport
        fields = ()
        sequence = ("file_name", "kind", "published_on", "state", "changes", "created_at", "created_by")
        order_by = ("-pk",)

    def render_file_name(self, record: RosterImport) -> Any:
        address = reverse("agreements:import_detail", args=[record.pk])
        return format_html('<a class="break-any" href="{}">{}</a>', address, record.file_name)

    def value_file_name(self, record: RosterImport) -> str:
        return record.file_name

    def render_published_on(self, record: RosterImport) -> str:
        return str(record.dating.get("published_on") or "—")

    def render_state(self, record: RosterImport) -> Any:
        css, name = STATE_BADGES[ImportState(record.state)]
        return format_html('<span class="badge {}">{}{}</span>', css, icon(name), record.get_state_display())

    def value_state(self, record: RosterImport) -> str:
        return str(record.get_state_display())

    def render_changes(self, record: RosterImport) -> str:
        if record.state == ImportState.REFUSED:
            return record.refusal
        return count_words(record.counts) or "Nothing changes"

    def render_created_at(self, record: RosterImport) -> str:
        return timezone.localtime(record.created_at).strftime("%Y-%m-%d %H:%M")

    def value_created_at(self, record: RosterImport) -> Any:
        return record.created_at

    def render_created_by(self, record: RosterImport) -> str:
        return record.created_by.display_name if record.created_by else "System"
