"""What pages of staffing share: the program manager of an address, and where changes begin and end."""

from __future__ import annotations

from django.http import Http404
from django.urls import reverse

from oversight.access.models import User
from oversight.console.change_page import MAX_ID
from oversight.console.change_page import ChangePage as BaseChangePage
from staffing.models import ProgramManager
from staffing.selectors import program_manager_list
from staffing.services import ACTION

__all__ = ["ChangePage", "manager_address", "visible_manager"]


def visible_manager(*, user: User, pk: int) -> ProgramManager:
    """The program manager, with today's figures. Raises Http404 outside what `user` may see."""
    found = program_manager_list(user=user).filter(pk=pk).first() if pk <= MAX_ID else None
    if found is None:
        raise Http404("No program manager of this number.")
    return found


def manager_address(pk: int) -> str:
    return reverse("staffing:program_manager_detail", args=[pk])


class ChangePage(BaseChangePage):
    """One change of staffing."""

    action = ACTION

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [("Program managers", reverse("staffing:program_manager_list"))]

    @property
    def back(self) -> str:
        return reverse("staffing:program_manager_list")
