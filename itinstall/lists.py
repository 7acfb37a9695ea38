"""The lists of this app: each declared once for its page, its export, its API operation and saved views."""

from __future__ import annotations

from itinstall.filters.requests import BoardFilter, RequestFilter, StuckFilter
from itinstall.selectors.listing import request_list, stuck_list
from itinstall.tables.requests import RequestTable, StuckTable
from oversight.console.lists import ListSpec, register_list

__all__ = ["BOARD", "register_lists"]

# The board reads its address as a list does; it has no export of its own, each column leads to the list.
BOARD = ListSpec(
    key="installation_board",
    page="itinstall:board",
    title="Installation board",
    one="open request",
    action="records.view",
    selector=request_list,
    filterset=BoardFilter,
    table=RequestTable,
    empty="No open requests.",
)


def register_lists() -> None:
    """Called once, when the app is ready."""
    register_list(
        ListSpec(
            key="installation_requests",
            page="itinstall:request_list",
            title="Installation requests",
            one="installation request",
            action="records.view",
            selector=request_list,
            filterset=RequestFilter,
            table=RequestTable,
            in_two=True,
            empty="No installation requests yet. Enter one with “New request”, or import a spreadsheet.",
        )
    )
    register_list(
        ListSpec(
            key="installation_stuck",
            page="itinstall:stuck",
            title="Stuck installations",
            one="stuck installation",
            action="records.view",
            selector=stuck_list,
            filterset=StuckFilter,
            table=StuckTable,
            in_two=True,
            empty="Nothing is stuck: no open request is beyond its target or the usual days of its stage.",
        )
    )
