"""A form, the sentence of what will happen, then the service: no change without a question first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.rehearsal import rehearse

__all__ = ["MAX_ID", "OUTDATED", "ChangePage", "add_errors", "is_outdated"]

MAX_ID = 2**63 - 1  # a number in an address beyond it fits no database
OUTDATED = "outdated"  # code of a refusal because somebody else has changed the record meanwhile


def add_errors(form: forms.Form, error: ValidationError, names: Mapping[str, str] | None = None) -> None:
    """Put a service's refusal to the fields it is about; `names`: the service's name → the form's."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        field = (names or {}).get(name, name)
        form.add_error(field if field in form.fields else None, errors)


def is_outdated(error: ValidationError) -> bool:
    """Whether it is refused because somebody else changed the record meanwhile."""
    return getattr(error, "code", None) == OUTDATED


class ChangePage(ActionRequired):
    """One change of a record. Subclasses find what it is about, and say in which words.

    A form may carry `version`, hidden: what the person looked at. When the service refuses it as outdated,
    the entry is kept and shown again with the newest version, so that sending it again is a choice made
    knowing of the other change.
    """

    title: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False
    explanation: ClassVar[str] = ""
    service_names: ClassVar[dict[str, str]] = {}
    template_name: ClassVar[str] = "console/change_form.html"

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
            return self.refuse(form, refusal)
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

    def refuse(self, form: forms.Form, refusal: ValidationError) -> HttpResponse:
        """The form again, with what is wrong: 422; 409 when somebody else was quicker."""
        add_errors(form, refusal, self.service_names)
        if not is_outdated(refusal):
            return self.show(form, status=422)
        if "version" in form.fields:
            data = cast(QueryDict, form.data).copy()
            data[form.add_prefix("version")] = str(self.newest_version())
            form.data = data
        return self.show(form, status=409)

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
            "crumbs": self.crumbs,
            **self.extra_context(),
        }
        return render(self.request, self.template_name, context, status=status)

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    @property
    def eyebrow(self) -> str:
        """What it is about, above the heading."""
        return ""

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """Label and address of the pages above, without "Home" and the page itself."""
        return []

    @property
    def back(self) -> str:
        """Where "Cancel" leads."""
        raise NotImplementedError

    @property
    def after(self) -> str:
        """Where it goes on when all went well."""
        return self.back

    def extra_context(self) -> dict[str, Any]:
        return {}

    def newest_version(self) -> int:
        """The record's version now. For pages whose form carries one."""
        raise NotImplementedError

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
