"""Who is responsible for an agency: asked of a provider, because staffing stands above this app.

`staffing` registers the provider when it is ready. Without one, pages say that nobody is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.db.models import CharField, Value
from django.db.models.expressions import Combinable

from oversight.access.models import User

__all__ = [
    "AssignmentLine",
    "ManagerLine",
    "ResponsibleProvider",
    "responsible",
    "set_responsible_provider",
]


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """One program manager's time at one agency. `valid_to` None: still."""

    name: str
    role: str
    office: str
    valid_from: date
    valid_to: date | None
    is_synthetic: bool
    href: str = ""  # the page of the program manager, where there is one


@dataclass(frozen=True, slots=True)
class ManagerLine:
    """A program manager at an office, and how many agencies are assigned as primary and as backup."""

    name: str
    valid_from: date
    is_synthetic: bool
    n_primary: int
    n_backup: int
    href: str = ""


class ResponsibleProvider(Protocol):
    def primary_name(self, *, on: date) -> Any:
        """An expression for a queryset of agencies: the primary's name on `on`, or NULL."""

    def assignments(self, *, user: User, agency_id: int) -> Sequence[AssignmentLine]:
        """All assignments of an agency, newest first, as far as `user` may see them."""

    def managers(self, *, user: User, office: str, on: date) -> Sequence[ManagerLine]:
        """The program managers of an office on `on`."""

    def assign_address(self, *, user: User, agency_ref: str) -> str:
        """Where `user` assigns a program manager to the agency; "" for those who may not."""


class _Nobody:
    """Before staffing is installed."""

    def primary_name(self, *, on: date) -> Combinable:
        return Value(None, output_field=CharField())

    def assignments(self, *, user: User, agency_id: int) -> Sequence[AssignmentLine]:
        return ()

    def managers(self, *, user: User, office: str, on: date) -> Sequence[ManagerLine]:
        return ()

    def assign_address(self, *, user: User, agency_ref: str) -> str:
        return ""


_provider: ResponsibleProvider = _Nobody()


def set_responsible_provider(provider: ResponsibleProvider) -> None:
    global _provider
    _provider = provider


def responsible() -> ResponsibleProvider:
    return _provider
