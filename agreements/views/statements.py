"""Suspending, terminating and reinstating an agreement, and taking a statement back.

Each asks twice: the form, then the sentence of what will happen. Undo is to withdraw the statement.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements.choices import Origin, Status
from agreements.forms.statements import ReasonForm, StatementForm
from agreements.models import Agreement, AgreementStatus
from agreements.selectors.agreements import agreement_statements, changeable_agreement
from agreements.services import statuses as services
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.rehearsal import rehearse

__all__ = ["Reinstate", "Suspend", "Terminate", "Withdraw"]


class StatementPage(ActionRequired):
    """A form, a question, a service, a message. Subclasses say in which words."""

    action = "agreements.change"
    title: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False
    explanation: ClassVar[str]

    agreement: Agreement
    statement: AgreementStatus | None = None

    def setup_objects(self, ref: str, pk: int | None) -> None:
        """Find what it is about among what the person may change. Raises Http404."""
        user = cast(User, self.request.user)
        try:
            self.agreement = changeable_agreement(user=user, ref=ref)
            if pk is not None:
                rows = agreement_statements(user=user, agreement=self.agreement)
                self.statement = rows.get(pk=pk, origin=Origin.STAFF)
        except (Agreement.DoesNotExist, AgreementStatus.DoesNotExist):
            raise Http404("No such record that you may change.") from None

    def get(self, request: HttpRequest, ref: str, pk: int | None = None) -> HttpResponse:
        self.setup_objects(ref, pk)
        return self.show(self.make_form(None))

    def post(self, request: HttpRequest, ref: str, pk: int | None = None) -> HttpResponse:
        self.setup_objects(ref, pk)
        form = self.make_form(request.POST)
        if "edit" in request.POST:
            return self.show(form)
        if not form.is_valid():
            return self.show(form, status=422)
        confirmed = "confirmed" in request.POST
        try:
            refusal = self.act(form.cleaned_data, confirmed=confirmed)
        except Agreement.DoesNotExist:
            raise Http404("No such record that you may change.") from None
        if refusal is not None:
            _add_errors(form, refusal)
            return self.show(form, status=422)
        if not confirmed:
            return self.show(form, question=self.question(form.cleaned_data))
        messages.success(request, self.done(form.cleaned_data))
        return redirect(self.back)

    def act(self, data: dict[str, Any], *, confirmed: bool) -> ValidationError | None:
        """Do it, or before it is confirmed only try it. Why it is refused, if it is."""
        if not confirmed:
            return rehearse(lambda: self.perform(data))
        try:
            self.perform(data)
        except ValidationError as error:
            return error
        return None

    @property
    def back(self) -> str:
        return reverse("agreements:agreement_detail", args=[self.agreement.ref])

    def show(self, form: forms.Form, *, question: str = "", status: int = 200) -> HttpResponse:
        context = {
            "agreement": self.agreement,
            "statement": self.statement,
            "form": form,
            "title": self.title,
            "button": self.button,
            "danger": self.danger,
            "explanation": self.explanation,
            "question": question,
            "back": self.back,
        }
        return render(self.request, "agreements/statement_form.html", context, status=status)

    def make_form(self, data: Any) -> forms.Form:
        return StatementForm(data)

    def question(self, data: dict[str, Any]) -> str:
        """The sentence to confirm."""
        raise NotImplementedError

    def perform(self, data: dict[str, Any]) -> None:
        """Call the service. Raises ValidationError."""
        raise NotImplementedError

    def done(self, data: dict[str, Any]) -> str:
        """The message afterwards."""
        raise NotImplementedError


def _add_errors(form: forms.Form, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


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

    def setup_objects(self, ref: str, pk: int | None) -> None:
        super().setup_objects(ref, pk)
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
