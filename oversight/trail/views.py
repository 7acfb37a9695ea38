"""The history of one record, and the whole trail."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from oversight.access.actors import person
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.access.scope import registered_models, visible_to
from oversight.console.list_views import ScopedListView
from oversight.trail.models import TrailEntry
from oversight.trail.references import References
from oversight.trail.related import history_with_related
from oversight.trail.words import model_of

__all__ = ["History", "TrailList", "history_context", "key_of"]

PAGE_SIZE = 50


def _key_field(model: type[Model]) -> str:
    """Records with a public reference are addressed by it, others by their number."""
    try:
        model._meta.get_field("ref")
    except FieldDoesNotExist:
        return "pk"
    return "ref"


def key_of(obj: Model) -> str:
    """What stands for `obj` in the address of its history."""
    return str(getattr(obj, _key_field(type(obj))))


def _visible_object(*, object_type: str, key: str, user: User) -> Model:
    """The record, when the person may see it. Raises Http404 otherwise: also for unknown kinds.

    Kinds without a scope (accounts, jobs) are for those who may read the whole trail.
    """
    model = model_of(object_type)
    if model is None or model is TrailEntry or model._meta.label_lower != object_type.lower():
        raise Http404
    if model in registered_models():
        queryset = visible_to(model._default_manager.all(), user)
    elif may(person(user), "trail.view"):
        queryset = model._default_manager.all()
    else:
        raise Http404
    try:
        return queryset.get(**{_key_field(model): key})
    except (ObjectDoesNotExist, ValidationError, ValueError, OverflowError):
        raise Http404 from None


def history_context(
    *, obj: Model, user: User, before: int | None = None, size: int = PAGE_SIZE
) -> dict[str, Any]:
    """What trail/_history.html shows: `obj`, its `entries` and `older`, from where to go on."""
    queryset = history_with_related(obj=obj, user=user)
    if before is not None:
        queryset = queryset.filter(pk__lt=before)
    found = list(queryset[: size + 1])
    older = found[size - 1].pk if len(found) > size else None
    return {
        "history_of": obj,
        "history_type": obj._meta.label_lower,
        "history_key": key_of(obj),
        "entries": found[:size],
        "references": References(entries=found[:size], user=user),
        "older": older,
        "is_continued": before is not None,
    }


class History(ActionRequired):
    """What was done to one record: the page, or for htmx the list alone."""

    action = "history.view"

    def get(self, request: HttpRequest, object_type: str, key: str) -> HttpResponse:
        user = cast(User, request.user)
        obj = _visible_object(object_type=object_type, key=key, user=user)
        text = request.GET.get("before", "")
        # The number of an entry; SQLite and PostgreSQL refuse one that is longer.
        if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise Http404
        context = history_context(obj=obj, user=user, before=int(text) if text else None)
        htmx: Any = getattr(request, "htmx", None)
        part = bool(htmx) and not htmx.history_restore_request
        response = render(request, "trail/_history.html" if part else "trail/history.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class TrailList(ScopedListView):
    """Everything that was done, for auditors and administrators."""

    action = "trail.view"
    list_key = "trail"
