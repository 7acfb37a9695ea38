"""The page of the search box in the header."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.search import MIN_LENGTH, search_all

__all__ = ["Search"]


class Search(ActionRequired):
    """Hits by kind of record. A reference typed in full leads straight to its page."""

    action = "records.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        text = " ".join(request.GET.get("q", "")[:200].replace("\x00", "").split())
        groups = search_all(user=cast(User, request.user), text=text)
        exact = [hit for group in groups for hit in group.hits if hit.exact]
        if len(exact) == 1:
            return redirect(exact[0].href)
        return render(
            request,
            "console/search.html",
            {
                "search_text": text,
                "groups": groups,
                "too_short": 0 < len(text) < MIN_LENGTH,
                "min_length": MIN_LENGTH,
            },
        )
