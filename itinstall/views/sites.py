"""Sites: the list, one with all that is there, adding and changing."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from agreements.models import Agency
from agreements.selectors.agencies import agency_by_ref
from itinstall.choices import RequestState
from itinstall.forms.sites import SiteChangeForm, SiteForm
from itinstall.models import Isa, IsaStep, Site
from itinstall.selectors.equipment import equipment_list
from itinstall.selectors.isas import isas_of_site, marks_of, steps_of_isas
from itinstall.selectors.requests import installation_requests
from itinstall.selectors.sites import changeable_agencies, changeable_sites, site_by_ref
from itinstall.services.common import ACTION
from itinstall.services.sites import site_change, site_create
from itinstall.views.resource_base import SITES, SiteChangePage, found_or_404, site_address
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.change_page import ChangePage
from oversight.console.list_views import ScopedListView
from oversight.trail.views import history_context

__all__ = ["SiteChange", "SiteCreate", "SiteDetail", "SiteList"]

HISTORY = 5  # entries at first; the others one click away


class SiteList(ScopedListView):
    action = "records.view"
    list_key = "sites"
    template_name = "itinstall/site_list.html"

    def extra_context(self) -> dict[str, Any]:
        return {"may_change": self.may(ACTION)}


class SiteDetail(ActionRequired):
    """One site: requests, ISAs with the days they lay with each party, equipment, history."""

    action = "records.view"

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        user = cast(User, request.user)
        site = found_or_404(
            lambda: site_by_ref(user=user, ref=ref), "No site of this reference in your area."
        )
        may_change = self.may(ACTION) and changeable_sites(user=user).filter(pk=site.pk).exists()
        requests = list(installation_requests(user=user).filter(site=site).order_by("-pk"))
        isas = isa_cards(site)
        pieces = equipment_list(user=user).filter(site=site)
        context = {
            "place": site,  # “site” is the product’s own in every template
            "may_change": may_change,
            "requests": requests,
            "has_open": any(row.state == RequestState.OPEN for row in requests),
            "isas": isas,
            "may_begin_isa": may_change and not site.is_closed and not (isas and isas[0]["lies_with"]),
            "pieces": list(pieces.order_by("kind__name", "serial", "pk")),
            **(history_context(obj=site, user=user, size=HISTORY) if self.may("history.view") else {}),
        }
        return render(request, "itinstall/site_detail.html", context)


def isa_cards(site: Site) -> list[dict[str, Any]]:
    """Each ISA of the site, newest first, with its steps and days up to today. Two queries."""
    isas = isas_of_site(site=site)
    steps: dict[int, list[IsaStep]] = {isa.pk: [] for isa in isas}
    for step in steps_of_isas(isas=isas):
        steps[step.isa_id].append(step)
    return [_isa_card(isa, steps[isa.pk]) for isa in isas]


def _isa_card(isa: Isa, steps: list[IsaStep]) -> dict[str, Any]:
    today = timezone.localdate()
    replaced = {step.corrects_id for step in steps}
    standing = [step for step in steps if step.pk not in replaced and not step.is_withdrawal]
    marks = marks_of(standing)
    return {
        "isa": isa,
        "kind": marks.last.kind if marks.last else None,
        "on": marks.last.on if marks.last else None,
        "lies_with": marks.lies_with,
        "is_signed": marks.signed_on is not None,
        "is_over": marks.ended_on is not None,
        "ice_days": marks.ice_days(today),
        "agency_days": marks.agency_days(today),
        "steps": [
            {"step": step, "stands": step in standing, "replaced": step.pk in replaced} for step in steps
        ],
        "n_replaced": len(replaced - {None}),
    }


class SiteCreate(ChangePage):
    """Reached from the list, or from an agency (?agency=LEA-…)."""

    action = ACTION
    title, button = "Add a site", "Add site"
    explanation = (
        "A site is a place of an agency where ICE equipment stands. Each has its own ISA and installation."
    )

    agency: Agency | None = None
    created: Site

    def find(self, **ids: Any) -> None:
        if ref := self.request.GET.get("agency", ""):
            self.agency = found_or_404(
                lambda: changeable_agencies(user=self.user).get(pk=agency_by_ref(user=self.user, ref=ref).pk),
                "No agency of this reference that you may change.",
            )

    def make_form(self, data: Any) -> forms.Form:
        return SiteForm(data, user=self.user, agency=self.agency)

    @property
    def eyebrow(self) -> str:
        return f"{self.agency.name}, {self.agency.ref}" if self.agency else ""

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [(SITES[0], reverse(SITES[1]))]

    @property
    def back(self) -> str:
        return reverse(SITES[1])

    @property
    def after(self) -> str:
        return site_address(self.created)

    def question(self, data: dict[str, Any]) -> str:
        return f"{data['agency'].name} ({data['agency'].ref}) has a site named {data['name']}."

    def perform(self, data: dict[str, Any]) -> None:
        self.created = site_create(actor=self.actor, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.created.name} is added as {self.created.ref}. To undo, close it."


class SiteChange(SiteChangePage):
    title, button = "Change site", "Change site"

    def make_form(self, data: Any) -> forms.Form:
        now = {"name": self.site.name, "note": self.site.note, "is_closed": self.site.is_closed}
        return SiteChangeForm(data, initial=now)

    def question(self, data: dict[str, Any]) -> str:
        words = f"{self.site.ref} is named {data['name']}"
        words += f", with the note “{data['note']}”." if data["note"] else ", without a note."
        if data["is_closed"] != self.site.is_closed:
            words += (
                " It is closed: no new request, ISA or equipment."
                if data["is_closed"]
                else " It is used again."
            )
        return words

    def perform(self, data: dict[str, Any]) -> None:
        site_change(actor=self.actor, site=self.site, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{data['name']} is changed. To undo, change it back; the history shows what it was."
