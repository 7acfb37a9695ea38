"""Published lists, their rows and changes, reviews and imports as the API shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agreements.api.parts import (
    AgencyLink,
    AgreementLink,
    PersonName,
    PublicationLink,
    publication_identifier,
)
from agreements.choices import ListKind
from agreements.models import (
    Decision,
    Observation,
    Publication,
    PublicationFile,
    RegisterChange,
    RosterImport,
    Verdict,
)

__all__ = [
    "ChangeSerializer",
    "ImportDetail",
    "ImportRow",
    "ObservationSerializer",
    "PublicationDetail",
    "PublicationRow",
    "ReviewDetail",
    "ReviewRow",
]

_PUBLICATION = (
    "id", "identifier", "kind", "published_on", "sequence", "basis", "row_count", "flags", "content_digest",
    "n_added", "n_missing", "n_left", "n_corrected", "n_files", "imported_at",
)  # fmt: skip


class PublicationRow(serializers.ModelSerializer[Publication]):
    identifier = serializers.SerializerMethodField()
    flags = serializers.ListField(
        child=serializers.DictField(), read_only=True, help_text="Findings about the file: code, message."
    )
    n_added = serializers.IntegerField(read_only=True)
    n_missing = serializers.IntegerField(read_only=True)
    n_left = serializers.IntegerField(read_only=True)
    n_corrected = serializers.IntegerField(read_only=True)
    n_files = serializers.IntegerField(read_only=True)

    class Meta:
        model = Publication
        fields: Any = _PUBLICATION
        read_only_fields = fields

    def get_identifier(self, publication: Publication) -> str:
        return publication_identifier(publication)


class FileSerializer(serializers.ModelSerializer[PublicationFile]):
    class Meta:
        model = PublicationFile
        fields = ("file_name", "sha256", "original_sha256", "size", "published_on", "basis", "imported_at")
        read_only_fields = fields


class PublicationDetail(PublicationRow):
    headers = serializers.ListField(child=serializers.CharField(allow_blank=True), read_only=True)
    files = FileSerializer(many=True, read_only=True, source="api_files")

    class Meta(PublicationRow.Meta):
        fields = (*_PUBLICATION, "headers", "files")
        read_only_fields = fields


class ObservationSerializer(serializers.ModelSerializer[Observation]):
    """A row of a list: the cells verbatim, and what they were taken for."""

    publication = serializers.IntegerField(source="publication_id", read_only=True)
    row = serializers.IntegerField(source="row_number", read_only=True)
    cells = serializers.DictField(source="printed_row.cells", read_only=True)
    agency = serializers.SerializerMethodField(help_text="Reference; null: not recognised.")
    agreement = serializers.SerializerMethodField(help_text="Reference; null: not recognised.")
    rule = serializers.CharField(source="printed_row.rule", read_only=True)

    class Meta:
        model = Observation
        fields = ("publication", "row", "hidden", "cells", "agency", "agreement", "rule")
        read_only_fields = fields

    def get_agency(self, row: Observation) -> str | None:
        agreement = row.printed_row.agreement
        return agreement.agency.ref if agreement else None

    def get_agreement(self, row: Observation) -> str | None:
        agreement = row.printed_row.agreement
        return (agreement.merged_into or agreement).ref if agreement else None


class ChangeSerializer(serializers.ModelSerializer[RegisterChange]):
    """What one list changed, against the list before it."""

    publication = PublicationLink(read_only=True)
    agency = AgencyLink(read_only=True, allow_null=True)
    agreement = AgreementLink(read_only=True, allow_null=True)
    before = serializers.DictField(read_only=True)
    after = serializers.DictField(read_only=True)

    class Meta:
        model = RegisterChange
        fields = ("id", "publication", "kind", "agency", "agreement", "rule", "before", "after")
        read_only_fields = fields


_REVIEW = (
    "id", "subject", "rule", "state", "is_standing", "left_key", "right_key", "left_agency", "right_agency",
    "left_agreement", "right_agreement", "publication", "created_at",
)  # fmt: skip


class ReviewRow(serializers.ModelSerializer[Decision]):
    left_agency = AgencyLink(read_only=True, allow_null=True)
    right_agency = AgencyLink(read_only=True, allow_null=True)
    left_agreement = AgreementLink(read_only=True, allow_null=True)
    right_agreement = AgreementLink(read_only=True, allow_null=True)
    publication = PublicationLink(read_only=True, allow_null=True)

    class Meta:
        model = Decision
        fields: Any = _REVIEW
        read_only_fields = fields


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    decided_by = PersonName(read_only=True)
    undone_by = PersonName(read_only=True, allow_null=True)

    class Meta:
        model = Verdict
        fields = ("id", "kind", "reason", "decided_by", "decided_at", "undone_by", "undone_at")
        read_only_fields = fields


class ReviewDetail(ReviewRow):
    evidence = serializers.DictField(read_only=True)
    verdicts = VerdictSerializer(many=True, read_only=True, source="api_verdicts")

    class Meta(ReviewRow.Meta):
        fields = (*_REVIEW, "evidence", "verdicts")
        read_only_fields = fields


_IMPORT = (
    "id", "file_name", "sha256", "kind", "state", "publication", "counts", "refusal_code", "refusal",
    "remedy", "overridable", "override_reason", "hash_before", "hash_after", "created_by", "created_at",
    "applied_by", "applied_at",
)  # fmt: skip


class ImportRow(serializers.ModelSerializer[RosterImport]):
    kind = serializers.ChoiceField(choices=ListKind.choices, allow_blank=True, read_only=True)
    publication = PublicationLink(read_only=True, allow_null=True)
    counts = serializers.DictField(read_only=True)
    created_by = PersonName(read_only=True, allow_null=True)
    applied_by = PersonName(read_only=True, allow_null=True)

    class Meta:
        model = RosterImport
        fields: Any = _IMPORT
        read_only_fields = fields


class ImportDetail(ImportRow):
    entries = serializers.ListField(
        child=serializers.DictField(), read_only=True, help_text="What the list changes, entry by entry."
    )

    class Meta(ImportRow.Meta):
        fields = (*_IMPORT, "entries")
        read_only_fields = fields
