"""Metrics: registry, computation, daily snapshots, "explain this number"."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "oversight.metrics"

    def ready(self) -> None:
        from importlib import import_module

        from django.utils.module_loading import autodiscover_modules

        from oversight.metrics.models import Snapshot
        from oversight.trail.triggers import protect

        protect(Snapshot)
        autodiscover_modules("metrics")  # each app's metrics.py registers its own
        import_module("oversight.metrics.tasks")  # the handlers of jobs: asked for by whoever starts one
