"""Tags and filters that any page may use: icons, breadcrumbs, form parts, addresses, dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField, CheckboxInput
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from oversight.console.table_rows import rows_html

register = template.Library()

SPRITE = "vendor/uswds/img/sprite.svg"


@lru_cache(maxsize=4)
def _sprite(static_url: str) -> str:
    """Looked up once: a page of a list has some 150 icons."""
    return static(SPRITE)


@register.simple_tag
def icon(name: str, css: str = "", title: str = "") -> SafeString:
    """A USWDS icon. Decoration unless `title` says what it means. Example: {% icon "check_circle" %}."""
    address = f"{_sprite(settings.STATIC_URL)}#{name}"
    css = f"usa-icon {css}".strip()
    if title:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}" focusable="false"><use href="{}"></use></svg>',
            css, title, address,
        )  # fmt: skip
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', css, address
    )


@register.simple_tag(takes_context=True)
def table_rows(context: Context, table: Any) -> SafeString:
    """The rows of a django-tables2 table: {% table_rows table %}."""
    return rows_html(table, context)


@register.inclusion_tag("console/_breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, Any]:
    """Label and address in turn, the page itself last without one:
    {% breadcrumbs "Agencies" agencies_url agency.name %}."""
    crumbs = [{"label": parts[i], "href": parts[i + 1]} for i in range(0, len(parts) - 1, 2)]
    if len(parts) % 2:
        crumbs.append({"label": parts[-1], "href": ""})
    return {"crumbs": crumbs}


@register.inclusion_tag("console/_breadcrumbs.html")
def breadcrumb_list(home: str, above: Sequence[tuple[str, str]], title: str) -> dict[str, Any]:
    """The same for a page that knows those above it: (label, address) each, from "Home" down to `title`."""
    crumbs = [{"label": label, "href": href} for label, href in (("Home", home), *above, (title, ""))]
    return {"crumbs": crumbs}


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """A line of the error summary; `field_id` is what it links to, "" for the form as such."""

    label: str
    message: str
    field_id: str


@register.filter
def error_lines(form: BaseForm) -> Iterator[ErrorLine]:
    for name, errors in form.errors.items():
        field = form[name] if name in form.fields else None
        for message in errors:
            label = str(field.label or "") if field is not None else ""
            yield ErrorLine(label, str(message), _target_id(field) if field is not None else "")


def _target_id(field: BoundField) -> str:
    """The id of the first control: a group of options has none of its own to put the cursor on."""
    if field.field.widget.use_fieldset and field.subwidgets:
        return str(field.subwidgets[0].id_for_label or field.auto_id)
    return str(field.id_for_label or field.auto_id)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """The present query string with changes; None or "" drops a key: {% query_with sort="name" %}."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            query.pop(key, None)
        else:
            query[key] = value
    return str(query.urlencode())


@register.filter
def as_date(value: Any) -> str:
    """A day as 2025-03-01, in the user's zone; a dash where there is none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        return value.strftime("%Y-%m-%d")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


@register.filter
def days_since(value: dt.date | None) -> int | None:
    """Whole days from `value` until today."""
    return (timezone.localdate() - value).days if value else None


@register.filter
def get_item(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key)
