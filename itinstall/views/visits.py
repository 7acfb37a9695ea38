"""Visits of installers to sites: planning, moving, removing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from itinstall.forms.plans import VisitForm, VisitMoveForm
from itinstall.forms.sites import WithdrawForm
from itinstall.models import InstallationVisit, Installer
from itinstall.months import Month
from itinstall.selectors.installers import installer_by_pk, visit_by_pk
from itinstall.services import installers as services
from itinstall.services.common import PLAN_ACTION
from itinstall.views.resource_base import numbered
from oversight.console.change_page import MAX_ID, ChangePage

__all__ = ["VisitMove", "VisitPlan", "VisitRemove"]


def calendar_address(installer: Installer, month: Month | None = None) -> str:
    address = reverse("itinstall:installer_detail", args=[installer.pk])
    return f"{address}?month={month.text}" if month else address


class VisitPlan(ChangePage):
    """Reached from a calendar (?installer=3), from a request (?request=ITR-…), or from the month of all."""

    action = PLAN_ACTION
    title, button = "Plan a visit", "Plan visit"
    explanation = (
        "An installer works at a request’s site. Only requests in a stage that needs one are planned."
    )

    installer: Installer | None = None
    planned: InstallationVisit

    def find(self, **ids: Any) -> None:
        number = self.request.GET.get("installer", "")
        if number:
            digits = number.isascii() and number.isdigit() and len(number) <= 18
            self.installer = numbered(
                lambda pk: installer_by_pk(user=self.user, pk=pk),
                int(number) if digits else MAX_ID + 1,
                "No installer of this number.",
            )

    def make_form(self, data: Any) -> forms.Form:
        initial = {
            "installer": self.installer.pk if self.installer else None,
            "request": self.request.GET.get("request", "")[:40],
        }
        return VisitForm(data, user=self.user, initial=initial)

    @property
    def eyebrow(self) -> str:
        return self.installer.name if self.installer else ""

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Installers", reverse("itinstall:installer_list"))]

    @property
    def back(self) -> str:
        return calendar_address(self.installer) if self.installer else reverse("itinstall:installer_months")

    @property
    def after(self) -> str:
        return calendar_address(self.planned.installer, Month.of(self.planned.begins_on))

    def question(self, data: dict[str, Any]) -> str:
        request = data["request"]
        return (
            f"{data['installer'].name} is at {request.site} for {request.ref} from {data['begins_on']} until "
            f"{data['ends_on']}, that day not included."
        )

    def perform(self, data: dict[str, Any]) -> None:
        self.planned = services.visit_plan(actor=self.actor, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The visit is planned. To undo, remove it below."


class VisitPage(ChangePage):
    """One change of one visit."""

    action = PLAN_ACTION
    visit: InstallationVisit

    def find(self, **ids: Any) -> None:
        self.visit = numbered(
            lambda pk: visit_by_pk(user=self.user, pk=pk), ids["pk"], "No visit of this number."
        )

    @property
    def eyebrow(self) -> str:
        visit = self.visit
        days = f"from {visit.begins_on} until {visit.ends_on}"
        return f"{visit.installer.name} at {visit.request.site.name}, {days}"

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        installer = self.visit.installer
        return [
            ("Installers", reverse("itinstall:installer_list")),
            (installer.name, calendar_address(installer)),
        ]

    @property
    def back(self) -> str:
        return calendar_address(self.visit.installer, Month.of(self.visit.begins_on))


class VisitMove(VisitPage):
    title, button = "Move a visit", "Move visit"

    moved: InstallationVisit

    def make_form(self, data: Any) -> forms.Form:
        visit = self.visit
        now = {"installer": visit.installer_id, "begins_on": visit.begins_on, "ends_on": visit.ends_on}
        return VisitMoveForm(data, initial=now)

    @property
    def after(self) -> str:
        return calendar_address(self.moved.installer, Month.of(self.moved.begins_on))

    def question(self, data: dict[str, Any]) -> str:
        return (
            f"{data['installer'].name} is at {self.visit.request.site} for {self.visit.request.ref} from "
            f"{data['begins_on']} until {data['ends_on']}, that day not included."
        )

    def perform(self, data: dict[str, Any]) -> None:
        self.moved = services.visit_move(actor=self.actor, visit=self.visit, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The visit is moved. To undo, move it back; the history of the request shows where it was."


class VisitRemove(VisitPage):
    title, button, danger = "Remove a visit", "Remove visit", True

    def make_form(self, data: Any) -> forms.Form:
        return WithdrawForm(data)

    def question(self, data: dict[str, Any]) -> str:
        return f"{self.visit.installer.name} does not go to {self.visit.request.site}."

    def perform(self, data: dict[str, Any]) -> None:
        services.visit_remove(actor=self.actor, visit=self.visit, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The visit is removed. To undo, plan it again."
