"""Permanent addresses of figures, fit for citing in a report."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from oversight.metrics.base import Subject
from oversight.metrics.registry import get_metric

__all__ = ["figure_url", "movement_url", "path_parts"]


def figure_url(*, metric: str, subject: Subject, as_of: date, version: int | None = None) -> str:
    """Where one figure is explained: /figures/agreements.listed/v1/state/TX/2026-05-18/.

    The definition's version is part of the address, so that a citation says which definition it meant.
    Raises KeyError for an unknown metric.
    """
    return reverse("metrics:figure", args=path_parts(metric, subject, as_of, version))


def movement_url(*, metric: str, subject: Subject, first: date, last: date) -> str:
    """Where it is told why a figure moved from `first` to `last`. Raises KeyError for an unknown metric."""
    address = reverse("metrics:moved", args=path_parts(metric, subject, last))
    return f"{address}?from={first.isoformat()}"


def path_parts(metric: str, subject: Subject, as_of: date, version: int | None = None) -> list[object]:
    """The parts of a figure's address, in order."""
    number = get_metric(metric).version if version is None else version
    return [metric, number, subject.level, subject.key or "-", as_of.isoformat()]
