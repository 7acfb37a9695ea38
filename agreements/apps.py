"""Field offices, agencies, agreements, published lists."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import post_migrate


def _load_reference(**_: object) -> None:
    """Reference data belongs to every installation, also after a test's flush (ADR 0004)."""
    from agreements.services.reference import reference_load

    reference_load()


class AgreementsConfig(AppConfig):
    name = "agreements"

    def ready(self) -> None:
        from agreements import models
        from oversight.access.scope import register_scope

        register_scope(models.Agency, agency="pk")
        post_migrate.connect(_load_reference, sender=self)
        m = models
        by_agency: list[type[Model]] = [m.AgencyAlias, m.AgencyOffice, m.Agreement, m.RegisterChange]
        for model in by_agency:
            register_scope(model, agency="agency")
        by_agreement: list[type[Model]] = [m.AgreementStatus, m.Addendum, m.Duplicate, m.PrintedRow]
        for model in by_agreement:
            register_scope(model, agency="agreement__agency")
        register_scope(models.Observation, agency="printed_row__agreement__agency")
        national: list[type[Model]] = [m.State, m.County, m.FieldOffice, m.FieldOfficeArea]
        national += [m.Publication, m.PublicationFile]
        for model in national:
            register_scope(model, national=True)
        register_scope(m.RosterImport, national=True, action="imports.view")
        register_scope(m.Decision, national=True, action="reviews.view")
        register_scope(m.Verdict, national=True, action="reviews.view")
        register_scope(m.ReviewWait, national=True, action="reviews.view")

        from oversight.trail.references import register_reference
        from oversight.trail.related import register_related

        named = {m.Agency: ("ref", "name"), m.Agreement: ("ref",), m.County: ("name", "fips")}
        for model, fields in named.items():
            register_reference(model, *fields)
        register_related(m.Agency, {m.Agreement: "agency"})
        register_related(m.FieldOffice, {m.FieldOfficeArea: "office"})

        from agreements.exports import register_exports

        register_exports()

        from agreements.navigation import register_pages

        register_pages()

        from agreements.figure_exports import register_figure_exports
        from agreements.panels import register_panels

        register_figure_exports()
        register_panels()

        from agreements.attention import register_items
        from agreements.change_sections import register_sections

        register_items()
        register_sections()

        from agreements.lists import register_lists
        from agreements.metric_rows import register_tables
        from agreements.search import register_providers

        register_lists()
        register_providers()
        register_tables()

        from agreements.import_lists import register_import_lists

        register_import_lists()

        from agreements.operations import register_operations

        register_operations()

        from agreements.scale import scale_lists_make
        from oversight.exchange.scale import register_scale

        register_scale(key="agreements", order=10, make=scale_lists_make)

        import_module("agreements.tasks")  # the handlers of jobs: asked for by whoever starts one
        for name in ("metric_lists", "metric_reviews"):  # they register what they hold
            import_module(f"agreements.{name}")
