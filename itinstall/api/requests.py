"""Operations on installation requests: read, move, complete, cancel, hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from itinstall.api.serializers import ClocksSerializer, RequestDetail, RequestRow
from itinstall.choices import Party
from itinstall.history import Clocks
from itinstall.models import Hold, HoldReason, InstallationRequest, Stage
from itinstall.selectors.requests import (
    clocks_of_request,
    entries_of,
    holds_of,
    request_by_ref,
    standing_holds,
)
from itinstall.services.common import ACTION
from itinstall.services.holds import hold_begin, hold_end
from itinstall.services.requests import request_cancel, request_complete, request_move
from oversight.access.api_auth import actor_of_api
from oversight.access.scope import changeable_by
from oversight.console.api.errors import Refused
from oversight.console.api.etags import require_match
from oversight.console.api.views import ListedViewSet

__all__ = ["InstallationViewSet"]

AS_OF = "Days before this one count. Left out: today."


class MoveInput(serializers.Serializer[Any]):
    stage = serializers.SlugRelatedField[Stage](slug_field="key", queryset=Stage.objects.all())
    on = serializers.DateField(help_text="First day of the stage.")
    reason = serializers.CharField(
        required=False, default="", max_length=500, help_text="Needed to go back to an earlier stage."
    )


class CompleteInput(serializers.Serializer[Any]):
    on = serializers.DateField(help_text="The day since which the site works.")
    reason = serializers.CharField(required=False, default="", max_length=500)


class CancelInput(serializers.Serializer[Any]):
    on = serializers.DateField()
    reason = serializers.CharField(max_length=500, help_text="Why it is given up.")


class HoldInput(serializers.Serializer[Any]):
    why = serializers.SlugRelatedField[HoldReason](slug_field="key", queryset=HoldReason.objects.all())
    owner = serializers.ChoiceField(choices=Party.choices, help_text="Who has to act.")
    on = serializers.DateField(help_text="First day on hold.")
    until = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="First day no longer on hold; null: it still is.",
    )
    note = serializers.CharField(required=False, default="", max_length=500)


class HoldEndInput(serializers.Serializer[Any]):
    on = serializers.DateField(help_text="First day no longer on hold.")
    note = serializers.CharField(required=False, default="", max_length=500)


class AsOf(serializers.Serializer[Any]):
    as_of = serializers.DateField(required=False, help_text=AS_OF)


class InstallationViewSet(ListedViewSet):
    """Installation requests. A write adds to the history; nothing is overwritten."""

    list_key = "installation_requests"
    queryset = InstallationRequest.objects.none()
    serializer_class = RequestDetail
    list_serializer_class = RequestRow
    lookup_field = "ref"
    lookup_value_regex = r"ITR-[0-9A-Za-z]+"
    required_action = "records.view"
    matched_actions: ClassVar[tuple[str, ...]] = ("move", "complete", "cancel", "hold", "end_hold")
    required_actions: ClassVar[dict[str, str]] = dict.fromkeys(matched_actions, ACTION)

    def row(self, key: str) -> InstallationRequest:
        request = request_by_ref(user=self.user, ref=key)
        found: Any = request
        found.api_steps = list(entries_of(request=request))
        found.api_holds = list(holds_of(request=request))
        return request

    @extend_schema(
        parameters=[
            OpenApiParameter("as_of", date, description="Days before this one count. Left out: today.")
        ],
        responses=ClocksSerializer,
        filters=False,
    )
    @action(detail=True)
    def clocks(self, request: Request, ref: str) -> Response:
        """How long it has taken by `as_of`, by the steps and holds that stand now; against its target."""
        self.refuse_unknown(frozenset({"as_of"}))
        given = AsOf(data=request.query_params)
        given.is_valid(raise_exception=True)
        as_of = given.validated_data.get("as_of") or timezone.localdate()
        if as_of > timezone.localdate():
            raise ValidationError({"as_of": "The day lies in the future. Ask for today or a day before."})
        found = clocks_of_request(request=request_by_ref(user=self.user, ref=ref), as_of=as_of)
        return Response(ClocksSerializer({"as_of": as_of, **_values(found)}).data)

    @extend_schema(request=MoveInput, responses=RequestDetail)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, ref: str) -> Response:
        """Begin a stage."""
        return self._change(request, ref, request_move, MoveInput)

    @extend_schema(request=CompleteInput, responses=RequestDetail)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, ref: str) -> Response:
        """The site works; refused while it is on hold."""
        return self._change(request, ref, request_complete, CompleteInput)

    @extend_schema(request=CancelInput, responses=RequestDetail)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, ref: str) -> Response:
        """Give the request up, for a reason; refused while it is on hold."""
        return self._change(request, ref, request_cancel, CancelInput)

    @extend_schema(request=HoldInput, responses=RequestDetail)
    @action(detail=True, methods=["post"], url_path="holds")
    def hold(self, request: Request, ref: str) -> Response:
        """Work stops, or stopped."""
        return self._change(request, ref, hold_begin, HoldInput)

    @extend_schema(request=HoldEndInput, responses=RequestDetail)
    @action(detail=True, methods=["post"], url_path="holds/end")
    def end_hold(self, request: Request, ref: str) -> Response:
        """Work goes on: ends the hold that is open."""

        def end(*, request: InstallationRequest, **given: Any) -> Hold:
            open_hold = next((one for one in standing_holds(request=request) if one.ends_on is None), None)
            if open_hold is None:
                raise ValidationError({"on": "It is not on hold."})
            return hold_end(hold=open_hold, **given)

        return self._change(request, ref, end, HoldEndInput)

    def _change(
        self,
        request: Request,
        ref: str,
        service: Callable[..., Any],
        body: type[serializers.Serializer[Any]],
    ) -> Response:
        """Compare If-Match and act, both under the request's lock; the request as it is then."""
        given = body(data=request.data)
        given.is_valid(raise_exception=True)
        seen = request_by_ref(user=self.user, ref=ref)
        with transaction.atomic():
            InstallationRequest.objects.select_for_update(of=("self",)).get(pk=seen.pk)
            if not changeable_by(InstallationRequest.objects.filter(pk=seen.pk), self.user).exists():
                raise Refused(
                    "You may see this request but not change it: its agency is not assigned to you."
                )
            current = self.row(seen.ref)
            require_match(request, self.representation(current))
            service(actor=actor_of_api(request), request=current, **given.validated_data)
        return self.answer(self.row(seen.ref))


def _values(clocks: Clocks) -> dict[str, Any]:
    names = [one.name for one in fields(Clocks)] + ["net_days", "over_days", "is_late"]
    return {name: getattr(clocks, name) for name in names}
