"""What reports publish of single installations, beside the register's figures and never among them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from itinstall.forms.plans import PublishedForm
from itinstall.forms.sites import WithdrawForm
from itinstall.models import PublishedInstallation
from itinstall.selectors.policies import published_installations, readable_counts
from itinstall.services import published as services
from itinstall.views.resource_base import numbered
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.change_page import ChangePage

__all__ = ["PublishedAdd", "PublishedChange", "PublishedList", "PublishedRemove"]


class PublishedList(ActionRequired):
    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        context = {
            "lines": list(published_installations(user=user)),
            "reports": readable_counts(user=user),
            "may_change": self.may(services.ACTION),
        }
        return render(request, "itinstall/published_list.html", context)


class PublishedPage(ChangePage):
    action = services.ACTION

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Published figures", self.back)]

    @property
    def back(self) -> str:
        return reverse("itinstall:published_list")


class PublishedAdd(PublishedPage):
    title, button = "Add a published line", "Add line"
    explanation = (
        "One installation as a report shows it. Leave out what cannot be read; nothing is estimated."
    )

    def make_form(self, data: Any) -> forms.Form:
        form = PublishedForm(data)
        del form.fields["reason"]
        return form

    def question(self, data: dict[str, Any]) -> str:
        return _words(data)

    def perform(self, data: dict[str, Any]) -> None:
        services.published_add(actor=self.actor, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"“{data['label']}” of {data['report']} is entered. To undo, remove it."


class LinePage(PublishedPage):
    """One change of one line."""

    line: PublishedInstallation

    def find(self, **ids: Any) -> None:
        self.line = numbered(
            lambda pk: published_installations(user=self.user).get(pk=pk),
            ids["pk"],
            "No published line of this number.",
        )

    @property
    def eyebrow(self) -> str:
        return str(self.line)


class PublishedChange(LinePage):
    title, button = "Change a published line", "Change line"

    def make_form(self, data: Any) -> forms.Form:
        names = ("report", "label", "fiscal_years", "target_days", "days", "source")
        return PublishedForm(data, initial={name: getattr(self.line, name) for name in names})

    def question(self, data: dict[str, Any]) -> str:
        return _words(data)

    def perform(self, data: dict[str, Any]) -> None:
        services.published_change(actor=self.actor, line=self.line, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"“{data['label']}” of {data['report']} is changed. To undo, change it back."


class PublishedRemove(LinePage):
    title, button, danger = "Remove a published line", "Remove line", True

    def make_form(self, data: Any) -> forms.Form:
        return WithdrawForm(data)

    def question(self, data: dict[str, Any]) -> str:
        return f"“{self.line.label}” is no line of {self.line.report}."

    def perform(self, data: dict[str, Any]) -> None:
        services.published_remove(actor=self.actor, line=self.line, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The line is removed. To undo, add it again."


def _words(data: dict[str, Any]) -> str:
    target = f", target {data['target_days']} days" if data["target_days"] is not None else ", no target"
    took = f"took {data['days']} days" if data["days"] is not None else "its days cannot be read"
    return f"{data['report']} shows “{data['label']}”{target}: {took}. Source: {data['source']}."
