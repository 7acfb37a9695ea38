"""Pages of field offices."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from agreements.choices import SupportModel
from agreements.presentation import model_counts
from agreements.responsible import responsible
from agreements.selectors import offices as selectors
from agreements.selectors.agencies import in_force_name
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.list_views import ScopedListView

__all__ = ["OfficeDetail", "OfficeList"]


class OfficeList(ScopedListView):
    action = "records.view"
    list_key = "offices"


class OfficeDetail(ActionRequired):
    """Its area by date, its figures, its program managers."""

    action = "records.view"

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        user = cast(User, request.user)
        office = selectors.office_list(user=user).filter(pk=slug).first()
        if office is None:
            raise Http404("No field office of this name.")
        today = timezone.localdate()
        return render(
            request,
            "agreements/office_detail.html",
            {
                "office": office,
                "today": today,
                "areas": selectors.office_areas(user=user, office=office),
                "managers": responsible().managers(user=user, office=office.pk, on=today),
                "model_counts": model_counts(
                    (model, getattr(office, in_force_name(model))) for model in SupportModel.values
                ),
            },
        )
