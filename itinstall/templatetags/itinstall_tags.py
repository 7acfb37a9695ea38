"""What templates of installations ask for: the row of pages, badges."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from itinstall import presentation
from itinstall.choices import Party
from itinstall.navigation import PAGES, rows_url
from itinstall.selectors.delay_types import Asked
from oversight.access.guards import actor_of
from oversight.access.permissions import may

register = template.Library()

register.filter("clock_badge", presentation.clock_badge)
register.filter("clock_words", presentation.clock_words)
register.filter("hold_badge", presentation.hold_badge)
register.filter("hold_words", presentation.hold_words)
register.filter("state_badge", presentation.state_badge)
register.filter("priority_words", presentation.priority_words)


@register.filter
def party_words(value: str) -> str:
    """Example: "ocio" as "OCIO"."""
    return str(Party(value).label)


@register.inclusion_tag("itinstall/_tabs.html", takes_context=True)
def installation_tabs(context: Context) -> dict[str, Any]:
    """The pages of installations that the person's role opens, the present one marked."""
    request = context["request"]
    here = request.resolver_match.view_name
    actor = actor_of(request)
    tabs = [
        {"label": page.label, "href": reverse(page.url_name), "is_current": page.url_name == here}
        for page in PAGES
        if may(actor, page.action)
    ]
    return {"tabs": tabs}


@register.simple_tag
def behind(asked: Asked, part: str, *names_and_values: Any) -> str:
    """The address of the requests behind a number of the page of delays, cut as the page is:
    {% behind asked "left" "stage" line.key %}. A None is left out."""
    return rows_url(asked, part, **dict(zip(names_and_values[::2], names_and_values[1::2], strict=True)))
