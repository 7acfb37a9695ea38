"""What the panels of this app read once and share, and how they link to rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from django.urls import reverse

from agreements.choices import IN_FORCE, SupportModel
from agreements.selectors import dashboard
from agreements.selectors.dashboard import Lists, Reach, Waiting
from oversight.console.attention import parameters_of
from oversight.console.panels import PanelRequest

__all__ = [
    "IN_FORCE_ROWS",
    "MODELS",
    "agencies_page",
    "agreements_page",
    "lists_of",
    "mark_of",
    "publication_page",
    "reach_of",
    "waiting_of",
]

# JEM, WSO and TFM always; the historic joint model where it occurs.
MODELS = (SupportModel.JEM.value, SupportModel.WSO.value, SupportModel.TFM.value)
IN_FORCE_ROWS = [status.value for status in IN_FORCE]


def lists_of(request: PanelRequest) -> Lists:
    return request.once("agreements.lists", dashboard.published_lists)


def reach_of(request: PanelRequest) -> Reach | None:
    return request.once("agreements.reach", lambda: dashboard.reach(user=request.user, today=request.today))


def mark_of(request: PanelRequest, *parts: object) -> str:
    """The mark of a panel that shows `parts` alone; "" for who has records of the own beside them."""
    if reach_of(request) is not None:
        return ""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def waiting_of(request: PanelRequest) -> Mapping[str, Waiting]:
    """Pending and missing agreements within the person's scope."""
    lists = lists_of(request)
    near = dashboard.removed_next(lists=lists, parameters=parameters_of(request))
    return request.once(
        "agreements.waiting",
        lambda: dashboard.waiting(
            user=request.user, today=request.today, lists=lists, near=near, reach=reach_of(request)
        ),
    )


def agreements_page(**filters: str | Sequence[str]) -> str:
    """The list of agreements cut to `filters`."""
    return _address(reverse("agreements:agreement_list"), filters)


def agencies_page(**filters: str | Sequence[str]) -> str:
    return _address(reverse("agreements:agency_list"), filters)


def _address(page: str, filters: Mapping[str, str | Sequence[str]]) -> str:
    return f"{page}?{urlencode(filters, doseq=True)}" if filters else page


def publication_page(pk: int, kind: str = "") -> str:
    """The address of a list, or of its changes of one kind."""
    address = reverse("agreements:publication_detail", args=[pk])
    return f"{address}?kind={kind}" if kind else address
