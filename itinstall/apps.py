"""Sites and IT installations."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import post_migrate


def _load_reference(**_: object) -> None:
    """Stages, reasons for holds, the first policy and parameters belong to every installation."""
    from itinstall.services.forecasts import parameters_load
    from itinstall.services.reference import reference_load

    reference_load()
    parameters_load()


class ItinstallConfig(AppConfig):
    name = "itinstall"
    verbose_name = "IT installation"

    def ready(self) -> None:
        from agreements.models import Agency
        from itinstall import models as m
        from oversight.access.scope import register_scope
        from oversight.trail.references import register_reference
        from oversight.trail.related import register_related
        from oversight.trail.triggers import protect

        post_migrate.connect(_load_reference, sender=self)
        register_scope(m.Site, agency="agency")
        by_site: list[type[Model]] = [m.InstallationRequest, m.Isa, m.Equipment]
        for model in by_site:
            register_scope(model, agency="site__agency")
        by_request: list[type[Model]] = [m.StageTransition, m.Hold, m.InstallationVisit]
        for model in by_request:
            register_scope(model, agency="request__site__agency")
        register_scope(m.IsaStep, agency="isa__site__agency")
        national: list[type[Model]] = [m.Stage, m.HoldReason, m.EquipmentKind, m.InstallationPolicy]
        national += [m.Installer, m.InstallerAbsence, m.PublishedInstallation, m.Forecast]
        for model in national:
            register_scope(model, national=True)
        for model in (m.StageTransition, m.Hold, m.IsaStep):
            protect(model)

        register_related(Agency, {m.Site: "agency", m.InstallationRequest: "site__agency"})
        register_related(m.Site, {m.InstallationRequest: "site", m.Isa: "site", m.Equipment: "site"})
        register_reference(m.Site, "ref", "name")
        register_reference(m.InstallationRequest, "ref")

        self._delays_ready()
        from itinstall.agency_block import register_blocks
        from itinstall.lists import register_lists
        from itinstall.lists_resources import register_resource_lists
        from itinstall.navigation import register_pages

        register_blocks()
        register_lists()
        register_resource_lists()
        register_pages()

        import_module("itinstall.tasks")  # the handlers of jobs: asked for by whoever starts one

        from itinstall.scale import register_scale_data

        register_scale_data()

        from itinstall.sample import register_samples

        register_samples()

        from itinstall.exports import register_exports

        register_exports()

        from itinstall.record_imports import register_imports

        register_imports()

        from itinstall.operations import register_operations

        register_operations()

    def _delays_ready(self) -> None:
        """What tells of delays: home page, work items, what changed, search, readiness."""
        from itinstall.attention import register_items
        from itinstall.change_sections import register_sections
        from itinstall.panels import register_panels
        from itinstall.readiness import register_probes
        from itinstall.search import register_providers

        register_items()
        register_sections()
        register_panels()
        register_probes()
        register_providers()

        from agreements.services.dependents import register_dependent
        from itinstall.services.stale import register_changed

        register_dependent("itinstall", register_changed)
