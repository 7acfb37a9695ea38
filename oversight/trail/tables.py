"""The table of the trail."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from oversight.trail.models import TrailEntry
from oversight.trail.references import References
from oversight.trail.words import NONE, Difference, differences, type_words, verb_words

__all__ = ["TrailTable"]


def _change_line(change: Difference) -> Any:
    """A field that had no value before shows only the new one."""
    if change.before is None:
        return format_html(
            '<li><span class="change">{}: <ins>{}</ins></span></li>', change.label, change.after or NONE
        )
    return format_html(
        '<li><span class="change">{}: <del>{}</del> <span aria-hidden="true">→</span> '
        "<ins>{}</ins></span></li>",
        change.label,
        change.before,
        change.after or NONE,
    )


class TrailTable(tables.Table):
    """One row per act."""

    at = tables.Column("When", order_by=("pk",))
    actor_label = tables.Column("Who", order_by=("actor_label",))
    verb = tables.Column("Act", order_by=("verb",))
    object_label = tables.Column("Record", order_by=("object_label",))
    changes = tables.Column("What changed", empty_values=(), orderable=False)
    reason = tables.Column("Why", orderable=False)
    request_id = tables.Column("Request", orderable=False)

    class Meta:
        model = TrailEntry
        fields = ()
        sequence = ("at", "actor_label", "verb", "object_label", "changes", "reason", "request_id")
        order_by = ("-pk",)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        # A page passes its entries; a file passes none, and asks for them one by one.
        self.references = References(entries=data or None)

    def differences(self, record: TrailEntry) -> list[Difference]:
        return differences(record, self.references)

    def render_at(self, record: TrailEntry) -> Any:
        return format_html(
            '<span class="date">{}</span>', f"{timezone.localtime(record.at):%Y-%m-%d %H:%M:%S}"
        )

    def value_at(self, record: TrailEntry) -> str:
        return record.at.isoformat()

    def render_actor_label(self, record: TrailEntry) -> Any:
        if record.actor is None:
            return format_html('{}<span class="cell-sub">system</span>', record.actor_label)
        if record.actor.display_name != record.actor_label:  # renamed since
            return format_html(
                '{}<span class="cell-sub">now {}</span>', record.actor_label, record.actor.display_name
            )
        return record.actor_label

    def value_actor_label(self, record: TrailEntry) -> str:
        return record.actor_label

    def render_verb(self, record: TrailEntry) -> str:
        return verb_words(record.verb)

    def value_verb(self, record: TrailEntry) -> str:
        return record.verb

    def render_object_label(self, record: TrailEntry) -> Any:
        address = (
            reverse("trail:entry_list") + f"?object_type={record.object_type}&object_id={record.object_id}"
        )
        return format_html(
            '<a class="break-any" href="{}">{}</a><span class="cell-sub">{}</span>',
            address,
            record.object_label,
            type_words(record.object_type),
        )

    def value_object_label(self, record: TrailEntry) -> str:
        return record.object_label

    def render_changes(self, record: TrailEntry) -> Any:
        lines = format_html_join("", "{}", ((_change_line(change),) for change in self.differences(record)))
        return format_html('<ul class="change-list">{}</ul>', lines) if lines else "–"

    def value_changes(self, record: TrailEntry) -> str:
        lines = self.differences(record)
        return "; ".join(f"{line.label}: {line.before or NONE} → {line.after or NONE}" for line in lines)

    def render_request_id(self, value: str) -> Any:
        return format_html('<span class="raw-cell" title="{}">{}</span>', value, value[:8]) if value else "–"

    def value_request_id(self, value: str) -> str:
        return value
