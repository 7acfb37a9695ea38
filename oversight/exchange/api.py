"""Operations on jobs and exports."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from oversight.access.api_auth import actor_of_api
from oversight.console.api.views import ReadViewSet
from oversight.exchange.exports import BadParameters, all_exports
from oversight.exchange.models import ExportPackage, Job
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.exchange.selectors import jobs_of, packages_of
from oversight.exchange.writers import Format

__all__ = ["ExportViewSet", "JobViewSet", "urlpatterns"]


class JobSerializer(serializers.ModelSerializer[Job]):
    """How far a job is. When an export is done, `result.package` names it."""

    result = serializers.DictField(read_only=True)

    class Meta:
        model = Job
        fields = (
            "id", "kind", "state", "created_at", "started_at", "finished_at", "attempts", "done", "total",
            "message", "result", "error",
        )  # fmt: skip
        read_only_fields = fields


class JobViewSet(ReadViewSet):
    """Your jobs; administrators see everybody's."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    required_action = "account.manage"
    order_paths = ("-created_at",)

    def rows(self) -> QuerySet[Job]:
        return jobs_of(user=self.user)


class PackageSerializer(serializers.ModelSerializer[ExportPackage]):
    """A package that you made; `manifest` is the one inside it."""

    manifest = serializers.DictField(read_only=True)
    rows = serializers.IntegerField(read_only=True)

    class Meta:
        model = ExportPackage
        fields = ("id", "reference", "name", "title", "file_name", "sha256", "rows", "created_at", "manifest")
        read_only_fields = fields


class ExportInput(serializers.Serializer[Any]):
    """What to export. `name`: an export, or `list:KEY` for a list with the filters of its page."""

    name = serializers.CharField(max_length=80)
    format = serializers.ChoiceField(choices=[item.value for item in Format], default=Format.CSV.value)
    parameters = serializers.DictField(required=False, default=dict)
    as_of = serializers.DateField(required=False, allow_null=True, default=None)
    bom = serializers.BooleanField(required=False, default=False)


class ExportViewSet(ReadViewSet):
    """Your exports."""

    queryset = ExportPackage.objects.none()
    serializer_class = PackageSerializer
    lookup_value_regex = "[0-9]{1,18}"
    required_action = "export.create"
    order_paths = ("-pk",)
    required_actions: ClassVar[dict[str, str]] = {"create": "export.create"}

    def rows(self) -> QuerySet[ExportPackage]:
        return packages_of(user=self.user)

    @extend_schema(request=ExportInput, responses={202: JobSerializer})
    def create(self, request: Request) -> Response:
        """Start an export; a worker makes it. Ask the job how far it is, then download the package."""
        serializer = ExportInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        ask = ExportRequest(
            name=given["name"],
            file_format=Format(given["format"]),
            parameters=given["parameters"],
            as_of=given["as_of"],
            bom=given["bom"],
        )
        try:
            job = export_enqueue(actor=actor_of_api(request), request=ask)
        except KeyError:
            names = ", ".join(export.name for export in all_exports())
            raise serializers.ValidationError(
                {"name": f"There is no such export. There are: {names}."}
            ) from None
        except BadParameters as error:
            raise serializers.ValidationError({"parameters": str(error)}) from error
        return Response(JobSerializer(job).data, status=202)

    @extend_schema(
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="The package.")
        },
        filters=False,
    )
    @action(detail=True)
    def download(self, request: Request, pk: str) -> FileResponse:
        """The package: data file and manifest in a zip."""
        package = self.rows().exclude(file="").get(pk=int(pk))
        try:
            content = package.file.open("rb")
        except FileNotFoundError:
            raise NotFound(
                "The file of this export is no longer in storage. Make the export again."
            ) from None
        response = FileResponse(
            content, as_attachment=True, filename=package.file_name, content_type="application/zip"
        )
        response["Cache-Control"] = "private, no-store"
        return response


router = SimpleRouter()
router.register("jobs", JobViewSet, basename="job")
router.register("exports", ExportViewSet, basename="export")
urlpatterns = router.urls
