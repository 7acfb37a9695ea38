"""Saved views: keep, list, delete with a question first."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.lists import all_lists
from oversight.console.models import SavedView
from oversight.console.saved_views import saved_views_of, view_delete, view_rename, view_save

__all__ = ["SavedViewDelete", "SavedViewList", "SavedViewRename", "SavedViewSave"]


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        label="Name of this view",
        help_text="For example: Texas, missing.",
        error_messages={"required": "Enter a name for the view."},
    )


class SavedViewForm(NameForm):
    page = forms.CharField(widget=forms.HiddenInput)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)


def _own(request: HttpRequest) -> Any:
    return saved_views_of(user=cast(User, request.user))


class SavedViewSave(ActionRequired):
    """The small form on a list; on a problem this page shows it again with the reason."""

    action = "views.save"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SavedViewForm(request.POST)
        if form.is_valid():
            try:
                view = view_save(actor=self.actor, **form.cleaned_data)
            except ValidationError as error:
                for message in error.messages:
                    form.add_error("name", message)
            else:
                messages.success(request, f"The view “{view.name}” is saved. Open it under Saved views.")
                return redirect(_address(view))
        return render(request, "console/view_form.html", {"form": form}, status=422)


class SavedViewList(ActionRequired):
    """All of a person's views, grouped by list."""

    action = "views.save"

    def get(self, request: HttpRequest) -> HttpResponse:
        titles = {spec.page: spec.title for spec in all_lists()}
        views = [
            {"view": view, "title": titles.get(view.page, view.page), "href": _address(view)}
            for view in _own(request).order_by("page", "name")
        ]
        return render(request, "console/view_list.html", {"views": views})


class SavedViewRename(ActionRequired):
    """Another name; filters and sort stay."""

    action = "views.save"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = get_object_or_404(_own(request), pk=pk)
        return self.show(view, NameForm({"name": view.name}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = get_object_or_404(_own(request), pk=pk)
        form = NameForm(request.POST)
        before = view.name
        if form.is_valid():
            try:
                view_rename(actor=self.actor, view=view, name=form.cleaned_data["name"])
            except ValidationError as error:
                for message in error.messages:
                    form.add_error("name", message)
            else:
                messages.success(request, f"The view “{before}” is now called “{view.name}”.")
                return redirect("console:view_list")
        view.name = before
        return self.show(view, form, status=422)

    def show(self, view: SavedView, form: NameForm, *, status: int = 200) -> HttpResponse:
        return render(self.request, "console/view_rename.html", {"view": view, "form": form}, status=status)


class SavedViewDelete(ActionRequired):
    """Asks, then deletes."""

    action = "views.save"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = get_object_or_404(_own(request), pk=pk)
        return render(request, "console/view_delete.html", {"view": view, "back": _list_address(view)})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = get_object_or_404(_own(request), pk=pk)
        back = _list_address(view)
        view_delete(actor=self.actor, view=view)
        messages.success(request, f"The view “{view.name}” is deleted.")
        return redirect(back)


def _list_address(view: SavedView) -> str:
    try:
        return reverse(view.page)
    except NoReverseMatch:  # a list that a later version no longer has
        return reverse("console:view_list")


def _address(view: SavedView) -> str:
    return f"{_list_address(view)}{'?' if view.query else ''}{view.query}"
