"""The lists of this app: page, export and saved views read these declarations."""

from __future__ import annotations

from oversight.console.lists import ListSpec, register_list
from staffing.filters import AssignmentFilter, ProgramManagerFilter
from staffing.selectors import assignment_list, program_manager_list
from staffing.tables import AssignmentTable, ProgramManagerTable

__all__ = ["ASSIGNMENTS", "register_lists"]

# Assignments have no list page of their own: pages of people and agencies show them. For the API only.
ASSIGNMENTS = ListSpec(
    key="assignments",
    page="staffing:program_manager_list",
    title="Assignments",
    action="records.view",
    selector=assignment_list,
    filterset=AssignmentFilter,
    table=AssignmentTable,
    empty="No assignments yet. Headquarters assigns agencies on the page of a program manager.",
)


def register_lists() -> None:
    """Called once, when the app is ready."""
    register_list(
        ListSpec(
            key="program_managers",
            page="staffing:program_manager_list",
            title="Program managers",
            one="program manager",
            action="records.view",
            selector=program_manager_list,
            filterset=ProgramManagerFilter,
            table=ProgramManagerTable,
            empty="No program managers yet. Headquarters adds them with “Add a program manager”.",
        )
    )
