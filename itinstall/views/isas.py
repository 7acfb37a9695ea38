"""Interconnection agreements: those that lie with somebody, beginning, steps, corrections, expiry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from itinstall.choices import ISA_LIES_WITH, IsaStepKind, Party
from itinstall.forms.sites import IsaBeginForm, IsaCorrectForm, IsaExpiryForm, IsaStepForm, WithdrawForm
from itinstall.models import Isa, IsaStep
from itinstall.selectors.isas import changeable_isa, changeable_step, isas_by_party
from itinstall.services import isas as services
from itinstall.views.resource_base import SiteChangePage, numbered, site_address
from oversight.console.list_views import ScopedListView

__all__ = [
    "IsaBegin",
    "IsaExpirySet",
    "IsaList",
    "IsaStepCorrect",
    "IsaStepEnter",
    "IsaStepWithdraw",
]

WHAT = (
    "The ISA is the interconnection agreement of the site (Interconnection Security Agreement in the MOAs, "
    "Interconnection Service Agreement in OIG-18-77). The agency’s Designated Accreditation Authority signs "
    "first, then ICE’s Chief Information Security Officer; the other steps are assumed."
)


class IsaList(ScopedListView):
    action = "records.view"
    list_key = "isas"
    template_name = "itinstall/isa_list.html"

    def extra_context(self) -> dict[str, Any]:
        today = timezone.localdate()
        page = reverse("itinstall:isa_list")
        lines = [
            {
                "label": Party(line.party).label,
                "count": line.count,
                "oldest_on": line.oldest_on,
                "days": (today - line.oldest_on).days,
                "href": f"{page}?party={line.party}&sort=since",
            }
            for line in isas_by_party(user=self.request.user)  # type: ignore[arg-type]
        ]
        return {"parties": lines}


class IsaBegin(SiteChangePage):
    title, button = "Begin an ISA", "Begin ISA"
    explanation = WHAT
    begun: Isa

    def make_form(self, data: Any) -> forms.Form:
        return IsaBeginForm(data)

    @property
    def after(self) -> str:
        return site_address(self.site, "isa")

    def question(self, data: dict[str, Any]) -> str:
        kind = IsaStepKind(data["kind"])
        return f"The ISA of {self.site.name} begins on {data['on']}: {kind.label}. {_lies(kind)}"

    def perform(self, data: dict[str, Any]) -> None:
        self.begun = services.isa_begin(
            actor=self.actor, site=self.site, kind=IsaStepKind(data["kind"]), on=data["on"], note=data["note"]
        )

    def done(self, data: dict[str, Any]) -> str:
        return (
            f"ISA {self.begun.number} of {self.site.name} is begun. "
            "To undo, end it, or correct its first step."
        )


class IsaPage(SiteChangePage):
    """One change of one ISA that the person may change."""

    isa: Isa

    def find(self, **ids: Any) -> None:
        self.isa = numbered(
            lambda pk: changeable_isa(user=self.user, pk=pk),
            ids["pk"],
            "No ISA of this number that you may change.",
        )
        self.site = self.isa.site

    @property
    def eyebrow(self) -> str:
        return f"ISA {self.isa.number}, {self.site}"

    @property
    def back(self) -> str:
        return site_address(self.site, "isa")


class IsaStepEnter(IsaPage):
    title, button = "Enter a step", "Enter step"
    explanation = WHAT

    def make_form(self, data: Any) -> forms.Form:
        return IsaStepForm(data)

    def question(self, data: dict[str, Any]) -> str:
        kind = IsaStepKind(data["kind"])
        return f"{kind.label} on {data['on']}. {_lies(kind)}"

    def perform(self, data: dict[str, Any]) -> None:
        services.isa_step(
            actor=self.actor, isa=self.isa, kind=IsaStepKind(data["kind"]), on=data["on"], note=data["note"]
        )

    def done(self, data: dict[str, Any]) -> str:
        return "The step is entered. To undo, take it back in the table of steps."


class IsaExpirySet(IsaPage):
    title, button = "Set the expiry", "Set expiry"
    explanation = "When an ISA expires is not published. Enter what the signed agreement says."

    def make_form(self, data: Any) -> forms.Form:
        return IsaExpiryForm(data, initial={"expires_on": self.isa.expires_on})

    def question(self, data: dict[str, Any]) -> str:
        if data["expires_on"] is None:
            return f"ISA {self.isa.number} has no known expiry."
        return f"ISA {self.isa.number} holds until {data['expires_on']}, that day not included."

    def perform(self, data: dict[str, Any]) -> None:
        services.isa_expiry_set(actor=self.actor, isa=self.isa, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The expiry is entered. To undo, set it again; the history shows what it was."


class StepPage(IsaPage):
    """One change of one step."""

    step: IsaStep

    def find(self, **ids: Any) -> None:
        self.step = numbered(
            lambda pk: changeable_step(user=self.user, pk=pk),
            ids["pk"],
            "No step of this number that you may change.",
        )
        self.isa, self.site = self.step.isa, self.step.isa.site


class IsaStepCorrect(StepPage):
    title, button = "Correct a step", "Correct step"
    explanation = "The old entry stays readable, marked as corrected."

    def make_form(self, data: Any) -> forms.Form:
        return IsaCorrectForm(data, initial={"kind": self.step.kind, "on": self.step.on})

    def question(self, data: dict[str, Any]) -> str:
        return f"Instead of “{self.step}” it is “{IsaStepKind(data['kind']).label} on {data['on']}”."

    def perform(self, data: dict[str, Any]) -> None:
        services.isa_step_correct(
            actor=self.actor,
            step=self.step,
            kind=IsaStepKind(data["kind"]),
            on=data["on"],
            reason=data["reason"],
        )

    def done(self, data: dict[str, Any]) -> str:
        return "The step is corrected. To undo, correct the new one; both stay readable."


class IsaStepWithdraw(StepPage):
    title, button, danger = "Take a step back", "Take step back", True
    explanation = "For a step that should not have been entered. It stays readable, marked as taken back."

    def make_form(self, data: Any) -> forms.Form:
        return WithdrawForm(data)

    def question(self, data: dict[str, Any]) -> str:
        return f"“{self.step}” did not happen."

    def perform(self, data: dict[str, Any]) -> None:
        services.isa_step_withdraw(actor=self.actor, step=self.step, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The step is taken back. To undo, enter it again."


def _lies(kind: IsaStepKind) -> str:
    party = ISA_LIES_WITH[kind]
    if party is not None:
        return f"It then lies with {Party(party).label}."
    return "It is then in force." if kind == IsaStepKind.ICE_SIGNED else "It is then over."
