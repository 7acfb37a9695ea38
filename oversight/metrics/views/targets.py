"""Targets: what figures should be. None is preset."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from oversight.access.guards import ActionRequired
from oversight.console.change_page import MAX_ID, ChangePage
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level
from oversight.metrics.forms import EndForm, TargetForm, new_target, where_words
from oversight.metrics.models import Target
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.services.targets import ACTION, target_end, target_set
from oversight.metrics.subjects import subject_names
from oversight.metrics.targets import holds
from oversight.metrics.words import target_words

__all__ = ["TargetEnd", "TargetList", "TargetSet"]


class TargetList(ActionRequired):
    """Every target that was ever set: those that hold or will hold first."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = timezone.localdate()
        known = {metric.key for metric in all_metrics()}
        found = [row for row in Target.objects.select_related("created_by") if row.metric in known]
        names = subject_names(Subject(row.level, row.subject) for row in found)
        lines = [_line(row, names, today) for row in found]
        context = {
            "current": [line for line in lines if not line["is_over"]],
            "over": [line for line in lines if line["is_over"]],
            "today": today,
            "may_set": self.may(ACTION),
        }
        return render(request, "metrics/target_list.html", context)


def _line(target: Target, names: dict[Subject, str], today: date) -> dict[str, Any]:
    metric, subject = get_metric(target.metric), Subject(target.level, target.subject)
    if target.for_every:
        href = f"{reverse('metrics:metric', args=[metric.key])}?level={target.level}"
    else:
        href = figure_url(metric=metric.key, subject=subject, as_of=today)
    return {
        "target": target,
        "metric": metric,
        "where": f"Every {Level(target.level).label.lower()}" if target.for_every else names[subject],
        "words": target_words(metric, target),
        "href": href,
        "is_over": target.valid_to is not None and target.valid_to <= today,
        "holds": holds(target, today),
    }


class _TargetChange(ChangePage):
    action = ACTION

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Targets", self.back)]

    @property
    def back(self) -> str:
        return reverse("metrics:target_list")


class TargetSet(_TargetChange):
    title, button = "Set a target", "Set target"
    explanation = "A target is a decision with an owner and a source. It is dated, and shown at the figure."
    service_names: ClassVar[dict[str, str]] = {"level": "where", "subject": "where"}

    def make_form(self, data: Any) -> TargetForm:
        asked = self.request.GET
        initial = {"metric": asked.get("metric", ""), "where": asked.get("where", "")}
        return TargetForm(data, initial=initial)

    def question(self, data: dict[str, Any]) -> str:
        new = new_target(data)
        metric = get_metric(new.metric)
        shown = Target(direction=new.direction, value=new.value)
        until = f" until {new.valid_to}, that day not included" if new.valid_to else ""
        return (
            f"{metric.name} for {where_words(new)}: {target_words(metric, shown)}, "
            f"from {new.valid_from}{until}. Owner: {new.owner}. Source: {new.source}."
        )

    def perform(self, data: dict[str, Any]) -> None:
        target_set(actor=self.actor, new=new_target(data))

    def done(self, data: dict[str, Any]) -> str:
        new = new_target(data)
        return (
            f"The target for {get_metric(new.metric).name}, {where_words(new)}, is set. "
            "To change it, set another one from a later day, or end it."
        )


class TargetEnd(_TargetChange):
    title, button, danger = "End a target", "End target", True
    explanation = "From that day the figure has no target. The target stays in the list and in the history."

    target: Target

    def find(self, **ids: Any) -> None:
        found = Target.objects.filter(pk=ids["pk"]).first() if ids["pk"] <= MAX_ID else None
        if found is None:
            raise Http404("No target of this number.")
        self.target = found

    def make_form(self, data: Any) -> EndForm:
        return EndForm(data)

    @property
    def eyebrow(self) -> str:
        metric = get_metric(self.target.metric)
        return f"{metric.name}: {target_words(metric, self.target)}"

    def question(self, data: dict[str, Any]) -> str:
        return f"{self.eyebrow} holds until {data['on']}, that day not included."

    def perform(self, data: dict[str, Any]) -> None:
        target_end(actor=self.actor, target=self.target, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"The target ends on {data['on']}. To undo, set it again from that day."
