"""Figures and bars of panels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from oversight.console.figures import Shown
from oversight.console.templatetags.console_tags import as_date
from oversight.console.tiles import Tile, change_words, parts_words, target_words
from oversight.console.usmap import UsMap
from oversight.metrics.words import value_words

if TYPE_CHECKING:
    from oversight.console.changes import ChangeRow

register = template.Library()

LABEL_SIZE = 19  # of figures on a map of the whole country, in units of the drawing


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


@register.inclusion_tag("console/panels/_tile.html")
def tile(item: Tile) -> dict[str, Any]:
    """A figure on a tile: {% tile item %}."""
    shown = item.shown
    return {
        "tile": item,
        "change": change_words(shown) if shown else "",
        "parts": parts_words(shown) if shown else "",
        "target": target_words(shown) if shown else "",
        "met": shown.met if shown else None,
    }


@register.simple_tag
def shown_figure(shown: Shown | None, label: str) -> SafeString:
    """A figure of a snapshot that opens its explanation: {% shown_figure x "Texas" %}.

    `label` is for screen readers. Where there is no figure, a dash and the reason.
    """
    return mark_safe(_figure_html(shown, label))  # noqa: S308 - escaped there


@register.simple_tag
def figure_cells(label: str, *figures: Shown | str | None) -> SafeString:
    """Cells of a row: a word, then the figure it is about, in turn.

    {% figure_cells row.label "in force" row.in_force "agencies" row.agencies %}. A page has hundreds of them:
    written here, not by a template for each.
    """
    cells = [
        f'<td class="numeric">{_figure_html(shown, f"{label}, {word}")}</td>'  # type: ignore[arg-type]
        for word, shown in zip(figures[::2], figures[1::2], strict=True)
    ]
    return mark_safe("".join(cells))  # noqa: S308 - escaped in _figure_html


def _figure_html(shown: Shown | None, label: str) -> str:
    if shown is None:
        return '<span class="figure figure--none">–<span class="usa-sr-only"> none</span></span>'
    if shown.value is None:
        reason = f'<span class="figure__reason">{escape(shown.reason)}</span>'
        return f'<span class="figure figure--none">– {reason}</span>'
    text = escape(value_words(shown.metric, shown.value))
    css = "figure" if shown.value else "figure figure--none"
    href = shown.href
    if not href:
        return f'<span class="{css}">{text}</span>'
    said = f'<span class="usa-sr-only"> {escape(label)}</span>'
    return f'<a class="{css}" href="{escape(href)}">{text}{said}</a>'


@register.simple_tag
def change_rows(rows: Iterable[ChangeRow]) -> SafeString:
    """Lines of the table of what changed: {% change_rows section.rows %}. Hundreds too, so written here."""
    return mark_safe("".join(map(_change_row, rows)))  # noqa: S308 - escaped there


def _change_row(row: ChangeRow) -> str:
    subject = escape(row.subject)
    who = f'<a href="{escape(row.href)}">{subject}</a>' if row.href else subject
    return (
        f'<tr><td class="date" data-label="On">{as_date(row.on)}</td>'
        f'<td data-label="What">{escape(row.what)}</td><th scope="row">{who}</th>'
        f'<td class="break-any" data-label="Before">{escape(row.before or "–")}</td>'
        f'<td class="break-any" data-label="After">{escape(row.after or "–")}</td>'
        f'<td class="break-any" data-label="Why">{escape(row.why or "–")}</td></tr>'
    )


@register.filter
def whole(value: Any) -> int:
    """A figure as a number to draw with; 0 where there is none."""
    return int(value.value) if value is not None and value.value is not None else 0


# Class → ground, and the mark on it: told apart in grey as well, and on paper.
PATTERNS = (
    ("#eceef0", ""),
    ("#dcecfb", ""),
    ("#a9d0f0", '<circle cx="4" cy="4" r="1.3" fill="#1f5f9e"/>'),
    ("#6aa7dc", '<path d="M-2,6L6,-2M2,10L10,2" stroke="#12365f" stroke-width="1.2"/>'),
    ("#2d6fb0", '<path d="M-2,6L6,-2M2,10L10,2M-2,2L6,10M2,-2L10,6" stroke="#0b2545" stroke-width="1.1"/>'),
    ("#162e51", ""),
)


@register.simple_tag
def map_patterns(scale: float) -> SafeString:
    """The fills of a map's classes, which look the same at any `scale` of the drawing, and of its legend."""
    patterns = "".join(
        f'<pattern id="{name}-{shade}" width="8" height="8" patternUnits="userSpaceOnUse"'
        f' patternTransform="scale({size:.3f})"><rect width="8" height="8" fill="{ground}"/>{mark}</pattern>'
        for shade, (ground, mark) in enumerate(PATTERNS)
        for name, size in (("us-map", scale), ("us-map-key", 1.0))
    )
    return mark_safe(f"<defs>{patterns}</defs>")  # noqa: S308 - fixed marks and a number


@register.simple_tag
def map_labels(map: UsMap) -> SafeString:
    """The figures on a map, of one size on the page at any scale of the drawing."""
    size = f"{LABEL_SIZE * map.scale:.2f}"
    return format_html_join(
        "",
        '<text class="us-map__figure" x="{}" y="{}" font-size="{}" stroke-width="{}">{}</text>',
        ((label.x, label.y, size, f"{LABEL_SIZE * map.scale / 4:.2f}", label.text) for label in map.labels),
    )


@register.simple_tag
def map_shapes(map: UsMap) -> SafeString:
    """The places of a map by class, each with its words: up to thousands, so written here."""
    parts, with_links = [], map.has_links
    for group in map.groups:
        parts.append(f'<g class="us-map__class" fill="url(#us-map-{group.shade})">')
        for shape in group.shapes:
            words, href = escape(shape.place.label), shape.place.href
            role = f' role="img" aria-label="{words}"' if with_links and not href else ""
            drawn = f'<use href="{shape.outline}"{role}><title>{words}</title></use>'
            parts.append(f'<a href="{escape(href)}" aria-label="{words}">{drawn}</a>' if href else drawn)
        parts.append("</g>")
    return mark_safe("".join(parts))  # noqa: S308 - words and addresses are escaped above
