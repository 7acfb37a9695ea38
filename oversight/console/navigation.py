"""The navigation: apps register their pages once; every page shows what the person's role opens.

register_nav(key="agencies", label="Agencies", url_name="agreements:agency_list",
             action="records.view", order=20, current=("agreements:agency",))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from oversight.access.models import User
from oversight.access.permissions import MATRIX

__all__ = ["NavItem", "NavLink", "Navigation", "all_nav", "navigation_for", "register_nav"]

Group = Literal["primary", "more"]


@dataclass(frozen=True, slots=True)
class NavItem:
    """A page in the navigation. `current`: beginnings of URL names ("agreements:agency") it stands for."""

    key: str
    label: str
    url_name: str
    action: str
    order: int
    group: Group
    current: tuple[str, ...]
    administrators_only: bool


@dataclass(frozen=True, slots=True)
class NavLink:
    """An item as one person sees it on one page. `aria_current` is "page" on the page itself, else "true"."""

    label: str
    href: str
    is_current: bool
    aria_current: str


@dataclass(frozen=True, slots=True)
class Navigation:
    primary: list[NavLink]
    more: list[NavLink]

    @property
    def current_in_more(self) -> bool:
        return any(link.is_current for link in self.more)


_items: dict[str, NavItem] = {}


def register_nav(
    *,
    key: str,
    label: str,
    url_name: str,
    action: str,
    order: int,
    group: Group = "primary",
    current: tuple[str, ...] = (),
    administrators_only: bool = False,
) -> NavItem:
    """Add a page. Raises ValueError when the key is taken, KeyError for an action outside the matrix."""
    if key in _items:
        raise ValueError(f"Two navigation items have the key {key!r}.")
    MATRIX[action]
    item = NavItem(key, label, url_name, action, order, group, current or (url_name,), administrators_only)
    _items[key] = item
    return item


def all_nav() -> list[NavItem]:
    """In the order shown."""
    return sorted(_items.values(), key=lambda item: (item.group, item.order))


def navigation_for(request: HttpRequest) -> Navigation:
    """The links for the person who asks. Empty when nobody is signed in."""
    user = request.user
    if not isinstance(user, User):
        return Navigation([], [])
    view_name = request.resolver_match.view_name if request.resolver_match else ""
    links: dict[Group, list[NavLink]] = {"primary": [], "more": []}
    for item in all_nav():
        if not MATRIX[item.action] & user.roles or (item.administrators_only and not user.is_administrator):
            continue
        try:
            href = reverse(item.url_name)
        except NoReverseMatch:
            # A part that is not installed; tests/console/test_navigation.py fails for a wrong name.
            continue
        is_current = any(view_name.startswith(start) for start in item.current)
        exact = "page" if view_name == item.url_name else "true"
        links[item.group].append(NavLink(item.label, href, is_current, exact))
    return Navigation(links["primary"], links["more"])
