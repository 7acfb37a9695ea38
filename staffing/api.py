"""Operations on program managers and assignments."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.routers import SimpleRouter

from oversight.access.scope import visible_to
from oversight.console.api.views import ReadViewSet
from staffing.models import Assignment, ProgramManager

__all__ = ["AssignmentViewSet", "ProgramManagerViewSet", "urlpatterns"]


class ProgramManagerSerializer(serializers.ModelSerializer[ProgramManager]):
    office = serializers.SlugRelatedField[ProgramManager](slug_field="slug", read_only=True)

    class Meta:
        model = ProgramManager
        fields = ("id", "name", "office", "valid_from", "valid_to", "is_synthetic")
        read_only_fields = fields


class ProgramManagerViewSet(ReadViewSet):
    """Field program managers, one row per office and span of days."""

    queryset = ProgramManager.objects.none()
    serializer_class = ProgramManagerSerializer
    lookup_value_regex = "[0-9]{1,18}"
    required_action = "records.view"

    def rows(self) -> QuerySet[ProgramManager]:
        return visible_to(ProgramManager.objects.select_related("office"), self.user)


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


class AssignmentViewSet(ReadViewSet):
    """Who is responsible for which agency, and when."""

    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    lookup_value_regex = "[0-9]{1,18}"
    required_action = "records.view"

    def rows(self) -> QuerySet[Assignment]:
        return visible_to(Assignment.objects.select_related("agency", "program_manager"), self.user)


router = SimpleRouter()
router.register("program-managers", ProgramManagerViewSet, basename="program-manager")
router.register("assignments", AssignmentViewSet, basename="assignment")
urlpatterns = router.urls
