"""This app in the navigation, and its pages among themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from itinstall.selectors.delay_types import Asked
from oversight.console.navigation import register_nav

__all__ = ["PAGES", "PageTab", "register_pages", "rows_url"]


@dataclass(frozen=True, slots=True)
class PageTab:
    """A page beside the others. `action`: the line of the permission matrix that opens it."""

    label: str
    url_name: str
    action: str = "records.view"


# In the order shown.
PAGES = (
    PageTab("Requests", "itinstall:request_list"),
    PageTab("Board", "itinstall:board"),
    PageTab("Stuck", "itinstall:stuck"),
    PageTab("Delays", "itinstall:delays", "aggregates.view"),
    PageTab("Forecast", "itinstall:forecast", "aggregates.view"),
    PageTab("Sites", "itinstall:site_list"),
    PageTab("ISAs", "itinstall:isa_list"),
    PageTab("Equipment", "itinstall:equipment_list"),
    PageTab("Installers", "itinstall:installer_list"),
    PageTab("Policy", "itinstall:policy_list", "aggregates.view"),
    PageTab("Published", "itinstall:published_list", "aggregates.view"),
)


def register_pages() -> None:
    """Called once, when the app is ready."""
    register_nav(
        key="installations", label="Installations", url_name="itinstall:request_list",
        action="records.view", order=37, current=("itinstall:",),
    )  # fmt: skip


def rows_url(asked: Asked, part: str, **more: Any) -> str:
    """The address of the requests behind a number of the page of delays, cut as the page is. `more`: what
    `selectors.delay_rows.Behind` names, and other filters than the page's; None takes one away."""
    query = {"part": part, "as_of": asked.as_of, "office": asked.office, "model": asked.model}
    query |= {"year": asked.year} | more
    kept = {name: value for name, value in query.items() if value is not None and value != ""}
    return f"{reverse('itinstall:delay_rows')}?{urlencode(kept)}"
