"""The outlines of states and counties, once for all maps."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from oversight.access.guards import ActionRequired
from oversight.console.usmap import LEVELS, shapes_svg

__all__ = ["MapShapes"]

YEAR = 365 * 24 * 3600


class MapShapes(ActionRequired):
    """Public geography in one file. Its address changes with its content, so browsers keep it."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, level: str) -> HttpResponse:
        if level not in LEVELS:
            raise Http404("No such shapes.")
        response = HttpResponse(shapes_svg(level), content_type="image/svg+xml")
        patch_cache_control(response, private=True, max_age=YEAR, immutable=True)
        return response
