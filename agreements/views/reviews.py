"""Pages of the review queue: the list, one pair side by side, answers and their undoing."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements.choices import DecisionState, VerdictKind
from agreements.forms.reviews import UndoForm, VerdictForm
from agreements.models import Decision
from agreements.selectors import reviews as selectors
from agreements.services.reviews import verdict_give, verdict_undo
from agreements.tables.reviews import DECISION_BADGES
from agreements.views import evidence
from agreements.wording import explain_rule
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.list_views import ScopedListView

__all__ = ["ReviewAnswer", "ReviewDetail", "ReviewList", "ReviewUndo", "RuleDecisionList"]

SAID = {
    VerdictKind.SAME: "Decided: the same.",
    VerdictKind.DISTINCT: "Decided: different.",
    VerdictKind.LATER: "Put off: decide later.",
}


class ReviewList(ScopedListView):
    """Questions and answers, open ones first."""

    action = "reviews.view"
    list_key = "reviews"
    template_name = "agreements/reviews/list.html"


class RuleDecisionList(ScopedListView):
    """What rules applied without asking; each can be overruled."""

    action = "reviews.view"
    list_key = "rule_decisions"
    template_name = "agreements/reviews/list.html"


class _OneDecision(ActionRequired):
    def load(self) -> Decision:
        try:
            return selectors.decision(user=cast(User, self.request.user), pk=self.kwargs["pk"])
        except Decision.DoesNotExist:
            raise Http404("There is no such review.") from None

    def page(
        self, decision: Decision, *, form: BaseForm | None = None, undo_form: BaseForm | None = None
    ) -> HttpResponse:
        """The pair side by side. A bound form that was refused brings status 422."""
        left, right = selectors.sides_of(decision)
        about_one = evidence.is_about_one(decision)
        if about_one:
            right = None
        verdicts = list(selectors.verdicts_of(decision))
        standing = next((verdict for verdict in verdicts if verdict.undone_at is None), None)
        answered = standing if standing and standing.kind != VerdictKind.LATER else None
        may_decide = self.may("reviews.decide")
        can_answer = may_decide and answered is None and decision.is_standing
        same, distinct = evidence.answer_words(decision)
        context: dict[str, Any] = {
            "decision": decision,
            "title": evidence.title_of(decision),
            "badge": DECISION_BADGES[DecisionState(decision.state)],
            "rule": explain_rule(decision.rule),
            "lines": evidence.evidence_lines(decision, left, right),
            "left": left,
            "right": right,
            "comparison": evidence.comparison_of(left, right) if right else [],
            "strips": evidence.strips_of(selectors.timeline_lists(left, right)),
            "is_about_one": about_one,
            "is_statement": decision.rule == selectors.STAFF_STATEMENT,
            "agreement_url": reverse("agreements:agreement_detail", args=[left.agreement.ref])
            if left.agreement
            else "",
            "is_applied": decision.state == DecisionState.APPLIED,
            "same_words": same,
            "distinct_words": distinct,
            "verdicts": verdicts,
            "answered": answered,
            "form": form or (VerdictForm(decision=decision) if can_answer else None),
            "undo_form": undo_form or (UndoForm() if may_decide and answered else None),
            "refused_form": form or undo_form,
            "next": selectors.next_open(user=cast(User, self.request.user), after=decision),
        }
        status = 422 if form or undo_form else 200
        return render(self.request, "agreements/reviews/detail.html", context, status=status)


class ReviewDetail(_OneDecision):
    action = "reviews.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(self.load())


class ReviewAnswer(_OneDecision):
    """Takes an answer. "Same" is asked once more: a wrong merge is the worst error."""

    action = "reviews.decide"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        decision = self.load()
        form = VerdictForm(request.POST, decision=decision)
        if not form.is_valid():
            return self.page(decision, form=form)
        kind = VerdictKind(form.cleaned_data["kind"])
        if kind == VerdictKind.SAME and not form.cleaned_data["confirmed"]:
            return self._ask_again(decision, form)
        try:
            verdict_give(actor=self.actor, decision=decision, kind=kind, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            _add(form, error)
            return self.page(decision, form=form)
        messages.success(request, SAID[kind])
        return redirect("agreements:review_detail", pk=pk)

    def _ask_again(self, decision: Decision, form: VerdictForm) -> HttpResponse:
        same, _ = evidence.answer_words(decision)
        context = {
            "decision": decision,
            "title": evidence.title_of(decision),
            "is_about_one": evidence.is_about_one(decision),
            "same_words": same,
            "reason": form.cleaned_data["reason"],
        }
        return render(self.request, "agreements/reviews/confirm_same.html", context)


class ReviewUndo(_OneDecision):
    """Takes the standing answer back."""

    action = "reviews.decide"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        decision = self.load()
        form = UndoForm(request.POST)
        if not form.is_valid():
            return self.page(decision, undo_form=form)
        verdict = selectors.verdicts_of(decision).filter(undone_at__isnull=True).first()
        if verdict is None:
            messages.info(request, "Nothing was done: no answer stands on this pair.")
            return redirect("agreements:review_detail", pk=pk)
        try:
            verdict_undo(actor=self.actor, verdict=verdict, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            _add(form, error)
            return self.page(decision, undo_form=form)
        messages.success(request, "The answer is taken back; the rules decide again.")
        return redirect("agreements:review_detail", pk=pk)


def _address(side: selectors.Side) -> str:
    agreement = side.agreement
    return reverse("agreements:agreement_detail", args=[agreement.ref]) if agreement else ""


def _add(form: BaseForm, error: ValidationError) -> None:
    """Put a service's refusal on the form: at its field where the form has it."""
    if hasattr(error, "error_dict"):
        for name, errors in error.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, error)
