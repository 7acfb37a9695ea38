"""Filters of the trail."""

from __future__ import annotations

from typing import Any

import django_filters
from django.apps import apps
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from oversight.access.models import User
from oversight.access.permissions import may
from oversight.console.list_filters import ListFilterSet, date_filter, scoped_choice
from oversight.trail.models import TrailEntry
from oversight.trail.words import type_words

__all__ = ["TrailFilter"]


def _people(request: HttpRequest | None) -> QuerySet[User]:
    """Everyone, for those who may read the trail."""
    from oversight.access.actors import person

    user = getattr(request, "user", None)
    if not isinstance(user, User) or not may(person(user), "trail.view"):
        return User.objects.none()
    return User.objects.order_by("username")


def _types() -> list[tuple[str, str]]:
    """Every kind of record that the program keeps."""
    kinds = {
        model._meta.label_lower
        for model in apps.get_models()
        if not model.__module__.startswith(("django.", "axes.", "rest_framework."))
    }
    return sorted(((kind, type_words(kind).capitalize()) for kind in kinds), key=lambda kind: kind[1])


class TrailFilter(ListFilterSet):
    """Who, what, on what, when, in which request."""

    primary = ("q", "actor", "object_type", "since", "until")

    q = django_filters.CharFilter(method="search", label="Record or reason contains")
    actor = scoped_choice(queryset=_people, field_name="actor", label="Person", empty="Anyone")
    object_type = django_filters.ChoiceFilter(
        choices=_types,
        label="Kind of record",
        empty_label="Any",
        error_messages={"invalid_choice": "This kind of record is not known. Choose one from the list."},
    )
    since = date_filter(field_name="at", lookup="date__gte", label="From")
    until = date_filter(field_name="at", lookup="date__lte", label="To")
    verb = django_filters.CharFilter(
        field_name="verb", lookup_expr="istartswith", label="Act begins with", help_text="agreement.suspended"
    )
    object_id = django_filters.CharFilter(field_name="object_id", label="Record number")
    request_id = django_filters.CharFilter(field_name="request_id", label="Request")
    by_system = django_filters.BooleanFilter(field_name="actor", lookup_expr="isnull", label="By the system")

    class Meta:
        model = TrailEntry
        fields: list[str] = []

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(Q(object_label__icontains=value) | Q(reason__icontains=value))
