"""What the pages of figures share."""

from __future__ import annotations

from django.http import Http404

from oversight.metrics.base import Metric
from oversight.metrics.registry import get_metric

__all__ = ["metric_or_404"]


def metric_or_404(key: str) -> Metric:
    """Raises Http404 for a metric that does not exist."""
    try:
        return get_metric(key)
    except KeyError:
        raise Http404("There is no figure with this name. The catalogue lists all.") from None
