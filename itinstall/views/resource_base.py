"""What pages of sites, ISAs, equipment and installers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from django.urls import reverse

from itinstall.models import Site
from itinstall.selectors.sites import changeable_site
from itinstall.services.common import ACTION
from oversight.console.change_page import MAX_ID, ChangePage

__all__ = ["SITES", "SiteChangePage", "found_or_404", "numbered", "site_address"]

T = TypeVar("T")
SITES = ("Sites", "itinstall:site_list")


def found_or_404(find: Callable[[], T], words: str) -> T:
    """What `find` finds; Http404 with `words` when it raises that there is none within reach."""
    try:
        return find()
    except ObjectDoesNotExist:
        raise Http404(words) from None


def numbered(find: Callable[[int], T], pk: int, words: str) -> T:
    """The same by a number from an address; one that fits no database is nobody's."""
    if pk > MAX_ID:
        raise Http404(words)
    return found_or_404(lambda: find(pk), words)


def site_address(site: Site, part: str = "") -> str:
    return reverse("itinstall:site_detail", args=[site.ref]) + (f"#{part}" if part else "")


class SiteChangePage(ChangePage):
    """One change of something at a site that the person may change; 404 for others."""

    action = ACTION
    site: Site

    def find(self, **ids: Any) -> None:
        self.site = found_or_404(
            lambda: changeable_site(user=self.user, ref=ids["ref"]),
            "No site of this reference that you may change.",
        )

    @property
    def eyebrow(self) -> str:
        return f"{self.site}, {self.site.ref}"

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        label, name = SITES
        return [(label, reverse(name)), (self.site.name, site_address(self.site))]

    @property
    def back(self) -> str:
        return site_address(self.site)
