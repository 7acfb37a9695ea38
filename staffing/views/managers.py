"""Pages of program managers: the list, one with the portfolio by date, entering and ending."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from agreements.views.paging import paged
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.list_views import ScopedListView
from staffing import selectors, services
from staffing.forms import DayForm, ProgramManagerEndForm, ProgramManagerForm
from staffing.models import ProgramManager
from staffing.views.base import ChangePage, manager_address, visible_manager

__all__ = ["ProgramManagerCreate", "ProgramManagerDetail", "ProgramManagerEnd", "ProgramManagerList"]

SUGGESTED = 25


class ProgramManagerList(ScopedListView):
    action = "records.view"
    list_key = "program_managers"
    template_name = "staffing/manager_list.html"

    def extra_context(self) -> dict[str, Any]:
        return {"may_change": self.may(services.ACTION)}


class ProgramManagerDetail(ActionRequired):
    """Portfolio on a day, all assignments, and for headquarters agencies of the office without a primary."""

    action = "records.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = cast(User, request.user)
        manager = visible_manager(user=user, pk=pk)
        today = timezone.localdate()
        form = DayForm(request.GET if "on" in request.GET else None)
        refused = form.is_bound and not form.is_valid()
        on: date = (not refused and form.is_bound and form.cleaned_data["on"]) or today
        rows = list(selectors.portfolio(user=user, manager=manager, on=on))
        may_change = self.may(services.ACTION)
        everything = selectors.assignment_list(user=user).filter(program_manager=manager)
        context = {
            "manager": manager,
            "today": today,
            "on": on,
            "form": form if form.is_bound else DayForm({"on": on}),
            "is_over": manager.valid_to is not None and manager.valid_to <= today,
            "rows": rows,
            "n_unseen": selectors.portfolio_size(manager=manager, on=on) - len(rows),
            "paged": paged(request, everything, "-valid_from", "-pk"),
            "may_change": may_change,
            "handed_from": _handed_from(request, user) if may_change else None,
            **(_waiting(user, manager, today) if may_change else {}),
        }
        return render(request, "staffing/manager_detail.html", context, status=400 if refused else 200)


def _handed_from(request: HttpRequest, user: User) -> ProgramManager | None:
    """Whose portfolio was just handed over, to offer the way back."""
    text = request.GET.get("handed_from", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    return selectors.program_manager_list(user=user).filter(pk=int(text)).first()


def _waiting(user: User, manager: ProgramManager, today: date) -> dict[str, Any]:
    """Agencies of the same office that nobody is primary for."""
    rows = selectors.agencies_without_primary(user=user, office=manager.office, on=today)
    return {"waiting": rows[:SUGGESTED], "n_waiting": rows.count()}


class ProgramManagerCreate(ChangePage):
    title, button = "Add a program manager", "Add program manager"
    explanation = "Somebody who changes offices is added once for each office, with the days there."

    created: ProgramManager

    def make_form(self, data: Any) -> forms.Form:
        return ProgramManagerForm(data, user=self.user)

    def question(self, data: dict[str, Any]) -> str:
        account = data["user"]
        sign_in = f", with the sign-in of {account.display_name}" if account else ", without a sign-in"
        words = f"{data['name']} is program manager at {data['office']} from {data['valid_from']}{sign_in}."
        return words + " It is another person than the one of the same name." if data["namesake"] else words

    def perform(self, data: dict[str, Any]) -> None:
        self.created = services.program_manager_create(actor=self.actor, **data)

    @property
    def after(self) -> str:
        return manager_address(self.created.pk)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.created.name} is added. Assign agencies below. To undo, end it with a later day."


class ProgramManagerEnd(ChangePage):
    title, button, danger = "End program manager", "End program manager", True
    explanation = (
        "From that day the person is no longer program manager at this office, and no longer sees its "
        "agencies. The past stays as it was."
    )

    manager: ProgramManager

    def find(self, **ids: Any) -> None:
        self.manager = visible_manager(user=self.user, pk=ids["pk"])

    def make_form(self, data: Any) -> forms.Form:
        return ProgramManagerEndForm(data)

    @property
    def eyebrow(self) -> str:
        return str(self.manager)

    @property
    def back(self) -> str:
        return manager_address(self.manager.pk)

    def question(self, data: dict[str, Any]) -> str:
        words = f"{self.manager} is program manager until {data['on']}, that day not included."
        if data["end_assignments"]:
            words += " Remaining assignments end on the same day; their agencies are then without."
        return words

    def perform(self, data: dict[str, Any]) -> None:
        services.program_manager_end(actor=self.actor, program_manager=self.manager, **data)

    def done(self, data: dict[str, Any]) -> str:
        return (
            f"{self.manager.name} is program manager until {data['on']}. "
            "To undo, add the program manager again from that day."
        )
