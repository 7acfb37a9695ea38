"""Dates: effective-dated parameters, ranges, fiscal years, business days, local days."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _load_holidays(**_: object) -> None:
    """The calendar belongs to every installation, also after a test's flush (ADR 0004)."""
    from oversight.periods.services import holidays_load

    holidays_load()


class PeriodsConfig(AppConfig):
    name = "oversight.periods"
    label = "periods"

    def ready(self) -> None:
        from oversight.access.scope import register_scope
        from oversight.console.navigation import register_nav
        from oversight.periods.models import Holiday, OfficeZone

        post_migrate.connect(_load_holidays, sender=self)
        register_scope(Holiday, national=True)
        register_scope(OfficeZone, national=True)
        register_nav(
            key="calendar", label="Calendar", url_name="periods:calendar", action="aggregates.view",
            order=35, group="more", current=("periods:",),
        )  # fmt: skip
