"""Filters that several lists of this app share. Names and values are part of the addresses: keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agreements.choices import Status, SupportModel
from agreements.models import AgencyOffice, FieldOffice, State
from oversight.access.scope import visible_to
from oversight.console.list_filters import scoped_choice

__all__ = ["UNKNOWN", "YES_NO", "in_office", "model_filter", "office_filter", "state_filter", "status_filter"]

UNKNOWN = "unknown"
YES_NO = (("yes", "Yes"), ("no", "No"))


def _states(request: HttpRequest | None) -> QuerySet[State]:
    rows = State.objects.order_by("name")
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def _offices(request: HttpRequest | None) -> QuerySet[FieldOffice]:
    rows = FieldOffice.objects.order_by("name")
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def state_filter(field_name: str, *, method: str | None = None) -> Any:
    """By postal code; "unknown" for records whose state was not read (not with a method of one's own)."""
    unknown = {} if method else {"null_label": "State not read", "null_value": UNKNOWN}
    return scoped_choice(queryset=_states, field_name=field_name, label="State", method=method, **unknown)


def office_filter(method: Callable[..., QuerySet[Any]] | str) -> Any:
    """By the slug of today's field office; "unknown" for agencies whose office is not known."""
    return scoped_choice(
        queryset=_offices,
        field_name="office",
        label="Field office today",
        method=method,
        null_label="Office not known",
        null_value=UNKNOWN,
    )


def in_office(queryset: QuerySet[Any], value: Any, *, path: str) -> QuerySet[Any]:
    """Rows whose agency (at `path`, "pk" for agencies) falls under the office today."""
    today = AgencyOffice.objects.active_on(timezone.localdate())
    if value == UNKNOWN:
        return queryset.exclude(**{f"{path}__in": today.values("agency")})
    return queryset.filter(**{f"{path}__in": today.filter(office=value).values("agency")})


def model_filter(**kwargs: Any) -> django_filters.MultipleChoiceFilter:
    """One or more support models."""
    return django_filters.MultipleChoiceFilter(
        choices=[(value, value) for value in SupportModel.values],
        widget=forms.CheckboxSelectMultiple,
        label="Model",
        distinct=False,  # a column of the rows themselves: nothing to repeat
        **kwargs,
    )


def status_filter(**kwargs: Any) -> django_filters.MultipleChoiceFilter:
    """One or more statuses of today."""
    return django_filters.MultipleChoiceFilter(
        choices=Status.choices,
        widget=forms.CheckboxSelectMultiple,
        label="Status",
        distinct=False,
        **kwargs,
    )
