"""Operations on published lists, on reviews and on imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.list_serializers import (
    ChangeSerializer,
    ImportDetail,
    ImportRow,
    ObservationSerializer,
    PublicationDetail,
    PublicationRow,
    ReviewDetail,
    ReviewRow,
)
from agreements.choices import VerdictKind
from agreements.models import Decision, Publication, RosterImport
from agreements.selectors import publications as publication_selectors
from agreements.selectors import reviews as review_selectors
from agreements.selectors.imports import roster_import
from agreements.services.register import register_lock
from agreements.services.reviews import verdict_give, verdict_undo
from oversight.access.api_auth import actor_of_api
from oversight.console.api.etags import require_match
from oversight.console.api.views import ListedViewSet

__all__ = ["ImportViewSet", "PublicationViewSet", "ReviewViewSet"]

PK = r"[0-9]{1,18}"


class PublicationViewSet(ListedViewSet):
    """The lists that ICE published, each content once."""

    list_key = "publications"
    queryset = Publication.objects.none()
    serializer_class = PublicationDetail
    list_serializer_class = PublicationRow
    lookup_value_regex = PK
    required_action = "records.view"

    def row(self, key: str) -> Publication:
        publication = self.rows().get(pk=int(key))
        found: Any = publication
        found.api_files = publication_selectors.publication_files(user=self.user, publication=publication)
        return publication

    @extend_schema(responses=ObservationSerializer(many=True), filters=False)
    @action(detail=True)
    def observations(self, request: Request, pk: str) -> Response:
        """Its rows with the cells as printed, as far as you may see the agencies."""
        publication = self.rows().get(pk=int(pk))
        rows = publication_selectors.publication_observations(user=self.user, publication=publication)
        return self.pages_of(rows, ObservationSerializer, order=("row_number",))

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True)
    def changes(self, request: Request, pk: str) -> Response:
        """What it changed in the register, as far as you may see the agencies."""
        publication = self.rows().get(pk=int(pk))
        rows = publication_selectors.publication_changes(user=self.user, publication=publication)
        return self.pages_of(rows.defer("publication__packed_rows"), ChangeSerializer)


class VerdictInput(serializers.Serializer[Any]):
    """A person's answer to a review."""

    kind = serializers.ChoiceField(choices=VerdictKind.choices)
    reason = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="Needed where a rule is overruled."
    )


class UndoInput(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, default="", allow_blank=True)


class ReviewViewSet(ListedViewSet):
    """Pairs that a person decides: the same, or different."""

    list_key = "reviews"
    queryset = Decision.objects.none()
    serializer_class = ReviewDetail
    list_serializer_class = ReviewRow
    lookup_value_regex = PK
    required_action = "reviews.view"
    matched_actions: ClassVar[tuple[str, ...]] = ("give_verdict", "undo_verdict")
    required_actions: ClassVar[dict[str, str]] = dict.fromkeys(matched_actions, "reviews.decide")

    def rows(self) -> QuerySet[Decision]:
        return super().rows().defer("publication__packed_rows")

    def row(self, key: str) -> Decision:
        """Also those that a rule decided: they can be overruled."""
        decision = review_selectors.decision(user=self.user, pk=int(key))
        found: Any = decision
        found.api_verdicts = review_selectors.verdicts_of(decision)
        return decision

    @extend_schema(request=VerdictInput, responses=ReviewDetail)
    @action(detail=True, methods=["post"], url_path="verdicts")
    def give_verdict(self, request: Request, pk: str) -> Response:
        """Answer. The register is derived again at once."""
        serializer = VerdictInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        return self._change(
            request,
            pk,
            lambda decision: verdict_give(actor=actor_of_api(request), decision=decision, **given),
        )

    @extend_schema(request=UndoInput, responses=ReviewDetail)
    @action(detail=True, methods=["post"], url_path=rf"verdicts/(?P<verdict>{PK})/undo")
    def undo_verdict(self, request: Request, pk: str, verdict: str) -> Response:
        """Take an answer back; the rules decide again."""
        serializer = UndoInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data

        def undo(decision: Decision) -> Any:
            found = review_selectors.verdicts_of(decision).get(pk=int(verdict))
            return verdict_undo(actor=actor_of_api(request), verdict=found, **given)

        return self._change(request, pk, undo)

    def _change(self, request: Request, pk: str, act: Callable[[Decision], Any]) -> Response:
        """Compare If-Match and act, both under the register's lock; the review as it is then."""
        self.row(pk)
        with transaction.atomic():
            register_lock()
            decision = self.row(pk)
            require_match(request, self.representation(decision))
            act(decision)
        return self.answer(self.row(pk))


class ImportViewSet(ListedViewSet):
    """Files on their way into the register, and what each did."""

    list_key = "imports"
    queryset = RosterImport.objects.none()
    serializer_class = ImportDetail
    list_serializer_class = ImportRow
    lookup_value_regex = PK
    required_action = "imports.view"

    def row(self, key: str) -> RosterImport:
        return roster_import(user=self.user, pk=int(key))
