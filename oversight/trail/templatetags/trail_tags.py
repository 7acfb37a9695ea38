"""History in any page: {% load trail_tags %}{% history agency %}, or {% history_url agency %} for a link."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model
from django.template import Context
from django.urls import reverse

from oversight.trail.models import TrailEntry
from oversight.trail.references import References
from oversight.trail.views import history_context, key_of
from oversight.trail.words import Difference, differences, type_words, verb_words

register = template.Library()


@register.simple_tag
def history_url(obj: Model) -> str:
    """The address of the history of `obj`."""
    return reverse("trail:history", args=[obj._meta.label_lower, key_of(obj)])


@register.inclusion_tag("trail/_history.html", takes_context=True)
def history(context: Context, obj: Model, size: int = 20, nothing: str = "") -> dict[str, Any]:
    """The newest entries on `obj`, which the page has resolved through scope. Two queries. `nothing`: what
    is said when there are none."""
    request = context["request"]
    return {**history_context(obj=obj, user=request.user, size=size), "request": request, "nothing": nothing}


@register.filter
def entry_differences(entry: TrailEntry, references: References) -> list[Difference]:
    return differences(entry, references)


@register.filter
def entry_verb(entry: TrailEntry) -> str:
    return verb_words(entry.verb)


@register.filter
def entry_type(entry: TrailEntry) -> str:
    return type_words(entry.object_type)


@register.filter
def record_kind(obj: Model) -> str:
    return type_words(obj._meta.label_lower)
