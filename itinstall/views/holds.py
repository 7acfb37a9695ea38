"""Holds: work on a request stops and goes on; entered wrongly, corrected or taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from itinstall.choices import Party
from itinstall.forms.entries import HoldBeginForm, HoldCorrectForm, HoldEndForm, TakeBackForm
from itinstall.models import Hold
from itinstall.services import holds as services
from itinstall.views.base import RequestChange, request_address
from itinstall.views.entries import BY_MISTAKE
from oversight.console.change_page import MAX_ID

__all__ = ["HoldBegin", "HoldCorrect", "HoldEnd", "HoldWithdraw"]


def _owner(data: dict[str, Any]) -> Party:
    """As chosen, else whoever usually has to act for the reason."""
    return Party(data["owner"] or data["why"].owner)


class HoldBegin(RequestChange):
    title, button = "Put on hold", "Put it on hold"
    service_names = {"begins_on": "on"}

    hold: Hold

    @property
    def explanation(self) -> str:  # type: ignore[override]
        stopping = ", ".join(reason.name for reason in self.installation.policy.pausing.all())
        clock = (
            f"Under its policy these stop the clock: {stopping}."
            if stopping
            else "Under its policy no hold stops the clock; days with and without holds are both shown."
        )
        return f"Work stops, and somebody has to act. {clock}"

    def make_form(self, data: Any) -> forms.Form:
        return HoldBeginForm(data, version=self.installation.version)

    def question(self, data: dict[str, Any]) -> str:
        until = f" until {data['until']}, that day not included" if data["until"] else ""
        return (
            f"{self.installation.ref} is on hold from {data['on']}{until}: {data['why']}. "
            f"{_owner(data).label} has to act."
        )

    def perform(self, data: dict[str, Any]) -> None:
        values = {**data, "owner": _owner(data)}
        self.hold = services.hold_begin(actor=self.actor, request=self.installation, **values)

    @property
    def after(self) -> str:
        return request_address(self.installation.ref, held=self.hold.pk)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.installation.ref} is on hold from {data['on']}. To undo, take the hold back."


class _OneHold(RequestChange):
    """About one hold of the request."""

    hold: Hold

    def find(self, **ids: Any) -> None:
        super().find(**ids)
        rows = Hold.objects.filter(request=self.installation).select_related("why")
        found = rows.filter(pk=ids["pk"]).first() if ids["pk"] <= MAX_ID else None
        if found is None:
            raise Http404("This request has no such hold.")
        self.hold = found

    @property
    def words(self) -> str:
        """Example: "ISA waiting on the agency from 2026-02-01"."""
        until = f" until {self.hold.ends_on}" if self.hold.ends_on else ""
        return f"{self.hold}{until}"


class HoldEnd(_OneHold):
    title, button = "End the hold", "End it"

    @property
    def explanation(self) -> str:  # type: ignore[override]
        return f"On hold: {self.words}."

    def make_form(self, data: Any) -> forms.Form:
        return HoldEndForm(data, version=self.installation.version)

    def question(self, data: dict[str, Any]) -> str:
        days = (data["on"] - self.hold.begins_on).days
        return (
            f"Work on {self.installation.ref} goes on from {data['on']}, after {days:,} "
            f"day{'' if days == 1 else 's'} on hold."
        )

    def perform(self, data: dict[str, Any]) -> None:
        services.hold_end(actor=self.actor, hold=self.hold, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"The hold ended on {data['on']}. To undo, correct the hold and leave “Until” empty."


class HoldCorrect(_OneHold):
    title, button = "Correct a hold", "Correct it"
    service_names = {"on": "begins_on"}

    @property
    def explanation(self) -> str:  # type: ignore[override]
        return f"Entered: {self.words}. What is entered stays readable beside the correction."

    def make_form(self, data: Any) -> forms.Form:
        return HoldCorrectForm(data, version=self.installation.version, hold=self.hold)

    def question(self, data: dict[str, Any]) -> str:
        until = f" until {data['ends_on']}" if data["ends_on"] else ", still"
        return (
            f"Instead of “{self.words}” it says “{data['why']} from {data['begins_on']}{until}”; "
            f"{_owner(data).label} has to act."
        )

    def perform(self, data: dict[str, Any]) -> None:
        services.hold_correct(actor=self.actor, hold=self.hold, **{**data, "owner": _owner(data)})

    def done(self, data: dict[str, Any]) -> str:
        return "The hold is corrected. To undo, correct it again; all versions stay readable."


class HoldWithdraw(_OneHold):
    title, button, danger = "Take a hold back", "Take it back", True

    @property
    def explanation(self) -> str:  # type: ignore[override]
        return f"Entered: {self.words}. The request is then as if it had not been on hold."

    def make_form(self, data: Any) -> forms.Form:
        initial = {"reason": BY_MISTAKE} if "undo" in self.request.GET else {}
        return TakeBackForm(data, version=self.installation.version, initial=initial)

    def question(self, data: dict[str, Any]) -> str:
        return f"“{self.words}” is taken back: {self.installation.ref} was not on hold then."

    def perform(self, data: dict[str, Any]) -> None:
        services.hold_withdraw(actor=self.actor, hold=self.hold, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"“{self.words}” is taken back. To undo, enter the hold again."
