"""Handing a portfolio over: to whom and when, which agencies, what will happen. Undo is to hand back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console.change_page import add_errors
from staffing import services
from staffing.forms import HandOverChoiceForm, HandOverForm
from staffing.models import Assignment, ProgramManager
from staffing.rules import HandOverPlan, Move, Outcome, plan_hand_over, running_on
from staffing.views.base import manager_address, visible_manager

__all__ = ["PortfolioHandOver"]

OUTCOMES = {Outcome.MOVES: "Moves", Outcome.PROMOTED: "Moves; backup becomes primary"}


class PortfolioHandOver(ActionRequired):
    """Three steps under one address, each a form that carries the entries of those before it."""

    action = services.ACTION
    source: ProgramManager

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.source = visible_manager(user=self.user, pk=pk)
        return self.show_entry(self.entry_form(None))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.source = visible_manager(user=self.user, pk=pk)
        entry = self.entry_form(request.POST)
        if "edit" in request.POST:
            return self.show_entry(entry)
        if not entry.is_valid():
            return self.show_entry(entry, status=422)
        rows, later = self.rows_on(entry.cleaned_data["on"])
        if not rows:
            entry.add_error("on", _nothing(self.source, entry.cleaned_data["on"], len(later)))
            return self.show_entry(entry, status=422)
        if request.POST.get("step") not in {"choice", "confirm"} or "choose" in request.POST:
            return self.show_choice(entry, self.choice_form(entry, rows, None), later)
        return self.choose(entry, self.choice_form(entry, rows, request.POST), later)

    def choose(
        self, entry: HandOverForm, choice: HandOverChoiceForm, later: Sequence[Assignment]
    ) -> HttpResponse:
        """What was ticked goes on to the preview, or back with what is wrong with it."""
        if not choice.is_valid():
            return self.show_choice(entry, choice, later, status=422)
        try:
            return self.go_on(entry, choice)
        except ValidationError as error:
            add_errors(choice, error)
            return self.show_choice(entry, choice, later, status=422)

    def go_on(self, entry: HandOverForm, choice: HandOverChoiceForm) -> HttpResponse:
        """Show what will happen, or, confirmed, do it. Raises ValidationError."""
        data, chosen = entry.cleaned_data, choice.cleaned_data["assignments"]
        target: ProgramManager = data["target"]
        if "confirmed" not in self.request.POST:
            plan = plan_hand_over(source=self.source, target=target, on=data["on"], assignments=chosen)
            return self.show_plan(entry, choice, plan)
        done = services.portfolio_hand_over(
            actor=self.actor,
            source=self.source,
            target=target,
            on=data["on"],
            assignments=chosen,
            reason=data["reason"],
        )
        n = len({row.agency_id for row in done.ended})
        agencies = "1 agency is" if n == 1 else f"{n} agencies are"
        messages.success(
            self.request, f"{agencies} handed over from {self.source.name} to {target.name} on {data['on']}."
        )
        return redirect(f"{manager_address(target.pk)}?handed_from={self.source.pk}&on={data['on']}")

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    # --- the forms

    def entry_form(self, data: Any) -> HandOverForm:
        initial: dict[str, Any] = {}
        text = self.request.GET.get("to", "")
        if text.isascii() and text.isdigit() and len(text) <= 18:
            initial = {"target": int(text), "back": True, "on": self._first_day_back(int(text))}
        return HandOverForm(data, user=self.user, source=self.source, initial=initial)

    def _first_day_back(self, target: int) -> date:
        """Handing back begins a day after what was handed over began, or today."""
        came = _came_from(target, list(running_on(self.source, timezone.localdate())))
        days = [row.valid_from + timedelta(days=1) for row in came]
        return max([*days, timezone.localdate()])

    def rows_on(self, on: date) -> tuple[list[Assignment], list[Assignment]]:
        """Assignments that can move on `on`, and those that begin on that day or later."""
        visible = visible_to(running_on(self.source, on), self.user).order_by("agency__name", "pk")
        rows = list(visible)
        return [row for row in rows if row.valid_from < on], [row for row in rows if row.valid_from >= on]

    def choice_form(self, entry: HandOverForm, rows: Sequence[Assignment], data: Any) -> HandOverChoiceForm:
        came = _came_from(entry.cleaned_data["target"].pk, rows) if entry.cleaned_data["back"] else []
        return HandOverChoiceForm(data, rows=rows, ticked=[row.pk for row in came or rows])

    # --- the pages

    def show_entry(self, entry: HandOverForm, *, status: int = 200) -> HttpResponse:
        return self.page({"step": "entry", "form": entry}, status)

    def show_choice(
        self,
        entry: HandOverForm,
        choice: HandOverChoiceForm,
        later: Sequence[Assignment],
        *,
        status: int = 200,
    ) -> HttpResponse:
        return self.page({"step": "choice", "entry": entry, "form": choice, "later": later}, status)

    def show_plan(self, entry: HandOverForm, choice: HandOverChoiceForm, plan: HandOverPlan) -> HttpResponse:
        moves = [(move.assignment, _outcome_words(move)) for move in plan.moves]
        data = entry.cleaned_data
        context = {"target": data["target"], "on": data["on"], "reason": data["reason"]}
        return self.page({**context, "step": "confirm", "entry": entry, "form": choice, "moves": moves}, 200)

    def page(self, context: dict[str, Any], status: int) -> HttpResponse:
        # An address of its own without the query: what was proposed there stands in the form by now.
        base = {
            "source": self.source,
            "back": manager_address(self.source.pk),
            "action": reverse("staffing:portfolio_hand_over", args=[self.source.pk]),
        }
        return render(self.request, "staffing/hand_over.html", {**base, **context}, status=status)


def _came_from(target: int, rows: Sequence[Assignment]) -> list[Assignment]:
    """Those of `rows` whose agency was `target`'s up to the day on which they began."""
    theirs = Assignment.objects.filter(program_manager=target, agency__in=[row.agency_id for row in rows])
    ended = set(theirs.values_list("agency_id", "valid_to"))
    return [row for row in rows if (row.agency_id, row.valid_from) in ended]


def _outcome_words(move: Move) -> str:
    if move.present is None or move.outcome != Outcome.HELD:
        return OUTCOMES[move.outcome]
    role, until = move.present.get_role_display().lower(), move.present.valid_to
    return f"Ends; the other one is {role} already{f', until {until}' if until else ''}"


def _nothing(source: ProgramManager, on: date, n_later: int) -> str:
    if n_later:
        return f"Every assignment of {source.name} begins on {on} or later. Choose a later day."
    return f"{source.name} has no assignments on {on} that could be handed over. Choose another day."
