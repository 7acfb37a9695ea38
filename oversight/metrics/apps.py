"""Metrics: registry, computation, daily snapshots, "explain this number"."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _load_gaps(**_: object) -> None:
    """The ledger of what is not known belongs to every installation (ADR 0004)."""
    from oversight.metrics.services.gaps import gaps_load

    gaps_load()


class MetricsConfig(AppConfig):
    name = "oversight.metrics"

    def ready(self) -> None:
        from importlib import import_module

        from django.utils.module_loading import autodiscover_modules

        from oversight.access.scope import register_scope
        from oversight.console.navigation import register_nav
        from oversight.exchange.scale import register_scale
        from oversight.metrics.models import Gap, Snapshot, Target
        from oversight.metrics.scale import scale_snapshots_make
        from oversight.trail.triggers import protect

        protect(Snapshot)
        post_migrate.connect(_load_gaps, sender=self)
        for model in (Target, Gap):
            register_scope(model, national=True, action="aggregates.view")
        register_nav(
            key="figures", label="Figures", url_name="metrics:catalogue", action="aggregates.view",
            order=5, current=("metrics:",),
        )  # fmt: skip
        register_scale(key="metrics", order=90, make=scale_snapshots_make)  # after all facts
        from oversight.metrics.exports import register_exports

        register_exports()
        from oversight.metrics.operations import register_figures_operations

        register_figures_operations()
        autodiscover_modules("metrics")  # each app's metrics.py registers its own
        import_module("oversight.metrics.tasks")  # the handlers of jobs: asked for by whoever starts one
