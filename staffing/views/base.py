"""A form, the sentence of what will happen, then the service: no change without a question first."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.rehearsal import rehearse
from staffing.models import ProgramManager
from staffing.selectors import program_manager_list
from staffing.services import ACTION

__all__ = ["ChangePage", "add_errors", "manager_address", "visible_manager"]

MAX_ID = 2**63 - 1


def visible_manager(*, user: User, pk: int) -> ProgramManager:
    """The program manager, with today's figures. Raises Http404 outside what `user` may see."""
    found = program_manager_list(user=user).filter(pk=pk).first() if pk <= MAX_ID else None
    if found is None:
        raise Http404("No program manager of this number.")
    return found


def manager_address(pk: int) -> str:
    return reverse("staffing:program_manager_detail", args=[pk])


def add_errors(form: forms.Form, error: ValidationError, names: dict[str, str] | None = None) -> None:
    """Put a service's refusal to the fields it is about; `names`: the service's name → the form's."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        field = (names or {}).get(name, name)
        form.add_error(field if field in form.fields else None, errors)


class ChangePage(ActionRequired):
    """One change of staffing. Subclasses find what it is about, and say in which words."""

    action = ACTION
    title: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False
    explanation: ClassVar[str] = ""
    service_names: ClassVar[dict[str, str]] = {}

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponse:
        self.find(**ids)
        return self.show(self.make_form(None))

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponse:
        self.find(**ids)
        form = self.make_form(request.POST)
        if "edit" in request.POST:
            return self.show(form)
        if not form.is_valid():
            return self.show(form, status=422)
        confirmed = "confirmed" in request.POST
        refusal = self.act(form.cleaned_data, confirmed=confirmed)
        if refusal is not None:
            add_errors(form, refusal, self.service_names)
            return self.show(form, status=422)
        if not confirmed:
            return self.show(form, question=self.question(form.cleaned_data))
        messages.success(request, self.done(form.cleaned_data))
        return redirect(self.after)

    def act(self, data: dict[str, Any], *, confirmed: bool) -> ValidationError | None:
        """Do it, or before it is confirmed only try it. Why it is refused, if it is."""
        if not confirmed:
            return rehearse(lambda: self.perform(data))
        try:
            self.perform(data)
        except ValidationError as error:
            return error
        return None

    def show(self, form: forms.Form, *, question: str = "", status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "title": self.title,
            "button": self.button,
            "danger": self.danger,
            "explanation": self.explanation,
            "question": question,
            "eyebrow": self.eyebrow,
            "back": self.back,
            **self.extra_context(),
        }
        return render(self.request, "staffing/change_form.html", context, status=status)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @property
    def eyebrow(self) -> str:
        """What it is about, above the heading."""
        return ""

    @property
    def back(self) -> str:
        """Where "Cancel" leads."""
        return reverse("staffing:program_manager_list")

    @property
    def after(self) -> str:
        """Where it goes on when all went well."""
        return self.back

    def extra_context(self) -> dict[str, Any]:
        return {}

    def find(self, **ids: Any) -> None:
        """Find what it is about among what the person may see. Raises Http404."""

    def make_form(self, data: Any) -> forms.Form:
        raise NotImplementedError

    def question(self, data: dict[str, Any]) -> str:
        """The sentence to confirm."""
        raise NotImplementedError

    def perform(self, data: dict[str, Any]) -> None:
        """Call the service. Raises ValidationError."""
        raise NotImplementedError

    def done(self, data: dict[str, Any]) -> str:
        """The message afterwards, with the way to undo."""
        raise NotImplementedError
