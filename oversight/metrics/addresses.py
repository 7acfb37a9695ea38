"""Permanent addresses of figures, fit for citing in a report."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from oversight.metrics.base import Subject
from oversight.metrics.registry import get_metric

__all__ = ["figure_url"]


def figure_url(*, metric: str, subject: Subject, as_of: date, version: int | None = None) -> str:
    """Where one figure is explained: /figures/agreements.listed/v1/state/TX/2026-05-18/.

    The definition's version is part of the address, so that a citation says which definition it meant.
    Raises KeyError for an unknown metric.
    """
    number = get_metric(metric).version if version is None else version
    parts: list[object] = [metric, number, subject.level, subject.key or "-", as_of.isoformat()]
    return reverse("metrics:figure", args=parts)
