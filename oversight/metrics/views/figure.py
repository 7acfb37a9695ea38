"""One figure explained."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oversight.access.guards import ActionRequired
from oversight.metrics.views.parts import metric_or_404

__all__ = ["FigurePage"]


class FigurePage(ActionRequired):
    """One figure of one subject on one date: definition, parts, rows, history."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        return render(request, "metrics/figure.html", {"metric": metric_or_404(address["metric"])})
