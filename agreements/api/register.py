"""Operations on agencies, agreements and field offices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from agreements.api.list_serializers import ChangeSerializer, ObservationSerializer
from agreements.api.serializers import (
    AgencyDetail,
    AgencyRow,
    AgreementDetail,
    AgreementRow,
    OfficeDetail,
    OfficeRow,
)
from agreements.models import Addendum, Agency, Agreement, AgreementStatus, FieldOffice
from agreements.selectors import agencies as agency_selectors
from agreements.selectors import agreements as agreement_selectors
from agreements.selectors.offices import office_areas, office_list
from agreements.services.statuses import (
    agreement_suspend,
    agreement_terminate,
    statement_end,
    statement_withdraw,
)
from oversight.access.api_auth import actor_of_api
from oversight.access.scope import changeable_by
from oversight.console.api.errors import Refused
from oversight.console.api.etags import require_match
from oversight.console.api.views import ListedViewSet

__all__ = ["AgencyViewSet", "AgreementViewSet", "OfficeViewSet"]


class AgencyViewSet(ListedViewSet):
    """Agencies that stand for themselves. An old reference answers with the one it leads to."""

    list_key = "agencies"
    queryset = Agency.objects.none()
    serializer_class = AgencyDetail
    list_serializer_class = AgencyRow
    lookup_field = "ref"
    lookup_value_regex = r"LEA-[0-9A-Za-z]+"
    required_action = "records.view"

    def row(self, key: str) -> Agency:
        agency = agency_selectors.agency_by_ref(user=self.user, ref=key)
        found: Any = agency
        found.api_aliases = agency_selectors.agency_aliases(user=self.user, agency=agency)
        found.api_offices = agency_selectors.agency_offices(user=self.user, agency=agency)
        return agency

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True)
    def changes(self, request: Request, ref: str) -> Response:
        """What lists changed about it."""
        agency = agency_selectors.agency_by_ref(user=self.user, ref=ref)
        rows = agency_selectors.agency_changes(user=self.user, agency=agency)
        return self.pages_of(rows, ChangeSerializer)


class StatementInput(serializers.Serializer[Any]):
    """What a staff statement says."""

    on = serializers.DateField(help_text="First day it holds.")
    reason = serializers.CharField(help_text="For example the letter and its date.")


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField()


class AgreementViewSet(ListedViewSet):
    """Agreements that stand for themselves. An old reference answers with the one it leads to."""

    list_key = "agreements"
    queryset = Agreement.objects.none()
    serializer_class = AgreementDetail
    list_serializer_class = AgreementRow
    lookup_field = "ref"
    lookup_value_regex = r"MOA-[0-9A-Za-z]+"
    required_action = "records.view"
    matched_actions: ClassVar[tuple[str, ...]] = (
        "suspend",
        "terminate",
        "end_statement",
        "withdraw_statement",
    )
    required_actions: ClassVar[dict[str, str]] = dict.fromkeys(matched_actions, "agreements.change")

    def row(self, key: str) -> Agreement:
        agreement = agreement_selectors.agreement_by_ref(user=self.user, ref=key)
        found: Any = agreement
        found.api_statements = agreement_selectors.agreement_statements(user=self.user, agreement=agreement)
        addenda = Addendum.objects.filter(agreement=agreement).order_by("url")
        found.api_addenda = list(addenda.values_list("url", flat=True))
        return agreement

    @extend_schema(responses=ObservationSerializer(many=True), filters=False)
    @action(detail=True)
    def observations(self, request: Request, ref: str) -> Response:
        """Every row of every list that printed it, with the cells as printed."""
        agreement = agreement_selectors.agreement_by_ref(user=self.user, ref=ref)
        rows = agreement_selectors.agreement_observations(user=self.user, agreement=agreement)
        rows = rows.select_related("printed_row__agreement__agency", "printed_row__agreement__merged_into")
        return self.pages_of(rows.defer("publication__packed_rows"), ObservationSerializer)

    @extend_schema(responses=ChangeSerializer(many=True), filters=False)
    @action(detail=True)
    def changes(self, request: Request, ref: str) -> Response:
        """What lists changed about it."""
        agreement = agreement_selectors.agreement_by_ref(user=self.user, ref=ref)
        rows = agreement_selectors.agreement_changes(user=self.user, agreement=agreement)
        return self.pages_of(rows, ChangeSerializer)

    @extend_schema(request=StatementInput, responses=AgreementDetail)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, ref: str) -> Response:
        """Enter that the agreement is suspended from a day on. It wins over any list."""
        return self._state(request, ref, agreement_suspend)

    @extend_schema(request=StatementInput, responses=AgreementDetail)
    @action(detail=True, methods=["post"])
    def terminate(self, request: Request, ref: str) -> Response:
        """Enter that the agreement ended on a day by notice. It wins over any list."""
        return self._state(request, ref, agreement_terminate)

    @extend_schema(request=StatementInput, responses=AgreementDetail)
    @action(detail=True, methods=["post"], url_path=r"statements/(?P<statement>[0-9]{1,18})/end")
    def end_statement(self, request: Request, ref: str, statement: str) -> Response:
        """End a suspension: the agreement is reinstated on the day given."""
        given = _given(StatementInput, request)
        return self._change(
            request,
            ref,
            lambda agreement: statement_end(
                actor=actor_of_api(request), statement=self._statement(agreement, statement), **given
            ),
        )

    @extend_schema(request=ReasonInput, responses=AgreementDetail)
    @action(detail=True, methods=["post"], url_path=r"statements/(?P<statement>[0-9]{1,18})/withdraw")
    def withdraw_statement(self, request: Request, ref: str, statement: str) -> Response:
        """Take back a statement that should not have been entered. It stays readable."""
        given = _given(ReasonInput, request)
        return self._change(
            request,
            ref,
            lambda agreement: statement_withdraw(
                actor=actor_of_api(request), statement=self._statement(agreement, statement), **given
            ),
        )

    def _state(self, request: Request, ref: str, service: Callable[..., Any]) -> Response:
        given = _given(StatementInput, request)
        actor = actor_of_api(request)
        return self._change(
            request, ref, lambda agreement: service(actor=actor, agreement=agreement, **given)
        )

    def _change(self, request: Request, ref: str, act: Callable[[Agreement], Any]) -> Response:
        """Compare If-Match and act, both under the agreement's lock; the agreement as it is then."""
        seen = agreement_selectors.agreement_by_ref(user=self.user, ref=ref)
        with transaction.atomic():
            Agreement.objects.select_for_update(of=("self",)).get(pk=seen.pk)
            if not changeable_by(Agreement.objects.filter(pk=seen.pk), self.user).exists():
                raise Refused(
                    "You may see this agreement but not change it: its agency is not assigned to you."
                )
            agreement = self.row(seen.ref)
            require_match(request, self.representation(agreement))
            act(agreement)
        return self.answer(self.row(seen.ref))

    def _statement(self, agreement: Agreement, pk: str) -> AgreementStatus:
        rows = agreement_selectors.agreement_statements(user=self.user, agreement=agreement)
        return rows.get(pk=int(pk))


def _given(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body, checked. Raises ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class OfficeViewSet(ListedViewSet):
    """ERO field offices and their areas of responsibility."""

    list_key = "offices"
    queryset = FieldOffice.objects.none()
    serializer_class = OfficeDetail
    list_serializer_class = OfficeRow
    lookup_field = "slug"
    required_action = "records.view"

    def row(self, key: str) -> FieldOffice:
        office = office_list(user=self.user).get(slug=key)
        found: Any = office
        found.api_areas = office_areas(user=self.user, office=office)
        return office
