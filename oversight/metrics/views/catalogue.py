"""The catalogue of figures, and a figure's values for every subject."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oversight.access.guards import ActionRequired
from oversight.metrics.registry import all_metrics
from oversight.metrics.views.parts import metric_or_404

__all__ = ["Catalogue", "MetricPage"]


class Catalogue(ActionRequired):
    """Every metric with its definition."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "metrics/catalogue.html", {"metrics": all_metrics()})


class MetricPage(ActionRequired):
    """One metric."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, metric: str) -> HttpResponse:
        return render(request, "metrics/metric.html", {"metric": metric_or_404(metric)})
