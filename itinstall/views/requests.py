"""Installation requests: the list, those that are stuck, one, and a new one."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from agreements.models import Agency
from itinstall.choices import Priority, RequestState
from itinstall.forms.requests import NEW_SITE, AgencyChoiceForm, NewRequestForm
from itinstall.models import InstallationRequest, Site
from itinstall.selectors.detail import request_for_page, request_page
from itinstall.selectors.equipment import equipment_list
from itinstall.selectors.forecasts import newest_of_request
from itinstall.selectors.sites import changeable_agencies, changeable_site, changeable_sites
from itinstall.selectors.usual import FEWEST, usual_days
from itinstall.services.common import ACTION, PLAN_ACTION
from itinstall.services.requests import request_create
from itinstall.services.sites import site_create
from itinstall.views.base import request_address
from itinstall.views.sites import isa_cards
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.change_page import ChangePage
from oversight.console.list_views import ScopedListView

__all__ = ["RequestCreate", "RequestDetail", "RequestList", "StuckList"]


class RequestList(ScopedListView):
    action = "records.view"
    list_key = "installation_requests"
    template_name = "itinstall/request_list.html"

    def extra_context(self) -> dict[str, Any]:
        return {"may_change": self.may(ACTION)}


class StuckList(ScopedListView):
    action = "records.view"
    list_key = "installation_stuck"
    template_name = "itinstall/stuck.html"

    def extra_context(self) -> dict[str, Any]:
        return {"fewest": FEWEST, "usual": usual_days(on=timezone.localdate()).values()}


class RequestDetail(ActionRequired):
    """Facts, clocks, timeline, what the site has, the history of the record."""

    action = "records.view"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        user = cast(User, request.user)
        try:
            found = request_for_page(user=user, ref=ref)
        except InstallationRequest.DoesNotExist:
            raise Http404("No request of this reference in your area.") from None
        context = request_page(user=user, request=found)
        may_change = context["may_change"]
        context |= {
            "may_plan": self.may(PLAN_ACTION),
            "may_read_history": self.may("history.view"),
            "is_open": found.state == RequestState.OPEN,
            "forecast": newest_of_request(request=found) if found.state == RequestState.OPEN else None,
            "isas": isa_cards(found.site),
            "pieces": list(equipment_list(user=user).filter(site=found.site).order_by("kind__name", "pk")),
            "entered": self._just_entered("entered", context["steps"]) if may_change else None,
            "held": self._just_entered("held", context["holds"]) if may_change else None,
        }
        return render(request, "itinstall/request_detail.html", context)

    def _just_entered(self, name: str, lines: list[Any]) -> Any:
        """The entry that the person just made, to offer the way back."""
        text = self.request.GET.get(name, "")
        standing = (line.entry for line in lines if not line.is_withdrawn)
        return next((entry for entry in standing if str(entry.pk) == text), None)


class RequestCreate(ChangePage):
    """For a site (?site=SIT-…) or an agency (?agency=LEA-…); without either it asks for the agency."""

    action = ACTION
    title, button = "New installation request", "Submit request"
    template_name = "itinstall/request_new.html"

    agency: Agency | None = None
    site: Site | None = None
    choice: AgencyChoiceForm
    created: InstallationRequest

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponse:
        self.find(**ids)
        if self.agency is None:
            return self._ask_agency()
        return self.show(self.make_form(None))

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponse:
        self.find(**ids)
        if self.agency is None:
            self.choice = AgencyChoiceForm(request.POST, user=self.user)
            if not self.choice.is_valid():
                return self.show(self.choice, status=422)
            return redirect(f"{request.path}?{urlencode({'agency': self.choice.cleaned_data['agency'].ref})}")
        return super().post(request, **ids)

    def _ask_agency(self) -> HttpResponse:
        return self.show(AgencyChoiceForm(None, user=self.user))

    def find(self, **ids: Any) -> None:
        site, agency = self.request.GET.get("site", ""), self.request.GET.get("agency", "")
        try:
            if site:
                self.site = changeable_site(user=self.user, ref=site.upper())
                self.agency = self.site.agency
            elif agency:
                self.agency = changeable_agencies(user=self.user).get(ref=agency.upper())
        except (Site.DoesNotExist, Agency.DoesNotExist):
            raise Http404("No site or agency of this reference that you may change.") from None

    def make_form(self, data: Any) -> forms.Form:
        agency = cast(Agency, self.agency)
        rows = changeable_sites(user=self.user).filter(agency=agency, is_closed=False).order_by("name", "pk")
        return NewRequestForm(
            data,
            agency=agency,
            sites=[] if self.site else list(rows),
            site=self.site,
            plans=self.may(PLAN_ACTION),
        )

    def extra_context(self) -> dict[str, Any]:
        return {"asks_agency": self.agency is None}

    @property
    def eyebrow(self) -> str:
        if self.site is not None:
            return f"{self.site}, {self.site.ref}"
        return f"{self.agency.name}, {self.agency.ref}" if self.agency is not None else ""

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Installations", reverse("itinstall:request_list"))]

    @property
    def back(self) -> str:
        if self.agency is not None and self.site is None:
            return reverse("agreements:agency_detail", args=[self.agency.ref])
        return reverse("itinstall:request_list")

    @property
    def after(self) -> str:
        return request_address(self.created.ref)

    def perform(self, data: dict[str, Any]) -> None:
        agency = cast(Agency, self.agency)
        with transaction.atomic():
            site = self.site
            if site is None and data["site"] == NEW_SITE:
                site = site_create(actor=self.actor, agency=agency, name=data["new_site"])
            elif site is None:
                site = changeable_sites(user=self.user).get(ref=data["site"], agency=agency)
            self.created = request_create(
                actor=self.actor,
                site=site,
                on=data["on"],
                agreement=data["agreement"],
                priority=data.get("priority") or Priority.NORMAL,
                note=data["note"],
            )

    def question(self, data: dict[str, Any]) -> str:
        made = self.created  # of the rehearsal: what the service would decide
        new = "the new site " if data.get("site") == NEW_SITE else ""
        words = f"A request for {new}{made.site} is submitted on {data['on']}."
        agreement, target = made.agreement, made.policy.target_days
        if agreement is None:
            return f"{words} No agreement of the agency starts a clock for it."
        signed = f"signed {agreement.signed_on}" if agreement.signed_on else "once its signing day is known"
        return f"{words} Its clock starts with {agreement.ref}, {signed}; the target is {target} days."

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.created.ref} is submitted. To undo, cancel it."
