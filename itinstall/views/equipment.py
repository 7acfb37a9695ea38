"""Equipment: the list, adding, status, serial number, moving."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from itinstall.choices import EquipmentStatus, RequestState
from itinstall.forms.sites import (
    EquipmentAddForm,
    EquipmentDescribeForm,
    EquipmentMoveForm,
    EquipmentStatusForm,
)
from itinstall.models import Equipment, InstallationRequest, Site
from itinstall.selectors.equipment import changeable_piece
from itinstall.selectors.sites import changeable_site
from itinstall.services import equipment as services
from itinstall.services.common import ACTION
from itinstall.views.resource_base import SiteChangePage, found_or_404, numbered, site_address
from oversight.console.change_page import ChangePage
from oversight.console.list_views import ScopedListView

__all__ = ["EquipmentAdd", "EquipmentDescribe", "EquipmentList", "EquipmentMove", "EquipmentStatusSet"]


class EquipmentList(ScopedListView):
    action = "records.view"
    list_key = "equipment"
    template_name = "itinstall/equipment_list.html"

    def extra_context(self) -> dict[str, Any]:
        return {"may_change": self.may(ACTION)}


class EquipmentAdd(ChangePage):
    """Reached from the list, or from a site (?site=SIT-…)."""

    action = ACTION
    title, button = "Add equipment", "Add equipment"
    explanation = "One piece at a time, so that each has its serial number and its own history."

    site: Site | None = None
    added: Equipment

    def find(self, **ids: Any) -> None:
        if ref := self.request.GET.get("site", ""):
            self.site = found_or_404(
                lambda: changeable_site(user=self.user, ref=ref),
                "No site of this reference that you may change.",
            )

    def make_form(self, data: Any) -> forms.Form:
        return EquipmentAddForm(data, user=self.user, site=self.site)

    @property
    def eyebrow(self) -> str:
        return f"{self.site}, {self.site.ref}" if self.site else ""

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        if self.site is None:
            return [("Equipment", reverse("itinstall:equipment_list"))]
        return [("Sites", reverse("itinstall:site_list")), (self.site.name, site_address(self.site))]

    @property
    def back(self) -> str:
        return site_address(self.site, "equipment") if self.site else reverse("itinstall:equipment_list")

    @property
    def after(self) -> str:
        return site_address(self.added.site, "equipment")

    def question(self, data: dict[str, Any]) -> str:
        serial = f"with the serial number {data['serial']}" if data["serial"] else "without a serial number"
        status = EquipmentStatus(data["status"]).label.lower()
        request = self._request(data)
        words = f", for {request.ref}" if request else ""
        return (
            f"{data['kind']} {serial} for {data['site'].name} ({data['site'].ref}){words}: {status} since "
            f"{data['on']}."
        )

    def perform(self, data: dict[str, Any]) -> None:
        self.added = services.equipment_add(
            actor=self.actor,
            site=data["site"],
            kind=data["kind"],
            serial=data["serial"],
            status=EquipmentStatus(data["status"]),
            on=data["on"],
            request=self._request(data),
        )

    def _request(self, data: dict[str, Any]) -> InstallationRequest | None:
        """The site's open request, if the piece is for it."""
        if not data["for_request"]:
            return None
        return InstallationRequest.objects.filter(site=data["site"], state=RequestState.OPEN).first()

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.added} is added. To undo, set its status to returned, with a reason."


class PiecePage(SiteChangePage):
    """One change of one piece that the person may change."""

    piece: Equipment

    def find(self, **ids: Any) -> None:
        self.piece = numbered(
            lambda pk: changeable_piece(user=self.user, pk=pk),
            ids["pk"],
            "No piece of equipment of this number that you may change.",
        )
        self.site = self.piece.site

    @property
    def eyebrow(self) -> str:
        return f"{self.piece}, {self.site}"

    @property
    def back(self) -> str:
        return site_address(self.site, "equipment")


class EquipmentStatusSet(PiecePage):
    title, button = "Set the status", "Set status"

    def make_form(self, data: Any) -> forms.Form:
        return EquipmentStatusForm(data)

    @property
    def explanation_words(self) -> str:
        return f"It is {self.piece.get_status_display().lower()} since {self.piece.status_on}."

    def extra_context(self) -> dict[str, Any]:
        return {"explanation": self.explanation_words}

    def question(self, data: dict[str, Any]) -> str:
        status = EquipmentStatus(data["status"]).label.lower()
        return (
            f"{self.piece} is {status} since {data['on']}, instead of "
            f"{self.piece.get_status_display().lower()} since {self.piece.status_on}."
        )

    def perform(self, data: dict[str, Any]) -> None:
        services.equipment_status_set(
            actor=self.actor,
            piece=self.piece,
            status=EquipmentStatus(data["status"]),
            on=data["on"],
            reason=data["reason"],
        )

    def done(self, data: dict[str, Any]) -> str:
        return "The status is set. To undo, set it back with a reason; the history shows what it was."


class EquipmentDescribe(PiecePage):
    title, button = "Change equipment", "Change equipment"

    def make_form(self, data: Any) -> forms.Form:
        request = self.piece.request
        now = {"serial": self.piece.serial, "request": request.ref if request else None}
        return EquipmentDescribeForm(data, site=self.site, initial=now)

    def question(self, data: dict[str, Any]) -> str:
        serial = f"the serial number {data['serial']}" if data["serial"] else "no serial number"
        request = f"is for {data['request'].ref}" if data["request"] else "is for no request"
        return f"This {self.piece.kind.name.lower()} has {serial} and {request}."

    def perform(self, data: dict[str, Any]) -> None:
        services.equipment_describe(actor=self.actor, piece=self.piece, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The equipment is changed. To undo, change it back; the history shows what it was."


class EquipmentMove(PiecePage):
    title, button = "Move equipment", "Move equipment"
    explanation = "To another site. It no longer counts for a request of the old one."

    def make_form(self, data: Any) -> forms.Form:
        return EquipmentMoveForm(data, user=self.user)

    def question(self, data: dict[str, Any]) -> str:
        return f"{self.piece} goes from {self.site} to {data['site']} ({data['site'].ref})."

    def perform(self, data: dict[str, Any]) -> None:
        services.equipment_move(actor=self.actor, piece=self.piece, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.piece} is at {data['site']}. To undo, move it back from there."
