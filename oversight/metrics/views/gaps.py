"""The gap ledger: what is not known, which figures that weakens, and whom to ask what."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from oversight.access.guards import ActionRequired
from oversight.console.change_page import ChangePage
from oversight.metrics.choices import GapState
from oversight.metrics.forms import GapAnswerForm, ReopenForm
from oversight.metrics.models import Gap
from oversight.metrics.registry import all_metrics
from oversight.metrics.services.gaps import ACTION, gap_answer, gap_reopen

__all__ = ["GapAnswer", "GapList", "GapPage", "GapReopen"]


def gap_or_404(key: str) -> Gap:
    """Raises Http404 for a gap that is not in the ledger."""
    found = Gap.objects.select_related("answered_by").filter(key=key).first()
    if found is None:
        raise Http404("No such entry in the gap ledger.")
    return found


class GapList(ActionRequired):
    """Everything that is not known, by topic. `?state=open` or `answered`."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        state = request.GET.get("state", "")
        everything = list(Gap.objects.all())
        found = [gap for gap in everything if state not in GapState.values or gap.state == state]
        context = {
            "topics": [(topic, list(gaps)) for topic, gaps in groupby(found, key=lambda gap: gap.topic)],
            "n": len(found),
            "n_open": sum(gap.state == GapState.OPEN for gap in everything),
            "n_all": len(everything),
            "state": state if state in GapState.values else "",
            "states": GapState.choices,
        }
        return render(request, "metrics/gap_list.html", context)


class GapPage(ActionRequired):
    """One gap: what is missing, the question, the answer once there is one."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        gap = gap_or_404(key)
        context = {
            "gap": gap,
            "metrics": [metric for metric in all_metrics() if key in metric.all_gaps],
            "may_answer": self.may(ACTION),
        }
        return render(request, "metrics/gap.html", context)


class _GapChange(ChangePage):
    action = ACTION
    gap: Gap

    def find(self, **ids: Any) -> None:
        self.gap = gap_or_404(ids["key"])

    @property
    def eyebrow(self) -> str:
        return self.gap.missing

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Gap ledger", reverse("metrics:gap_list"))]

    @property
    def back(self) -> str:
        return reverse("metrics:gap", args=[self.gap.key])


class GapAnswer(_GapChange):
    title, button = "Record an answer", "Record answer"

    def make_form(self, data: Any) -> GapAnswerForm:
        initial = {"answer": self.gap.answer, "source": self.gap.answer_source}
        return GapAnswerForm(data, initial=initial)

    def question(self, data: dict[str, Any]) -> str:
        return f"{data['source']} answered on {data['answered_on']}: {data['answer']}"

    def perform(self, data: dict[str, Any]) -> None:
        gap_answer(actor=self.actor, gap=self.gap, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The answer is recorded. Figures that rest on it change only when the facts are entered."


class GapReopen(_GapChange):
    title, button, danger = "Take the answer back", "Open the question again", True
    explanation = "The answer no longer shows; it stays in the history."

    def make_form(self, data: Any) -> ReopenForm:
        return ReopenForm(data)

    def question(self, data: dict[str, Any]) -> str:
        return "The question is open again, and the answer no longer shows."

    def perform(self, data: dict[str, Any]) -> None:
        gap_reopen(actor=self.actor, gap=self.gap, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The question is open again. To undo, record the answer anew."
