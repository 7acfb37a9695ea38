"""A form, the sentence of what will happen, then the service: nothing changes without a question first."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from oversight.access.guards import ActionRequired

__all__ = ["ChangePage"]


class ChangePage(ActionRequired):
    """One change of a target or of the gap ledger. Subclasses say what it is about."""

    action = "parameters.change"
    title: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False
    explanation: ClassVar[str] = ""
    section: ClassVar[tuple[str, str]]  # label and URL name of the page above

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
        if "confirmed" not in request.POST:
            return self.show(form, question=self.question(form))
        try:
            self.perform(form)
        except ValidationError as error:
            _add_errors(form, error)
            return self.show(form, status=422)
        messages.success(request, self.done(form))
        return redirect(self.after)

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
            "section": self.section,
        }
        return render(self.request, "metrics/change_form.html", context, status=status)

    @property
    def eyebrow(self) -> str:
        """What it is about, above the heading."""
        return ""

    @property
    def back(self) -> str:
        """Where "Cancel" leads."""
        raise NotImplementedError

    @property
    def after(self) -> str:
        """Where it goes on when all went well."""
        return self.back

    def find(self, **ids: Any) -> None:
        """Find what it is about. Raises Http404."""

    def make_form(self, data: Any) -> forms.Form:
        raise NotImplementedError

    def question(self, form: Any) -> str:
        """The sentence to confirm."""
        raise NotImplementedError

    def perform(self, form: Any) -> None:
        """Call the service. Raises ValidationError."""
        raise NotImplementedError

    def done(self, form: Any) -> str:
        """The message afterwards, with the way to undo."""
        raise NotImplementedError


def _add_errors(form: forms.Form, error: ValidationError) -> None:
    """Put a service's refusal to the fields it is about."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        field = "where" if name in {"level", "subject"} and "where" in form.fields else name
        form.add_error(field if field in form.fields else None, errors)
