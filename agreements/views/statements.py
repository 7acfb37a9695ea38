"""Suspending, terminating and reinstating an agreement, and taking a statement back.

Each asks twice: the form, then the sentence of what will happen. Undo is to withdraw the statement.
"""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import reverse

from agreements.choices import Origin, Status
from agreements.forms.statements import ReasonForm, StatementForm
from agreements.models import Agreement, AgreementStatus
from agreements.selectors.agreements import agreement_statements, changeable_agreement
from agreements.services import statuses as services
from oversight.console.change_page import ChangePage

__all__ = ["Reinstate", "Suspend", "Terminate", "Withdraw"]


class StatementPage(ChangePage):
    """One statement on an agreement. Subclasses say in which words."""

    action = "agreements.change"

    agreement: Agreement
    statement: AgreementStatus | None = None

    def find(self, **ids: Any) -> None:
        """Find what it is about among what the person may change. Raises Http404."""
        try:
            self.agreement = changeable_agreement(user=self.user, ref=ids["ref"])
            if "pk" in ids:
                rows = agreement_statements(user=self.user, agreement=self.agreement)
                self.statement = rows.get(pk=ids["pk"], origin=Origin.STAFF)
        except (Agreement.DoesNotExist, AgreementStatus.DoesNotExist):
            raise Http404("No such record that you may change.") from None

    def act(self, data: dict[str, Any], *, confirmed: bool) -> ValidationError | None:
        """As of every change. Raises Http404 when the agreement went out of the person's reach meanwhile."""
        try:
            return super().act(data, confirmed=confirmed)
        except Agreement.DoesNotExist:
            raise Http404("No such record that you may change.") from None

    @property
    def eyebrow(self) -> str:
        return str(self.agreement)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Agreements", reverse("agreements:agreement_list")), (self.agreement.ref, self.back)]

    @property
    def back(self) -> str:
        return reverse("agreements:agreement_detail", args=[self.agreement.ref])

    def make_form(self, data: Any) -> forms.Form:
        return StatementForm(data)


class Suspend(StatementPage):
    title, button, danger = "Suspend agreement", "Suspend agreement", True
    explanation = (
        "A suspension that staff enters wins over what lists say. A list that goes on printing the "
        "agreement opens a review. It lasts until you reinstate the agreement."
    )

    def question(self, data: dict[str, Any]) -> str:
        return f"{self.agreement} is suspended from {data['on']}, until you reinstate it."

    def perform(self, data: dict[str, Any]) -> None:
        services.agreement_suspend(actor=self.actor, agreement=self.agreement, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"The agreement is suspended from {data['on']}. To undo, withdraw the statement below."


class Terminate(StatementPage):
    title, button, danger = "Terminate agreement", "Terminate agreement", True
    explanation = (
        "Enter the day on which the agreement ends by notice. It wins over what lists say; a list that "
        "goes on printing the agreement opens a review."
    )

    def question(self, data: dict[str, Any]) -> str:
        return f"{self.agreement} is terminated from {data['on']}."

    def perform(self, data: dict[str, Any]) -> None:
        services.agreement_terminate(actor=self.actor, agreement=self.agreement, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"The agreement is terminated from {data['on']}. To undo, withdraw the statement below."


class Reinstate(StatementPage):
    """Ends a suspension; the statement stays with its end."""

    title, button = "Reinstate agreement", "Reinstate agreement"
    explanation = "The suspension ends; from then on the agreement stands as the lists say."

    def find(self, **ids: Any) -> None:
        super().find(**ids)
        if self.statement is None or self.statement.status != Status.SUSPENDED:
            raise Http404("No suspension to end.")

    def make_form(self, data: Any) -> forms.Form:
        return StatementForm(
            data,
            day_label="Reinstated from",
            day_help="The first day on which the suspension no longer holds.",
        )

    def question(self, data: dict[str, Any]) -> str:
        return f"The suspension of {self.agreement} ends; it is reinstated from {data['on']}."

    def perform(self, data: dict[str, Any]) -> None:
        services.statement_end(actor=self.actor, statement=self._known_statement, **data)

    @property
    def _known_statement(self) -> AgreementStatus:
        return cast(AgreementStatus, self.statement)

    def done(self, data: dict[str, Any]) -> str:
        return f"The agreement is reinstated from {data['on']}."


class Withdraw(StatementPage):
    """For a statement entered by mistake; it stays readable as withdrawn."""

    title, button, danger = "Withdraw statement", "Withdraw statement", True
    explanation = (
        "For a statement that should not have been entered. It no longer counts, as if it had never been "
        "made; it stays readable, with who withdrew it, when and why."
    )

    def make_form(self, data: Any) -> forms.Form:
        return ReasonForm(data)

    def question(self, data: dict[str, Any]) -> str:
        row = cast(AgreementStatus, self.statement)
        return f"“{row.get_status_display()} from {row.begins_on}” on {self.agreement} no longer counts."

    def perform(self, data: dict[str, Any]) -> None:
        services.statement_withdraw(actor=self.actor, statement=cast(AgreementStatus, self.statement), **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The statement is withdrawn. The agreement stands as the remaining statements and lists say."
