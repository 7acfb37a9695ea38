"""Operations on figures: definitions, values, series, the records behind them; targets and gaps to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from oversight.access.scope import visible_to
from oversight.console import keyset
from oversight.console.api.views import ReadViewSet
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Metric, Subject
from oversight.metrics.catalogue import newest_day
from oversight.metrics.choices import Level, Part
from oversight.metrics.models import Definition, Gap, Snapshot, Target
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.rows import figure_rows
from oversight.metrics.selectors import newest_snapshots, series
from oversight.metrics.subjects import subject_name, subject_names

__all__ = ["GapViewSet", "MetricViewSet", "TargetViewSet", "urlpatterns"]

KEY = "[a-z0-9_.]+"


# --- what is asked


class _LevelQuery(serializers.Serializer[Any]):
    level = serializers.ChoiceField(
        choices=Level.choices,
        required=False,
        help_text="What the figure is about. Default: nation, or all levels.",
    )
    subject = serializers.CharField(
        required=False, max_length=64, help_text="Which one: an office's slug, a postal code, a model."
    )
    known_at = serializers.DateTimeField(
        required=False, help_text="As it was known then, with its offset from UTC. Default: now."
    )


class ValuesQuery(_LevelQuery):
    as_of = serializers.DateField(required=False, help_text="Default: the newest day with figures.")


class SeriesQuery(_LevelQuery):
    to = serializers.DateField(required=False, help_text="Last day, included. Default: today.")

    def get_fields(self) -> dict[str, Any]:
        first = serializers.DateField(
            required=False, help_text="First day. Default: the first with a figure."
        )
        return {"from": first, **super().get_fields()}


class RowsQuery(ValuesQuery):
    part = serializers.ChoiceField(
        choices=Part.choices, required=False, help_text="Of a ratio: numerator (default) or denominator."
    )


# --- what is answered


class MetricSerializer(serializers.Serializer[Any]):
    """A metric and the definition in use."""

    key = serializers.CharField()
    name = serializers.CharField()
    words = serializers.CharField(help_text="The definition.")
    formula = serializers.CharField()
    unit = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField(help_text="count, ratio or statistic.")
    version = serializers.IntegerField()
    levels = serializers.ListField(child=serializers.CharField())
    gaps = serializers.ListField(child=serializers.CharField(), help_text="Keys of the gap ledger.")


class DefinitionSerializer(serializers.ModelSerializer[Definition]):
    class Meta:
        model = Definition
        fields = ("version", "name", "words", "formula", "unit", "source", "recorded_at")
        read_only_fields = fields


class MetricDetail(MetricSerializer):
    """With every version of its definition, the newest first."""

    definitions = DefinitionSerializer(many=True)


POINT: tuple[str, ...] = (
    "as_of", "value", "numerator", "denominator", "n", "reason", "version", "computed_at",
)  # fmt: skip


class PointSerializer(serializers.ModelSerializer[Snapshot]):
    """A figure as it was computed. `value` null: there is none, for `reason`; that is no zero."""

    class Meta:
        model = Snapshot
        fields = POINT
        read_only_fields = fields


class ValueSerializer(PointSerializer):
    name = serializers.SerializerMethodField(help_text="What the subject is called.")
    address = serializers.SerializerMethodField(help_text="The page that explains it.")

    class Meta(PointSerializer.Meta):
        fields = ("level", "subject", "name", "address", *POINT)
        read_only_fields = fields

    @extend_schema_field(str)
    def get_name(self, row: Snapshot) -> str:
        names: dict[Subject, str] = self.context["names"]
        return names[Subject(row.level, row.subject)]

    @extend_schema_field(str)
    def get_address(self, row: Snapshot) -> str:
        subject = Subject(row.level, row.subject)
        path = figure_url(metric=row.metric, subject=subject, as_of=row.as_of, version=row.version)
        return str(self.context["request"].build_absolute_uri(path))


class ValuesAnswer(serializers.Serializer[Any]):
    """Values of a day. `as_of` null: no day has figures yet."""

    metric = serializers.CharField()
    unit = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    results = ValueSerializer(many=True)


class SeriesAnswer(serializers.Serializer[Any]):
    """One subject's figures, in order of days. Days without one are left out."""

    metric = serializers.CharField()
    unit = serializers.CharField()
    level = serializers.CharField()
    subject = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    results = PointSerializer(many=True)


class RowSerializer(serializers.Serializer[Any]):
    """A record behind a figure."""

    type = serializers.SerializerMethodField(help_text="The kind of record, e.g. agreements.agreement.")
    id = serializers.SerializerMethodField()
    ref = serializers.SerializerMethodField(help_text="Its reference, where it has one.")
    label = serializers.SerializerMethodField()  # type: ignore[assignment]

    def get_type(self, record: Any) -> str:
        return str(record._meta.label_lower)

    def get_id(self, record: Any) -> str:
        return str(record.pk)

    def get_ref(self, record: Any) -> str:
        return str(getattr(record, "ref", ""))

    def get_label(self, record: Any) -> str:
        return str(record)


class TargetSerializer(serializers.ModelSerializer[Target]):
    class Meta:
        model = Target
        fields = (
            "id", "metric", "level", "subject", "for_every", "direction", "value", "valid_from", "valid_to",
            "owner", "source", "note", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class GapSerializer(serializers.ModelSerializer[Gap]):
    class Meta:
        model = Gap
        fields = (
            "key", "topic", "missing", "effect", "answerer", "question", "source", "state", "answer",
            "answer_source", "answered_on",
        )  # fmt: skip
        read_only_fields = fields


# --- operations

METRIC_KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="Example: agreements.listed.")


def _described(metric: Metric) -> dict[str, Any]:
    names = ("key", "name", "words", "formula", "unit", "source", "version", "levels", "gaps")
    return {name: getattr(metric, name) for name in names} | {"kind": metric.kind.value}


class MetricViewSet(ReadViewSet):
    """Figures of the program. National aggregates are open to every role; records are cut to one's scope."""

    queryset = Snapshot.objects.none()
    serializer_class = MetricDetail
    list_serializer_class = MetricSerializer
    lookup_field = "key"
    lookup_value_regex = KEY
    required_actions: ClassVar[dict[str, str]] = {"records": "records.view"}
    required_action = "aggregates.view"

    @extend_schema(parameters=[], filters=False)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every metric with the definition in use, on one page."""
        self.refuse_unknown(frozenset())
        results = [_described(metric) for metric in all_metrics()]
        return Response({"next": None, "previous": None, "results": results})

    @extend_schema(parameters=[METRIC_KEY])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One metric with the versions of its definition."""
        metric = self._metric()
        definitions = Definition.objects.filter(metric=metric.key).order_by("-version")
        return Response(
            _described(metric) | {"definitions": DefinitionSerializer(definitions, many=True).data}
        )

    @extend_schema(parameters=[METRIC_KEY, ValuesQuery], responses=ValuesAnswer, filters=False)
    @action(detail=True, pagination_class=None)
    def values(self, request: Request, key: str) -> Response:
        """Values of every subject on a day, from what is stored."""
        metric, asked = self._metric(), self._asked(ValuesQuery)
        day = asked.get("as_of") or newest_day(metric=metric.key, on_or_before=timezone.localdate())
        rows: Sequence[Snapshot] = []
        if day is not None:
            found = newest_snapshots(as_of=day, metrics=[metric.key], known_at=asked.get("known_at"))
            rows = [row for _, row in sorted(found.items()) if _matches(row, asked)]
        names = subject_names(Subject(row.level, row.subject) for row in rows)
        context = {**self.get_serializer_context(), "names": names}
        results = ValueSerializer(rows, many=True, context=context).data
        return Response({"metric": metric.key, "unit": metric.unit, "as_of": day, "results": results})

    @extend_schema(parameters=[METRIC_KEY, SeriesQuery], responses=SeriesAnswer, filters=False)
    @action(detail=True, pagination_class=None)
    def series(self, request: Request, key: str) -> Response:
        """One subject's figures between two days, from what is stored."""
        metric, asked = self._metric(), self._asked(SeriesQuery)
        subject = _subject(metric, asked)
        found = series(
            metric=metric.key,
            subject=subject,
            first=asked.get("from") or date.min,
            last=asked.get("to") or timezone.localdate(),
            known_at=asked.get("known_at"),
        )
        return Response(
            {
                "metric": metric.key,
                "unit": metric.unit,
                "level": subject.level,
                "subject": subject.key,
                "name": subject_name(subject),
                "results": PointSerializer(found, many=True).data,
            }
        )

    @extend_schema(parameters=[METRIC_KEY, RowsQuery], responses=RowSerializer(many=True), filters=False)
    @action(detail=True, url_path="rows", url_name="rows")
    def records(self, request: Request, key: str) -> Response:
        """The records behind a figure under the definition in use, as far as you may see them."""
        metric, asked = self._metric(), self._asked(RowsQuery)
        day = asked.get("as_of") or newest_day(metric=metric.key, on_or_before=timezone.localdate())
        try:
            found = figure_rows(
                user=self.user,
                metric=metric,
                subject=_subject(metric, asked),
                as_of=day or timezone.localdate(),
                part=asked.get("part", ""),
                known_at=asked.get("known_at"),
            )
        except KeyError:
            raise serializers.ValidationError({"part": "The figure has no such part."}) from None
        return self._pages(found.queryset)

    def _pages(self, rows: QuerySet[Any]) -> Response:
        paginator = cast(Any, self.paginator)
        # By primary key: the order in which pages of the API do not shift.
        page = paginator.paginate(rows, keyset.keys_of(rows.model, ("pk",)), self.request)
        return self.get_paginated_response(RowSerializer(page, many=True).data)

    def _metric(self) -> Metric:
        try:
            return get_metric(self.key)
        except KeyError:
            raise NotFound("There is no figure with this name.") from None

    def _asked(self, query_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query, checked. Raises ValidationError, also for a parameter that does not exist."""
        query = query_class(data=self.request.query_params)
        self.refuse_unknown(frozenset(query.fields))
        query.is_valid(raise_exception=True)
        asked: dict[str, Any] = query.validated_data
        known_at: datetime | None = asked.get("known_at")
        if known_at is not None and timezone.is_naive(known_at):
            asked["known_at"] = timezone.make_aware(known_at)
        return asked


def _subject(metric: Metric, asked: dict[str, Any]) -> Subject:
    """Raises ValidationError for a level that the metric is not given at."""
    level = asked.get("level", Level.NATION)
    if level not in metric.levels:
        raise serializers.ValidationError({"level": "The figure is not given at this level."})
    return Subject(level, asked.get("subject", ""))


def _matches(row: Snapshot, asked: dict[str, Any]) -> bool:
    wanted = {name: asked[name] for name in ("level", "subject") if name in asked}
    return all(getattr(row, name) == value for name, value in wanted.items())


class TargetViewSet(ReadViewSet):
    """Targets of figures, also those that are over. None comes with the product."""

    queryset = Target.objects.none()
    serializer_class = TargetSerializer
    lookup_value_regex = "[0-9]{1,18}"
    required_action = "aggregates.view"

    def rows(self) -> QuerySet[Target]:
        return visible_to(Target.objects.all(), self.user)


class GapViewSet(ReadViewSet):
    """What is not known: the question, whom to ask, the answer once there is one."""

    queryset = Gap.objects.none()
    serializer_class = GapSerializer
    lookup_field = "key"
    lookup_value_regex = KEY
    required_action = "aggregates.view"

    def rows(self) -> QuerySet[Gap]:
        return visible_to(Gap.objects.all(), self.user)


router = SimpleRouter()
router.register("metrics", MetricViewSet, basename="metric")
router.register("targets", TargetViewSet, basename="target")
router.register("gaps", GapViewSet, basename="gap")
urlpatterns = router.urls
