"""Assigning a program manager to an agency, and ending that."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from agreements.models import Agency
from agreements.selectors.agencies import agency_by_ref
from oversight.console.change_page import MAX_ID
from staffing import selectors, services
from staffing.choices import AssignmentRole
from staffing.forms import AssignForm, EndForm
from staffing.models import Assignment
from staffing.views.base import ChangePage, manager_address

__all__ = ["AssignmentBegin", "AssignmentEnd"]


class AssignmentBegin(ChangePage):
    """Reached from a program manager (?program_manager=17) or from an agency (?agency=LEA-…)."""

    title, button = "Assign an agency", "Assign agency"
    explanation = "An agency has one primary program manager on any day, and as many backups as are needed."

    agency: Agency | None = None
    manager_pk: int | None = None
    assigned: Assignment

    def find(self, **ids: Any) -> None:
        ref = self.request.GET.get("agency", "")
        if ref:
            try:
                self.agency = agency_by_ref(user=self.user, ref=ref)
            except Agency.DoesNotExist:
                raise Http404("No agency of this reference.") from None
        number = self.request.GET.get("program_manager", "")
        if number:
            self.manager_pk = self._known_manager(number)

    def _known_manager(self, number: str) -> int:
        known = selectors.open_program_managers(user=self.user, on=timezone.localdate())
        digits = number.isascii() and number.isdigit() and len(number) <= 18
        if not digits or not known.filter(pk=int(number)).exists():
            raise Http404("No program manager of this number who can be assigned.")
        return int(number)

    def make_form(self, data: Any) -> forms.Form:
        initial = {"program_manager": self.manager_pk, "agency": self.agency.ref if self.agency else ""}
        return AssignForm(data, user=self.user, initial=initial)

    @property
    def eyebrow(self) -> str:
        return f"{self.agency.name}, {self.agency.ref}" if self.agency else ""

    @property
    def back(self) -> str:
        return self._came_from or reverse("staffing:program_manager_list")

    @property
    def after(self) -> str:
        return self._came_from or manager_address(self.assigned.program_manager_id)

    @property
    def _came_from(self) -> str:
        if self.manager_pk is not None:
            return manager_address(self.manager_pk)
        if self.agency is not None:
            return reverse("agreements:agency_names", args=[self.agency.ref])
        return ""

    def question(self, data: dict[str, Any]) -> str:
        agency, until = data["agency"], data["until"]
        end = f" until {until}, that day not included" if until else ", with no end"
        role = AssignmentRole(data["role"]).label.lower()
        return (
            f"{data['program_manager'].name} is {role} program manager for {agency.name} ({agency.ref}) "
            f"from {data['on']}{end}."
        )

    def perform(self, data: dict[str, Any]) -> None:
        role = AssignmentRole(data["role"])
        self.assigned = services.assignment_begin(actor=self.actor, **{**data, "role": role})

    def done(self, data: dict[str, Any]) -> str:
        return (
            f"{data['program_manager'].name} is assigned to {data['agency'].name} from {data['on']}. "
            "To undo, end the assignment on the page of the program manager."
        )


class AssignmentEnd(ChangePage):
    title, button, danger = "End assignment", "End assignment", True
    explanation = "From that day the agency is without this program manager. The past stays as it was."

    assignment: Assignment

    def find(self, **ids: Any) -> None:
        rows = selectors.assignment_list(user=self.user)
        found = rows.filter(pk=ids["pk"]).first() if ids["pk"] <= MAX_ID else None
        if found is None:
            raise Http404("No assignment of this number.")
        self.assignment = found

    def make_form(self, data: Any) -> forms.Form:
        return EndForm(data)

    @property
    def eyebrow(self) -> str:
        row = self.assignment
        return f"{row}, {row.get_role_display().lower()} from {row.valid_from}"

    @property
    def back(self) -> str:
        return manager_address(self.assignment.program_manager_id)

    def question(self, data: dict[str, Any]) -> str:
        row = self.assignment
        return (
            f"{row.program_manager.name} is {row.get_role_display().lower()} for {row.agency.name} "
            f"until {data['on']}, that day not included."
        )

    def perform(self, data: dict[str, Any]) -> None:
        services.assignment_end(actor=self.actor, assignment=self.assignment, **data)

    def done(self, data: dict[str, Any]) -> str:
        return (
            f"The assignment to {self.assignment.agency.name} ends on {data['on']}. "
            "To undo, assign the agency again from that day."
        )
