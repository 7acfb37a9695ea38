"""Metrics: registry, computation, daily snapshots, "explain this number"."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "oversight.metrics"

    def ready(self) -> None:
        from importlib import import_module

        from django.utils.module_loading import autodiscover_modules

        from oversight.exchange.scale import register_scale
        from oversight.metrics.models import Snapshot
        from oversight.metrics.scale import scale_snapshots_make
        from oversight.trail.triggers import protect

        protect(Snapshot)
        register_scale(key="metrics", order=90, make=scale_snapshots_make)  # after all facts
        autodiscover_modules("metrics")  # each app's metrics.py registers its own
        import_module("oversight.metrics.tasks")  # the handlers of jobs: asked for by whoever starts one
