"""Serializers of the parts that several records show."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agreements.choices import SupportModel
from agreements.models import Agency, Agreement, FieldOffice, Publication

__all__ = [
    "AgencyLink",
    "AgreementLink",
    "OfficeLink",
    "PersonName",
    "PublicationLink",
    "publication_identifier",
]


def publication_identifier(publication: Publication) -> str:
    """The stable name of a list, as exports write it. Example: participating-2025-03-31-1a2b3c4d."""
    return f"{publication.kind}-{publication.published_on:%Y-%m-%d}-{publication.content_digest[:8]}"


class PersonName(serializers.CharField):
    """A person by the name that pages show."""

    def to_representation(self, value: Any) -> str:
        return str(value.display_name)


class AgencyLink(serializers.ModelSerializer[Agency]):
    class Meta:
        model = Agency
        fields = ("ref", "name", "state")
        read_only_fields = fields


class AgreementLink(serializers.ModelSerializer[Agreement]):
    model = serializers.ChoiceField(choices=SupportModel.choices, allow_blank=True, read_only=True)

    class Meta:
        model = Agreement
        fields = ("ref", "model", "signed_on", "signed_text")
        read_only_fields = fields


class OfficeLink(serializers.ModelSerializer[FieldOffice]):
    class Meta:
        model = FieldOffice
        fields = ("slug", "name")
        read_only_fields = fields


class PublicationLink(serializers.ModelSerializer[Publication]):
    identifier = serializers.SerializerMethodField()

    class Meta:
        model = Publication
        fields = ("id", "identifier", "kind", "published_on")
        read_only_fields = fields

    def get_identifier(self, publication: Publication) -> str:
        return publication_identifier(publication)
