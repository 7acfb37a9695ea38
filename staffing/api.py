"""Operations on program managers and assignments."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.routers import SimpleRouter

from oversight.console.api.views import ListedViewSet
from oversight.console.lists import ListSpec
from staffing.lists import ASSIGNMENTS
from staffing.models import Assignment, ProgramManager

__all__ = ["AssignmentViewSet", "ProgramManagerViewSet", "urlpatterns"]


class ProgramManagerSerializer(serializers.ModelSerializer[ProgramManager]):
    office = serializers.SlugRelatedField[ProgramManager](slug_field="slug", read_only=True)
    n_agencies = serializers.IntegerField(
        read_only=True, help_text="Agencies today, in the nation, each once; the rows are cut to your scope."
    )
    n_primary = serializers.IntegerField(read_only=True, help_text="Of these, as primary.")
    n_backup = serializers.IntegerField(read_only=True, help_text="Of these, as backup.")

    class Meta:
        model = ProgramManager
        fields = (
            "id", "name", "office", "valid_from", "valid_to", "n_agencies", "n_primary", "n_backup",
            "is_synthetic",
        )  # fmt: skip
        read_only_fields = fields


class ProgramManagerViewSet(ListedViewSet):
    """Field program managers, one row per office and span of days."""

    list_key = "program_managers"
    queryset = ProgramManager.objects.none()
    serializer_class = ProgramManagerSerializer
    lookup_value_regex = "[0-9]{1,18}"
    required_action = "records.view"


class AssignmentSerializer(serializers.ModelSerializer[Assignment]):
    agency = serializers.SlugRelatedField[Assignment](slug_field="ref", read_only=True)
    program_manager_name = serializers.CharField(source="program_manager.name", read_only=True)

    class Meta:
        model = Assignment
        fields = (
            "id", "program_manager", "program_manager_name", "agency", "role", "valid_from", "valid_to",
            "is_synthetic",
        )  # fmt: skip
        read_only_fields = fields


class AssignmentViewSet(ListedViewSet):
    """Who is responsible for which agency, and when."""

    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    lookup_value_regex = "[0-9]{1,18}"
    required_action = "records.view"

    @property
    def spec(self) -> ListSpec:
        return ASSIGNMENTS


router = SimpleRouter()
router.register("program-managers", ProgramManagerViewSet, basename="program-manager")
router.register("assignments", AssignmentViewSet, basename="assignment")
urlpatterns = router.urls
