"""Pages of agencies: the list, and one agency under four addresses."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from agreements import lifeline
from agreements.agency_sections import agency_sections
from agreements.choices import SupportModel
from agreements.models import Agency
from agreements.presentation import model_counts
from agreements.responsible import responsible
from agreements.selectors import agencies as selectors
from agreements.views.changes import change_lines
from agreements.views.paging import paged
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.list_views import ScopedListView
from oversight.trail.views import history_context

__all__ = ["AgencyAgreements", "AgencyChanges", "AgencyLife", "AgencyList", "AgencyNames"]

TABS = (
    ("agency_detail", "Agreements"),
    ("agency_life", "Life line"),
    ("agency_changes", "Changes"),
    ("agency_names", "Names, offices, people"),
)


class AgencyList(ScopedListView):
    action = "records.view"
    list_key = "agencies"


class AgencyPage(ActionRequired):
    """One tab of an agency. A merged reference leads, for good, to the agency it was found to be."""

    action = "records.view"
    url_name: ClassVar[str]
    template_name: ClassVar[str]

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        try:
            agency = selectors.agency_by_ref(user=self.user, ref=ref)
        except Agency.DoesNotExist:
            raise Http404("No agency of this reference in your area.") from None
        if agency.ref != ref:
            if agency.ref != ref.upper():
                messages.info(
                    request, f"{ref.upper()} was found to be the same agency as {agency.ref}, shown here."
                )
            return redirect(reverse(f"agreements:{self.url_name}", args=[agency.ref]), permanent=True)
        tabs = [
            {
                "label": label,
                "href": reverse(f"agreements:{name}", args=[agency.ref]),
                "is_current": name == self.url_name,
            }
            for name, label in TABS
        ]
        counts = model_counts(
            (model, getattr(agency, selectors.in_force_name(model))) for model in SupportModel.values
        )
        context = {"agency": agency, "tabs": tabs, "model_counts": counts, **self.tab_context(agency)}
        return render(request, self.template_name, context)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def tab_context(self, agency: Agency) -> dict[str, Any]:
        raise NotImplementedError


class AgencyAgreements(AgencyPage):
    url_name = "agency_detail"
    template_name = "agreements/agency_agreements.html"

    def tab_context(self, agency: Agency) -> dict[str, Any]:
        return {
            "agreements": selectors.agency_agreements(user=self.user, agency=agency),
            "sections": agency_sections(user=self.user, agency=agency),
        }


class AgencyLife(AgencyPage):
    url_name = "agency_life"
    template_name = "agreements/agency_life.html"

    def tab_context(self, agency: Agency) -> dict[str, Any]:
        agreements = list(selectors.agency_agreements(user=self.user, agency=agency))
        statements = list(selectors.agency_statements(user=self.user, agency=agency))
        drawing = lifeline.draw(agreements=agreements, statements=statements, today=timezone.localdate())
        return {"life": drawing, "statements": sorted(statements, key=lambda row: (row.begins_on, row.pk))}


class AgencyChanges(AgencyPage):
    url_name = "agency_changes"
    template_name = "agreements/agency_changes.html"

    def tab_context(self, agency: Agency) -> dict[str, Any]:
        page = paged(
            self.request,
            selectors.agency_changes(user=self.user, agency=agency),
            "-publication__ordered_at",
            "-pk",
        )
        history = history_context(obj=agency, user=self.user) if self.may("history.view") else {}
        return {"changes": change_lines(page.rows), "paged": page, **history}


class AgencyNames(AgencyPage):
    url_name = "agency_names"
    template_name = "agreements/agency_names.html"

    def tab_context(self, agency: Agency) -> dict[str, Any]:
        return {
            "aliases": selectors.agency_aliases(user=self.user, agency=agency),
            "doubles": Agency.objects.filter(merged_into=agency).order_by("ref"),
            "offices": selectors.agency_offices(user=self.user, agency=agency),
            "assignments": responsible().assignments(user=self.user, agency_id=agency.pk),
            "assign_href": responsible().assign_address(user=self.user, agency_ref=agency.ref),
        }
