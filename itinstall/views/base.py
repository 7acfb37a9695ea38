"""What pages that change a request share."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.http import urlencode

from itinstall.models import InstallationRequest
from itinstall.selectors.requests import changeable_request
from itinstall.services.common import ACTION
from oversight.console.change_page import ChangePage

__all__ = ["RequestChange", "request_address"]


def request_address(ref: str, **query: int) -> str:
    address = reverse("itinstall:request_detail", args=[ref])
    return f"{address}?{urlencode(query)}" if query else address


class RequestChange(ChangePage):
    """One change of one request that the person may change; 404 for others."""

    action = ACTION
    installation: InstallationRequest

    def find(self, **ids: Any) -> None:
        try:
            self.installation = changeable_request(user=self.user, ref=ids["ref"])
        except InstallationRequest.DoesNotExist:
            raise Http404("No request of this reference that you may change.") from None

    @property
    def eyebrow(self) -> str:
        return f"{self.installation.ref}, {self.installation.site}"

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Installations", reverse("itinstall:request_list")), (self.installation.ref, self.back)]

    @property
    def back(self) -> str:
        return request_address(self.installation.ref)

    def newest_version(self) -> int:
        return InstallationRequest.objects.values_list("version", flat=True).get(pk=self.installation.pk)
