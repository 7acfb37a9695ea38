"""Saved views: keeping, listing and deleting a list's filters under a name. Each person has their own."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict

from oversight.access.actors import Actor
from oversight.access.models import User
from oversight.access.permissions import require
from oversight.console.list_query import filters_only
from oversight.console.lists import all_lists
from oversight.console.models import SavedView
from oversight.trail.services import record

__all__ = ["saved_views_of", "view_delete", "view_rename", "view_save"]


def saved_views_of(*, user: User, page: str | None = None) -> QuerySet[SavedView]:
    """The person's own views, of one list or of all."""
    views = SavedView.objects.filter(owner=user)
    return views.filter(page=page) if page is not None else views


@transaction.atomic
def view_save(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep the filters and the sort of `query` (a query string) as `name` for the list at `page`.

    Raises NotAllowed; ValidationError for an unknown list, an empty, long or taken name.
    """
    require(actor, "views.save")
    if page not in {spec.page for spec in all_lists()}:
        raise ValidationError({"page": "This page keeps no views."})
    view = SavedView(
        owner=actor.user, page=page, name=name.strip(), query=filters_only(QueryDict(query)).urlencode()
    )
    view.full_clean()
    view.save()
    record(
        actor=actor,
        verb="view.saved",
        obj=view,
        after={"page": view.page, "name": view.name, "query": view.query},
    )
    return view


@transaction.atomic
def view_rename(*, actor: Actor, view: SavedView, name: str) -> SavedView:
    """Give a view another name. Raises NotAllowed; ValidationError for an empty, long or taken name. The
    caller has found `view` among the person's own."""
    require(actor, "views.save")
    before, view.name = view.name, name.strip()
    view.full_clean()
    if view.name != before:
        view.save(update_fields=["name"])
        record(actor=actor, verb="view.renamed", obj=view, before={"name": before}, after={"name": view.name})
    return view


@transaction.atomic
def view_delete(*, actor: Actor, view: SavedView) -> None:
    """Delete a view. Raises NotAllowed; the caller has found `view` among the person's own."""
    require(actor, "views.save")
    record(
        actor=actor,
        verb="view.deleted",
        obj=view,
        before={"page": view.page, "name": view.name, "query": view.query},
    )
    view.delete()
