"""What a figure meant when it was computed: words and formula of each version, for whoever reads it later."""

from __future__ import annotations

from collections.abc import Sequence

from oversight.metrics.base import Metric
from oversight.metrics.models import Definition

__all__ = ["definitions_record"]


def definitions_record(*, metrics: Sequence[Metric]) -> None:
    """Write down the definitions that are not written down yet. One query when all are."""
    recorded = set(Definition.objects.values_list("metric", "version"))
    Definition.objects.bulk_create(
        [
            Definition(
                metric=metric.key,
                version=metric.version,
                name=metric.name,
                words=metric.words,
                formula=metric.formula,
                unit=metric.unit,
                source=metric.source,
            )
            for metric in metrics
            if (metric.key, metric.version) not in recorded
        ],
        ignore_conflicts=True,
    )
