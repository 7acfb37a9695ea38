"""Which records a person may see and change: declared once per model, applied to every query.

A model says how it hangs on an agency (`register_scope(Model, agency="agreement__agency")`) or that
it is national (`register_scope(Model, national=True)`). `visible_to` and `changeable_by` follow.
A model that never registered raises: fail closed, and loudly. Which agencies a person reaches is
asked of a provider that `staffing` registers, so that this app imports no other (ADR 0003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from oversight.access.choices import Column
from oversight.access.models import User
from oversight.access.permissions import MATRIX

__all__ = [
    "AgencyProvider",
    "changeable_by",
    "register_scope",
    "registered_models",
    "sees_everything",
    "set_agency_provider",
    "visible_to",
]

M = TypeVar("M", bound=Model)


class AgencyProvider(Protocol):
    """Answers with a subquery of agency ids; today's scope, also when looking at the past."""

    def visible(self, user: User) -> QuerySet[Any, Any]: ...
    def changeable(self, user: User) -> QuerySet[Any, Any]: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """How a model hangs on an agency. `agency` is a lookup path to the agency; "pk" is the agency itself.

    `action` is the line of the permission matrix without which nobody sees any row.
    """

    agency: str | None
    national: bool
    action: str


_scopes: dict[type[Model], Scope] = {}
_provider: AgencyProvider | None = None


def register_scope(
    model: type[Model], *, agency: str | None = None, national: bool = False, action: str = "records.view"
) -> None:
    """Declare `model`'s scope. Exactly one of `agency` and `national`; for records that not every role
    reads, the `action` that does. Raises on a second declaration, KeyError for an unknown action."""
    if (agency is None) == (not national):
        raise ImproperlyConfigured(f"{model.__name__}: give either agency=… or national=True.")
    if model in _scopes:
        raise ImproperlyConfigured(f"{model.__name__}: scope is declared twice.")
    MATRIX[action]
    _scopes[model] = Scope(agency=agency, national=national, action=action)


def registered_models() -> dict[type[Model], Scope]:
    return dict(_scopes)


def set_agency_provider(provider: AgencyProvider) -> None:
    global _provider
    _provider = provider


def _agency_provider() -> AgencyProvider:
    if _provider is None:
        raise ImproperlyConfigured("No app has registered which agencies a person may see.")
    return _provider


def _scope_of(model: type[Model]) -> Scope:
    try:
        return _scopes[model]
    except KeyError:
        raise ImproperlyConfigured(f"{model.__name__} has no scope: call register_scope for it.") from None


def sees_everything(user: User) -> bool:
    """Headquarters, auditors and administrators see every record; a field PM their own."""
    return bool(user.roles & {Column.HQ, Column.AUDITOR, Column.ADMINISTRATOR})


def visible_to(queryset: QuerySet[M], user: User) -> QuerySet[M]:
    """`queryset` cut to what `user` may see today. National models are visible to every role that reads
    them at all."""
    scope = _scope_of(queryset.model)
    if not MATRIX[scope.action] & user.roles:
        return queryset.none()
    if scope.national or sees_everything(user):
        return queryset
    return queryset.filter(**{f"{scope.agency}__in": _agency_provider().visible(user)})


def changeable_by(queryset: QuerySet[M], user: User) -> QuerySet[M]:
    """`queryset` cut to what `user` may change: headquarters all, a field PM the assigned agencies."""
    scope = _scope_of(queryset.model)
    if Column.HQ in user.roles:
        return queryset
    if scope.national or Column.FIELD_PM not in user.roles:
        return queryset.none()
    return queryset.filter(**{f"{scope.agency}__in": _agency_provider().changeable(user)})
