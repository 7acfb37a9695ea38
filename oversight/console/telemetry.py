"""Measurements for Prometheus at /metrics (docs/operations.md).

Requests are counted where they are served, by a middleware. What the database knows (jobs, ages) is read
when Prometheus asks; each part registers its own:

    register_measurements("exchange", jobs_measured)

Labels are few and fixed: names of addresses, never addresses; no names of people, agencies or files.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from oversight.access.guards import public_page

__all__ = ["Measurement", "RequestMetricsMiddleware", "metrics", "register_measurements"]

log = logging.getLogger(__name__)

Next = Callable[[HttpRequest], HttpResponse]
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNNAMED = "-"  # static files, and addresses that do not exist
SECONDS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)

# They would be a second line per count that nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]
_process = CollectorRegistry()
ProcessCollector(registry=_process)
REQUESTS = Counter(
    "oversight_requests",
    "Requests answered, by name of the address.",
    ["view", "method", "status"],
    registry=_process,
)
LATENCY = Histogram(
    "oversight_request_seconds",
    "Seconds until the answer began, by name of the address.",
    ["view"],
    buckets=SECONDS,
    registry=_process,
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A gauge: `samples` holds the values with their labels. Names end in their unit, `_seconds`."""

    name: str
    help: str
    samples: list[tuple[Mapping[str, str], float]] = field(default_factory=list)

    @classmethod
    def single(cls, name: str, help: str, value: float | None) -> Measurement:
        """One value without labels; None: nothing to measure yet, and the gauge stays empty."""
        return cls(name, help, [] if value is None else [({}, value)])


Measure = Callable[[], Iterable[Measurement]]
_measures: dict[str, Measure] = {}


def register_measurements(key: str, measure: Measure) -> None:
    """Add what a part measures, under a fixed key. Raises ValueError when the key is taken."""
    if key in _measures:
        raise ValueError(f"Two parts measure under the key {key!r}.")
    _measures[key] = measure


class _Registered:
    """What the parts measure. One that fails is left out and counted; the others are told."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        failed = 0
        for key, measure in sorted(_measures.items()):
            try:
                found = list(measure())
            except DatabaseError:
                log.warning("measurements of %s cannot be read", key, exc_info=True)
                failed += 1
                continue
            yield from map(_family, found)
        yield GaugeMetricFamily(
            "oversight_scrape_failures", "Parts whose measurements could not be read.", value=failed
        )


def _family(measurement: Measurement) -> GaugeMetricFamily:
    names = sorted({name for labels, _ in measurement.samples for name in labels})
    family = GaugeMetricFamily(measurement.name, measurement.help, labels=names)
    for labels, value in measurement.samples:
        family.add_metric([labels.get(name, "") for name in names], value)
    return family


class RequestMetricsMiddleware:
    """Counts and times every request by the name of its address."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else "") or UNNAMED
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        LATENCY.labels(view).observe(perf_counter() - begun)
        return response


@public_page("Prometheus signs in with a token of its own, METRICS_TOKEN")
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything measured, as Prometheus reads it. 404 while no token is set, 401 for a wrong one.

    In development it is open when no token is set.
    """
    token = settings.METRICS_TOKEN
    if not token and not settings.DEBUG:
        raise Http404
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and not (scheme.lower() == "bearer" and constant_time_compare(given.strip(), token)):
        answer = HttpResponse("A bearer token is needed: METRICS_TOKEN.\n", "text/plain", status=401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    registry = CollectorRegistry()
    registry.register(_Registered())
    body = generate_latest(_requests_of_all_processes()) + generate_latest(registry)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _requests_of_all_processes() -> CollectorRegistry:
    """This process's numbers; of all, when they share a folder (PROMETHEUS_MULTIPROC_DIR)."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return _process
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
