"""How the field's words look on a page: badges with an icon and a word, never a color alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agreements.choices import Status, SupportModel
from oversight.console.templatetags.console_tags import icon

__all__ = [
    "CHANGE_ICONS",
    "STATUS_ICONS",
    "basis_words",
    "model_badge",
    "model_counts",
    "model_counts_text",
    "status_badge",
    "synthetic_badge",
]

STATUS_ICONS: Mapping[str, str] = {
    Status.ACTIVE: "check_circle",
    Status.PENDING: "schedule",
    Status.MISSING: "help",
    Status.SUSPENDED: "do_not_disturb",
    Status.SUPERSEDED: "autorenew",
    Status.TERMINATED: "cancel",
    Status.REMOVED: "remove_circle",
}
CHANGE_ICONS: Mapping[str, str] = {
    "added": "add_circle",
    "returned": "undo",
    "changed": "edit",
    "renamed": "edit",
    "reattributed": "autorenew",
    "date_corrected": "event",
    "missing": "help",
    "removed": "remove_circle",
    "superseded": "autorenew",
    "pending_added": "schedule",
    "pending_left": "schedule",
}


def status_badge(status: str) -> SafeString:
    """Example: a check mark and "Active"."""
    return format_html(
        '<span class="badge badge--{}">{}{}</span>',
        status,
        icon(STATUS_ICONS.get(status, "info")),
        Status(status).label,
    )


BASES = {
    "modified": "the workbook’s own date",
    "stamp": "the stamp in its name",
    "file name": "its file name",
}


def basis_words(basis: str) -> str:
    """What a list was dated by."""
    return BASES.get(basis, basis)


def model_badge(model: str) -> SafeString:
    """Example: JEM, with its full name on hover and for screen readers."""
    if not model:
        return format_html('<span class="badge badge--none">{}</span>', "Model not read")
    return format_html('<abbr class="model" title="{}">{}</abbr>', SupportModel(model).label, model)


def model_counts(counts: Iterable[tuple[str, int]]) -> SafeString:
    """Example: "JEM 1  TFM 2"; models without any are left out; "None" when all are."""
    shown = [(SupportModel(model).label, model, n) for model, n in counts if n]
    if not shown:
        return format_html('<span class="badge badge--none">{}</span>', "None")
    inner = format_html_join(
        "", '<abbr class="model" title="{}">{} <span class="model__count">{}</span></abbr>', shown
    )
    return format_html('<span class="badges">{}</span>', inner)


def model_counts_text(counts: Iterable[tuple[str, int]]) -> str:
    """The same for exports. Example: "JEM 1, TFM 2"; "" for none."""
    return ", ".join(f"{model} {n}" for model, n in counts if n)


def synthetic_badge() -> SafeString:
    """Marks what was made up for the sample."""
    return format_html('<span class="badge badge--synthetic">{}{}</span>', icon("science"), "Synthetic")
