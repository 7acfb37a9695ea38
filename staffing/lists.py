"""The lists of this app: page, export and saved views read these declarations."""

from __future__ import annotations

from oversight.console.lists import ListSpec, register_list
from staffing.filters import ProgramManagerFilter
from staffing.selectors import program_manager_list
from staffing.tables import ProgramManagerTable

__all__ = ["register_lists"]


def register_lists() -> None:
    """Called once, when the app is ready."""
    register_list(
        ListSpec(
            key="program_managers",
            page="staffing:program_manager_list",
            title="Program managers",
            action="records.view",
            selector=program_manager_list,
            filterset=ProgramManagerFilter,
            table=ProgramManagerTable,
            empty="No program managers yet. Headquarters adds them with “Add a program manager”.",
        )
    )
