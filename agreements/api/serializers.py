"""Agencies, agreements, statements and field offices as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agreements.api.parts import AgencyLink, AgreementLink, OfficeLink, PersonName, PublicationLink
from agreements.choices import AgencyType, SupportModel
from agreements.models import (
    Agency,
    AgencyAlias,
    AgencyOffice,
    Agreement,
    AgreementStatus,
    FieldOffice,
    FieldOfficeArea,
)

__all__ = [
    "AgencyDetail",
    "AgencyRow",
    "AgreementDetail",
    "AgreementRow",
    "OfficeDetail",
    "OfficeRow",
    "StatementSerializer",
]

_AGENCY = (
    "ref", "name", "state", "agency_type", "county", "county_name", "office", "primary_pm", "n_in_force",
    "first_listed_on", "ever_participating", "is_synthetic",
)  # fmt: skip


class AgencyRow(serializers.ModelSerializer[Agency]):
    agency_type = serializers.ChoiceField(choices=AgencyType.choices, allow_blank=True, read_only=True)
    county_name = serializers.CharField(source="county.name", default=None, allow_null=True, read_only=True)
    office = serializers.CharField(
        source="office_slug",
        allow_null=True,
        read_only=True,
        help_text="Field office today; null: not known.",
    )
    primary_pm = serializers.CharField(
        allow_null=True, read_only=True, help_text="Name of today's primary program manager; null: none."
    )
    n_in_force = serializers.IntegerField(read_only=True, help_text="Agreements in force today.")
    first_listed_on = serializers.DateField(allow_null=True, read_only=True)

    class Meta:
        model = Agency
        fields: Any = _AGENCY
        read_only_fields = fields


class AliasSerializer(serializers.ModelSerializer[AgencyAlias]):
    first_publication = PublicationLink(read_only=True)
    last_publication = PublicationLink(read_only=True)

    class Meta:
        model = AgencyAlias
        fields = ("name", "first_publication", "last_publication")
        read_only_fields = fields


class AgencyOfficeSerializer(serializers.ModelSerializer[AgencyOffice]):
    office = OfficeLink(read_only=True)

    class Meta:
        model = AgencyOffice
        fields = ("office", "valid_from", "valid_to", "origin")
        read_only_fields = fields


class AgencyDetail(AgencyRow):
    """With every spelling and the field offices by date. `ref` is the one that stands today."""

    aliases = AliasSerializer(many=True, read_only=True, source="api_aliases")
    offices = AgencyOfficeSerializer(many=True, read_only=True, source="api_offices")

    class Meta(AgencyRow.Meta):
        fields = (*_AGENCY, "aliases", "offices")
        read_only_fields = fields


_AGREEMENT = (
    "ref", "agency", "model", "signed_on", "signed_text", "first_printed_on", "status", "status_on",
    "list_status", "office", "moa_url", "last_publication", "ever_participating", "review_due_on",
    "expires_on", "is_synthetic",
)  # fmt: skip


class AgreementRow(serializers.ModelSerializer[Agreement]):
    model = serializers.ChoiceField(choices=SupportModel.choices, allow_blank=True, read_only=True)
    moa_url = serializers.CharField(read_only=True, help_text="Address of the MOA; empty: not linked.")
    agency = AgencyLink(read_only=True)
    last_publication = PublicationLink(read_only=True)
    office = serializers.CharField(
        source="office_slug",
        allow_null=True,
        read_only=True,
        help_text="Field office today; null: not known.",
    )

    class Meta:
        model = Agreement
        fields: Any = _AGREEMENT
        read_only_fields = fields


class StatementSerializer(serializers.ModelSerializer[AgreementStatus]):
    """What a list or a person says about an agreement over [begins_on, ends_on)."""

    publication = PublicationLink(read_only=True, allow_null=True)
    entered_by = PersonName(read_only=True, allow_null=True)
    withdrawn_by = PersonName(read_only=True, allow_null=True)

    class Meta:
        model = AgreementStatus
        fields = (
            "id", "status", "begins_on", "ends_on", "origin", "publication", "reason", "entered_by",
            "entered_at", "withdrawn_by", "withdrawn_at",
        )  # fmt: skip
        read_only_fields = fields


class AgreementDetail(AgreementRow):
    """With every dated statement, the withdrawn ones too. `ref` is the one that stands today."""

    first_publication = PublicationLink(read_only=True)
    superseded_by = AgreementLink(read_only=True, allow_null=True)
    statements = StatementSerializer(many=True, read_only=True, source="api_statements")
    addenda = serializers.ListField(
        child=serializers.CharField(), read_only=True, source="api_addenda", help_text="Addresses."
    )

    class Meta(AgreementRow.Meta):
        fields = (*_AGREEMENT, "first_publication", "superseded_by", "statements", "addenda")
        read_only_fields = fields


class AreaSerializer(serializers.ModelSerializer[FieldOfficeArea]):
    county_name = serializers.CharField(source="county.name", default=None, allow_null=True, read_only=True)

    class Meta:
        model = FieldOfficeArea
        fields = ("state", "county", "county_name", "valid_from", "valid_to", "source")
        read_only_fields = fields


class OfficeRow(serializers.ModelSerializer[FieldOffice]):
    n_agencies = serializers.IntegerField(
        read_only=True, help_text="Agencies with an agreement in force today; a national figure."
    )
    n_in_force = serializers.IntegerField(
        read_only=True, help_text="Agreements in force today; a national figure."
    )

    class Meta:
        model = FieldOffice
        fields: Any = ("slug", "name", "is_active", "n_agencies", "n_in_force")
        read_only_fields = fields


class OfficeDetail(OfficeRow):
    areas = AreaSerializer(many=True, read_only=True, source="api_areas")

    class Meta(OfficeRow.Meta):
        fields = (*OfficeRow.Meta.fields, "areas")
        read_only_fields = fields
