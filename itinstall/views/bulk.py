"""Moving several requests on: choose, look at what happens to each, then all or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from itinstall.choices import RequestState
from itinstall.forms.bulk import BulkMoveForm
from itinstall.models import InstallationRequest, Stage
from itinstall.selectors.requests import installation_requests, next_stage
from itinstall.services.bulk import MOST, Move, MovesRefused, Outcome, moves_plan, requests_move
from itinstall.services.common import ACTION
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.change_page import add_errors

__all__ = ["RequestsMove"]


class RequestsMove(ActionRequired):
    """Three steps at one address: entry, preview, done. The preview carries the version of each request, so
    that what somebody else does in between is noticed."""

    action = ACTION

    def get(self, request: HttpRequest) -> HttpResponse:
        refs = list(dict.fromkeys(ref.upper()[:20] for ref in request.GET.getlist("ref")))[:MOST]
        stages = self._stages(refs)
        common = next_stage(after=next(iter(stages))) if len(stages) == 1 else None
        initial = {"references": "\n".join(refs), "stage": common}
        form = BulkMoveForm(None, user=self.user, initial=initial)
        note = _note(stages, is_from_list="chosen" in request.GET, has_refs=bool(refs))
        return self._show({"form": form, "step": "entry", "note": note}, 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BulkMoveForm(request.POST, user=self.user)
        if "edit" in request.POST:
            return self.show_entry(form)
        if not form.is_valid():
            return self.show_entry(form, status=422)
        if "confirmed" in request.POST:
            return self.carry_out(form)
        rows = form.cleaned_data["references"]
        outcomes = self.plan(form.cleaned_data, rows)
        if "drop" in request.POST:
            outcomes = [outcome for outcome in outcomes if not outcome.problems]
            rows = [outcome.request for outcome in outcomes]
        if not rows:
            form.add_error("references", "None of them can move. Correct the entry.")
            return self.show_entry(form, status=422)
        return self.show_preview(form, rows, outcomes)

    def carry_out(self, form: BulkMoveForm) -> HttpResponse:
        """All of them or none; then the list of what moved, or the preview as it is now."""
        data = form.cleaned_data
        rows = data["references"]
        try:
            done = requests_move(actor=self.actor, moves=self._as_seen(rows), **_what(data))
        except MovesRefused as refusal:
            changed = {outcome.pk for outcome in refusal.outcomes if outcome.is_outdated}
            return self.show_preview(form, rows, self.plan(data, rows), changed=changed, status=409)
        except ValidationError as refusal:
            add_errors(form, refusal)
            return self.show_entry(form, status=422)
        n = len(done)
        messages.success(
            self.request,
            f"{n:,} request{' is' if n == 1 else 's are'} in {data['stage']} since {data['on']}. "
            "To undo, take the step back on the page of each.",
        )
        query = {"stage": data["stage"].pk, "since_from": data["on"], "since_until": data["on"]}
        return redirect(f"{reverse('itinstall:request_list')}?{urlencode(query)}")

    def plan(self, data: dict[str, Any], rows: list[InstallationRequest]) -> list[Outcome]:
        return moves_plan(actor=self.actor, moves=[Move(row.pk) for row in rows], **_what(data))

    def _as_seen(self, rows: list[InstallationRequest]) -> list[Move]:
        """With the versions that the preview showed. One that it did not show counts as changed."""
        seen = {}
        for mark in self.request.POST.getlist("seen"):
            ref, _, version = mark.partition(":")
            if version.isascii() and version.isdigit() and len(version) <= 9:
                seen[ref] = int(version)
        return [Move(row.pk, seen.get(row.ref, 0)) for row in rows]

    def _stages(self, refs: list[str]) -> Counter[Stage]:
        """The stages that the open ones are in, with how many."""
        if not refs:
            return Counter()
        rows = installation_requests(user=self.user).filter(ref__in=refs, state=RequestState.OPEN)
        return Counter(row.stage for row in rows)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def show_entry(self, form: forms.Form, *, status: int = 200) -> HttpResponse:
        return self._show({"form": form, "step": "entry"}, status)

    def show_preview(
        self,
        form: BulkMoveForm,
        rows: list[InstallationRequest],
        outcomes: list[Outcome],
        *,
        changed: Collection[int] = (),
        status: int = 200,
    ) -> HttpResponse:
        refused = [outcome for outcome in outcomes if outcome.problems]
        by_pk = {row.pk: row for row in rows}
        on = form.cleaned_data["on"]

        def line(outcome: Outcome) -> dict[str, Any]:
            row = by_pk[outcome.pk]
            days = (on - row.stage_on).days
            return {"request": row, "outcome": outcome, "days": days, "is_changed": outcome.pk in changed}

        context = {
            "form": form,
            "step": "preview",
            "are_all_refused": len(refused) == len(outcomes),
            "lines": [line(outcome) for outcome in outcomes],
            "references": "\n".join(row.ref for row in rows),
            "seen": [f"{row.ref}:{row.version}" for row in rows],
            "n": len(outcomes),
            "refused": refused,
            "n_changed": len(changed),
            "data": form.cleaned_data,
        }
        return self._show(context, status)

    def _show(self, context: dict[str, Any], status: int) -> HttpResponse:
        back = reverse("itinstall:request_list")
        context |= {"back": back, "crumbs": [("Installations", back)], "most": MOST}
        return render(self.request, "itinstall/requests_move.html", context, status=status)


def _note(stages: Counter[Stage], *, is_from_list: bool, has_refs: bool) -> str:
    """What the person should know of the chosen ones before choosing a stage; mostly nothing."""
    if is_from_list and not has_refs:
        return "No request was chosen in the list. Enter references here, or go back and choose some."
    if len(stages) < 2:
        return ""
    places = sorted(stages.items(), key=lambda item: item[0].place)
    told = ", ".join(f"{n:,} in {stage}" for stage, n in places)
    return f"The chosen ones are in different stages: {told}. Those that cannot move will be named."


def _what(data: dict[str, Any]) -> dict[str, Any]:
    return {"stage": data["stage"], "on": data["on"], "reason": data["reason"]}
