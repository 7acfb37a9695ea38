"""Figures and bars of panels."""

from __future__ import annotations

from typing import Any, Protocol

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


class ScopedCount(Protocol):
    """How many there are (`n`), how many of them the person reaches (`mine`)."""

    n: int
    mine: int

    @property
    def is_open(self) -> bool: ...


@register.simple_tag
def figure(count: ScopedCount, href: str, label: str) -> SafeString:
    """A figure that opens its rows: {% figure program.listed url "Texas, listed" %}.

    A link only where the rows behind it are exactly those counted. Where the person's scope holds some of
    them, these follow as a figure of their own. `label` is for screen readers. `href` "": no such list.
    """
    shown = intcomma(count.n)
    if count.is_open and href:
        return format_html(
            '<a class="figure" href="{}">{}<span class="usa-sr-only"> {}</span></a>', href, shown, label
        )
    if count.mine and href and not count.is_open:
        return format_html(
            '<span class="figure">{}</span> <a class="figure__mine" href="{}">{} yours'
            '<span class="usa-sr-only">: {}</span></a>',
            shown, href, intcomma(count.mine), label,
        )  # fmt: skip
    return format_html('<span class="figure{}">{}</span>', "" if count.n else " figure--none", shown)


@register.simple_tag
def bar(value: int, largest: int) -> SafeString:
    """A bar beside a figure in a table. Decoration: the figure says the same."""
    width = round(100 * value / largest, 1) if largest else 0
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bar__track" width="100" height="8"></rect>'
        '<rect class="bar__fill" width="{}" height="8"></rect></svg>',
        width,
    )


@register.filter
def plural(n: Any, words: str) -> str:
    """The word for a number of things: {{ n|plural:"agency,agencies" }}."""
    one, many = words.split(",")
    return one if n == 1 else many
