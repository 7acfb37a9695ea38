"""The board of open requests by stage, filtered by its address as a list is."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from itinstall.choices import RequestState
from itinstall.lists import BOARD
from itinstall.selectors.board import CARDS, Lane, board_lanes
from itinstall.services.common import ACTION
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.list_query import filters_only, read_list
from oversight.console.list_views import chip_links, render_list

__all__ = ["Board"]

ORDERS = (
    ("", "Longest in stage first"),
    ("-stage_on", "Newest in stage first"),
    ("-clock", "Furthest beyond the target first"),
    ("priority", "By priority"),
)


class Board(ActionRequired):
    """Columns of cards, each leading to its whole list. Costs the same however many requests there are."""

    action = "records.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        reading = read_list(spec=BOARD, user=user, query=request.GET, request=request)
        rows = reading.queryset.filter(state=RequestState.OPEN)
        lanes = board_lanes(rows=rows, keys=reading.keys) if not reading.problems else []
        query = filters_only(request.GET)
        n = sum(lane.n for lane in lanes)
        context = {
            "spec": BOARD,
            "page_url": reverse(BOARD.page),
            "reading": reading,
            "filterset": reading.filterset,
            "problems": reading.problems,
            "chips": chip_links(reading, query),
            "query": query.urlencode(),
            "count_words": f"{n:,} open request{'' if n == 1 else 's'}",
            "lanes": [{"lane": lane, "href": _list_address(lane, query)} for lane in lanes],
            "n": n,
            "n_cards": CARDS,
            "orders": _orders(query),
            "may_change": self.may(ACTION),
        }
        return render_list(request, context, page="itinstall/board.html", partial="itinstall/_board.html")


def _list_address(lane: Lane, query: QueryDict) -> str:
    """The list of all that a column counts, with the filters and the order of the board."""
    whole = query.copy()
    whole["stage"], whole["status"] = lane.stage.key, RequestState.OPEN.value
    return f"{reverse('itinstall:request_list')}?{whole.urlencode()}"


def _orders(query: QueryDict) -> list[dict[str, Any]]:
    orders = []
    for sort, label in ORDERS:
        changed = query.copy()
        changed.pop("sort", None)
        if sort:
            changed["sort"] = sort
        is_current = query.get("sort", "") == sort
        orders.append({"label": label, "query": changed.urlencode(), "is_current": is_current})
    return orders
