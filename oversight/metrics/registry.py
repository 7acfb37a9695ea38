"""The catalogue: every metric by its key."""

from __future__ import annotations

from typing import TypeVar

from oversight.metrics.base import Metric

__all__ = ["all_metrics", "get_metric", "register"]

_metrics: dict[str, Metric] = {}
M = TypeVar("M", bound=type[Metric])


def register(metric: M) -> M:
    """Class decorator. Raises ValueError when the key is taken."""
    if metric.key in _metrics:
        raise ValueError(f"Two metrics have the key {metric.key!r}.")
    _metrics[metric.key] = metric()
    return metric


def get_metric(key: str) -> Metric:
    """Raises KeyError for an unknown metric."""
    return _metrics[key]


def all_metrics() -> list[Metric]:
    """In the order of their keys."""
    return [_metrics[key] for key in sorted(_metrics)]
