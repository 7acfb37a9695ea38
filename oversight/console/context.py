"""What every template gets as `site`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.console.navigation import Navigation, navigation_for
from oversight.console.version import software_version

__all__ = ["SITE_NAME", "Site", "site"]

SITE_NAME = "287(g) program oversight"
SAMPLE_KEY = "console.sample_loaded"


def address_or_blank(name: str) -> str:
    """The address of a page of another part, or "" where that part is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


class Site:
    """Names, navigation and notes of the frame. Each costs something only when a template asks for it."""

    name = SITE_NAME

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def nav(self) -> Navigation:
        return navigation_for(self._request)

    @cached_property
    def version(self) -> str:
        return software_version()

    @cached_property
    def home_url(self) -> str:
        return address_or_blank("console:home") or "/"

    @cached_property
    def search_url(self) -> str:
        return address_or_blank("console:search")

    @cached_property
    def sign_out_url(self) -> str:
        return address_or_blank("access:sign_out")

    @cached_property
    def role_label(self) -> str:
        user = self._request.user
        if not isinstance(user, User):
            return ""
        labels = [Role(user.role).label] if user.role else []
        return " and ".join([*labels, *(["Administrator"] if user.is_administrator else [])]) or "No role"

    @cached_property
    def may_export(self) -> bool:
        """Whether buttons that start an export are shown."""
        user = self._request.user
        return isinstance(user, User) and may(person(user), "export.create")

    @cached_property
    def sample_loaded(self) -> bool:
        """Whether the synthetic sample is in. Asked of the database once in five minutes."""
        known = cache.get(SAMPLE_KEY)
        if known is None:
            known = User.objects.filter(is_synthetic=True).exists()
            cache.set(SAMPLE_KEY, known, 300)
        return bool(known)


def site(request: HttpRequest) -> dict[str, Any]:
    return {"site": Site(request)}
