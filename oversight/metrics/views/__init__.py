"""Pages of figures."""

from oversight.metrics.views.catalogue import Catalogue, MetricPage
from oversight.metrics.views.figure import FigurePage

__all__ = ["Catalogue", "FigurePage", "MetricPage"]
