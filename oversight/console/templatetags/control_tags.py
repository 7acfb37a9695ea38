"""What the templates of form controls say for each attribute and option: written in one go, since a page of
a list has some 30 controls and 150 options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template import Context
from django.template.base import render_value_in_context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

INVALID = "usa-input--error"


@register.simple_tag
def control_attrs(attrs: Mapping[str, Any], base: str = "") -> SafeString:
    """The attributes of a control, its classes after `base`: {% control_attrs widget.attrs "usa-input" %}.
    With a `base`, what Django marked as refused looks so."""
    parts = []
    classes = [base, str(attrs.get("class") or "")]
    if any(classes):
        if base and attrs.get("aria-invalid") == "true":
            classes.append(INVALID)
        parts.append(f' class="{" ".join(conditional_escape(name) for name in classes if name)}"')
    for name, value in attrs.items():
        if value is False or name == "class":
            continue
        text = "" if value is True else f'="{_escaped(value)}"'
        parts.append(f" {conditional_escape(name)}{text}")
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above


@register.simple_tag(takes_context=True)
def select_options(
    context: Context, groups: Iterable[tuple[Any, Iterable[Mapping[str, Any]], int]]
) -> SafeString:
    """The options of a select, in their groups: {% select_options widget.optgroups %}."""
    parts = []
    for group, options, _ in groups:
        if group:
            parts.append(f'\n  <optgroup label="{render_value_in_context(group, context)}">')
        for option in options:
            label = option["label"]
            text = (
                conditional_escape(label)
                if isinstance(label, str)
                else render_value_in_context(label, context)
            )
            attrs = control_attrs(option["attrs"]) if option["attrs"] else ""
            parts.append(f'\n  <option value="{_escaped(option["value"])}"{attrs}>{text}</option>')
        if group:
            parts.append("\n  </optgroup>")
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above


def _escaped(value: Any) -> str:
    """As a text, never as a number of the page's language."""
    return conditional_escape(value if isinstance(value, str) else str(value))
