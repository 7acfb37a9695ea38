"""Moving a request on, ending it, correcting its history, describing it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from itinstall.choices import EntryKind, RequestState
from itinstall.forms.entries import CorrectForm, TakeBackForm
from itinstall.forms.requests import CancelForm, CompleteForm, DescribeForm, MoveForm
from itinstall.models import StageTransition
from itinstall.selectors.requests import next_stage
from itinstall.services import requests as services
from itinstall.services.common import PLAN_ACTION
from itinstall.views.base import RequestChange, request_address
from oversight.console.change_page import MAX_ID

__all__ = [
    "EntryCorrect",
    "EntryWithdraw",
    "RequestCancel",
    "RequestComplete",
    "RequestDescribe",
    "RequestMove",
]

UNDO = "To undo, take the step back."
BY_MISTAKE = "Entered by mistake."


class _NewEntry(RequestChange):
    """A step at the end of the history; afterwards the page offers to take it back."""

    entry: StageTransition

    @property
    def after(self) -> str:
        return request_address(self.installation.ref, entered=self.entry.pk)


class RequestMove(_NewEntry):
    """The next stage and today are chosen already: one look, one press."""

    title, button = "Move to another stage", "Move it"

    def make_form(self, data: Any) -> forms.Form:
        chosen = next_stage(after=self.installation.stage)
        return MoveForm(data, version=self.installation.version, initial={"stage": chosen})

    @property
    def explanation(self) -> str:  # type: ignore[override]
        request = self.installation
        if request.state != RequestState.OPEN:
            return (
                f"The request has ended on {request.closed_on}. If that is wrong, take the end back first, "
                "in the timeline."
            )
        return f"It is in {request.stage} since {request.stage_on}."

    def question(self, data: dict[str, Any]) -> str:
        request, stage, on = self.installation, data["stage"], data["on"]
        days = (on - request.stage_on).days
        return (
            f"{request.ref} leaves {request.stage} after {days:,} day{'' if days == 1 else 's'} and is in "
            f"{stage} from {on}."
        )

    def perform(self, data: dict[str, Any]) -> None:
        self.entry = services.request_move(actor=self.actor, request=self.installation, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.installation.ref} is in {data['stage']} since {data['on']}. {UNDO}"


class RequestComplete(_NewEntry):
    title, button = "Complete the installation", "Complete it"
    explanation = "Officers can work at the site. The clock stops on that day."

    def make_form(self, data: Any) -> forms.Form:
        return CompleteForm(data, version=self.installation.version)

    def question(self, data: dict[str, Any]) -> str:
        return f"The installation at {self.installation.site} is complete on {data['on']}; its clock stops."

    def perform(self, data: dict[str, Any]) -> None:
        self.entry = services.request_complete(actor=self.actor, request=self.installation, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.installation.ref} is complete on {data['on']}. {UNDO}"


class RequestCancel(_NewEntry):
    title, button, danger = "Cancel the request", "Cancel the request", True
    explanation = "The request is given up; its history stays. The site is then free for another request."

    def make_form(self, data: Any) -> forms.Form:
        return CancelForm(data, version=self.installation.version)

    def question(self, data: dict[str, Any]) -> str:
        return f"The request for {self.installation.site} is given up on {data['on']}; its clock stops."

    def perform(self, data: dict[str, Any]) -> None:
        self.entry = services.request_cancel(actor=self.actor, request=self.installation, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.installation.ref} is cancelled on {data['on']}. {UNDO}"


class RequestDescribe(RequestChange):
    title, button = "Change note, priority or agreement", "Change it"
    explanation = (
        "Priorities weigh requests against each other and against other programs: headquarters sets them."
    )

    def make_form(self, data: Any) -> forms.Form:
        return DescribeForm(
            data,
            version=self.installation.version,
            request=self.installation,
            plans=self.may(PLAN_ACTION),
        )

    def _changes(self, data: dict[str, Any]) -> list[str]:
        request, agreement = self.installation, data["agreement"]
        words = []
        if "priority" in data and data["priority"] != request.priority:
            words.append(f"priority {data['priority'].label}")
        if agreement != request.agreement:
            clock = f"the clock starts with {agreement.ref}" if agreement else "no agreement starts its clock"
            words.append(clock)
        if data["note"].strip() != request.note:
            words.append("another note" if data["note"].strip() else "no note")
        return words

    def question(self, data: dict[str, Any]) -> str:
        words = self._changes(data)
        if not words:
            return f"{self.installation.ref} stays as it is: nothing differs from what is entered."
        return f"{self.installation.ref} gets: {'; '.join(words)}."

    def perform(self, data: dict[str, Any]) -> None:
        values = {"priority": self.installation.priority, **data}
        services.request_describe(actor=self.actor, request=self.installation, **values)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.installation.ref} is changed. To undo, change it back; the history keeps both."


class _OneEntry(RequestChange):
    """About one standing step of the history."""

    entry: StageTransition

    def find(self, **ids: Any) -> None:
        super().find(**ids)
        entries = StageTransition.objects.filter(request=self.installation).select_related("stage")
        found = entries.filter(pk=ids["pk"]).first() if ids["pk"] <= MAX_ID else None
        if found is None:
            raise Http404("This request has no such step.")
        self.entry = found

    @property
    def words(self) -> str:
        """Example: "ISA on 2026-02-01"."""
        return str(self.entry)


class EntryCorrect(_OneEntry):
    title, button = "Correct a step", "Correct it"

    @property
    def explanation(self) -> str:  # type: ignore[override]
        return f"Entered: {self.words}. What is entered stays readable beside the correction."

    def make_form(self, data: Any) -> forms.Form:
        return CorrectForm(data, version=self.installation.version, entry=self.entry)

    def question(self, data: dict[str, Any]) -> str:
        now = data.get("stage") or self.entry.get_kind_display()
        return f"Instead of “{self.words}” it says “{now} on {data['on']}”."

    def perform(self, data: dict[str, Any]) -> None:
        services.entry_correct(actor=self.actor, entry=self.entry, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The step is corrected. To undo, correct it again; all versions stay readable."


class EntryWithdraw(_OneEntry):
    title, button, danger = "Take a step back", "Take it back", True

    @property
    def explanation(self) -> str:  # type: ignore[override]
        return f"Entered: {self.words}. The request is then as if the step had not been entered."

    def make_form(self, data: Any) -> forms.Form:
        initial = {"reason": BY_MISTAKE} if "undo" in self.request.GET else {}
        return TakeBackForm(data, version=self.installation.version, initial=initial)

    def question(self, data: dict[str, Any]) -> str:
        what = "is open again" if self.entry.kind != EntryKind.STAGE else "was never there"
        return f"“{self.words}” is taken back: {self.installation.ref} {what}."

    def perform(self, data: dict[str, Any]) -> None:
        services.entry_withdraw(actor=self.actor, entry=self.entry, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"“{self.words}” is taken back. To undo, enter it again."
