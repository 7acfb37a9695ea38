"""What of staffing changed between two days: assignments and program managers that began or ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Count, Q, Window

from oversight.access.scope import visible_to
from oversight.console.addresses import record_url
from oversight.console.changes import ChangeRow, ChangesRequest, Section, register_change_section
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager

__all__ = ["register_sections"]


def _happened(first: dt.date, last: dt.date) -> Q:
    """Begins or ends after `first`, up to `last`. An end is the first day no longer in it."""
    return Q(valid_from__gt=first, valid_from__lte=last) | Q(valid_to__gt=first, valid_to__lte=last)


def assignments(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Agencies assigned, and assignments ended, of agencies that the person may see. One query."""
    rows = (
        visible_to(Assignment.objects.filter(_happened(first, last)), request.user)
        .select_related("agency", "program_manager")
        .annotate(n_in_all=Window(Count("pk")))
        .order_by("-valid_from", "agency__name", "pk")
    )
    found = list(rows[: request.limit])
    return Section(
        "Assignments",
        [row for item in found for row in _assignment_rows(item, first, last)],
        found[0].n_in_all if found else 0,
        "No agency was assigned or handed over in these days.",
    )


def _assignment_rows(item: Assignment, first: dt.date, last: dt.date) -> Iterable[ChangeRow]:
    role = AssignmentRole(item.role).label
    words = f"{item.program_manager.name}, {role.lower()}"
    href = record_url("agreements:agency_detail", item.agency.ref)
    if first < item.valid_from <= last:
        yield ChangeRow(item.valid_from, "Assigned", str(item.agency), href, after=words)
    if item.valid_to and first < item.valid_to <= last:
        yield ChangeRow(item.valid_to, "Ended", str(item.agency), href, before=words)


def managers(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Program managers who came on board or left. One query."""
    rows = (
        visible_to(ProgramManager.objects.filter(_happened(first, last)), request.user)
        .select_related("office")
        .annotate(n_in_all=Window(Count("pk")))
        .order_by("-valid_from", "name", "pk")
    )
    found = list(rows[: request.limit])
    return Section(
        "Program managers",
        [row for item in found for row in _manager_rows(item, first, last)],
        found[0].n_in_all if found else 0,
        "No program manager came on board or left in these days.",
    )


def _manager_rows(item: ProgramManager, first: dt.date, last: dt.date) -> Iterable[ChangeRow]:
    href = record_url("staffing:program_manager_detail", item.pk)
    if first < item.valid_from <= last:
        yield ChangeRow(item.valid_from, "On board", item.name, href, after=item.office.name)
    if item.valid_to and first < item.valid_to <= last:
        yield ChangeRow(item.valid_to, "Left", item.name, href, before=item.office.name)


def register_sections() -> None:
    """Called once, when the app is ready."""
    register_change_section("staffing.assignments", 50, assignments)
    register_change_section("staffing.managers", 51, managers)
