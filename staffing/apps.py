"""Program managers and their assignments."""

from django.apps import AppConfig


class StaffingConfig(AppConfig):
    name = "staffing"

    def ready(self) -> None:
        from agreements.responsible import set_responsible_provider
        from oversight.access.scope import register_scope, set_agency_provider
        from staffing.models import Assignment, ProgramManager
        from staffing.responsible import StaffingResponsible
        from staffing.selectors import AssignmentScope

        set_agency_provider(AssignmentScope())
        set_responsible_provider(StaffingResponsible())
        register_scope(Assignment, agency="agency")
        register_scope(ProgramManager, national=True)

        from agreements.models import Agency, FieldOffice
        from oversight.periods.zones import set_office_names
        from oversight.trail.related import register_related

        set_office_names(lambda: dict(FieldOffice.objects.values_list("slug", "name")))

        register_related(Agency, {Assignment: "agency"})
        register_related(FieldOffice, {ProgramManager: "office"})
        register_related(ProgramManager, {Assignment: "program_manager"})

        from oversight.console.navigation import register_nav
        from staffing.attention import register_items
        from staffing.change_sections import register_sections
        from staffing.lists import register_lists
        from staffing.panels import register_panels

        register_lists()
        register_panels()
        register_items()
        register_sections()
        register_nav(
            key="program-managers", label="Program managers", url_name="staffing:program_manager_list",
            action="records.view", order=35, current=("staffing:",),
        )  # fmt: skip

        from oversight.exchange.scale import register_scale
        from staffing.scale import scale_people_make

        register_scale(key="staffing", order=30, make=scale_people_make)
