"""Filters of the list of publications."""

from __future__ import annotations

from typing import ClassVar

import django_filters
from django.db.models import Q, QuerySet

from agreements.choices import ListKind
from agreements.filters.common import YES_NO
from agreements.models import Publication, PublicationFile, RegisterChange
from oversight.console.list_filters import ListFilterSet, date_filter

__all__ = ["PublicationFilter"]


class PublicationFilter(ListFilterSet):
    """By kind, day, file and whether anything was found about the file."""

    primary: ClassVar[tuple[str, ...]] = ("q", "kind", "published_from", "published_until", "flagged")

    q = django_filters.CharFilter(method="by_file", label="File name or SHA-256")
    kind = django_filters.ChoiceFilter(choices=ListKind.choices, label="List", empty_label="Both")
    published_from = date_filter(field_name="published_on", lookup="gte", label="Dated from")
    published_until = date_filter(field_name="published_on", lookup="lte", label="Dated until")
    flagged = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_flagged", label="With findings", empty_label="Any"
    )
    changed = django_filters.ChoiceFilter(
        choices=YES_NO, method="by_changed", label="Changed the register", empty_label="Any"
    )

    class Meta:
        model = Publication
        fields: ClassVar[list[str]] = []

    def by_file(self, queryset: QuerySet[Publication], name: str, value: str) -> QuerySet[Publication]:
        files = PublicationFile.objects.filter(
            Q(file_name__icontains=value)
            | Q(sha256__istartswith=value)
            | Q(original_sha256__istartswith=value)
        )
        return queryset.filter(pk__in=files.values("publication"))

    def by_flagged(self, queryset: QuerySet[Publication], name: str, value: str) -> QuerySet[Publication]:
        clean = Q(flags=[], resaved=False)
        return queryset.exclude(clean) if value == "yes" else queryset.filter(clean)

    def by_changed(self, queryset: QuerySet[Publication], name: str, value: str) -> QuerySet[Publication]:
        changed = Q(pk__in=RegisterChange.objects.order_by().values("publication"))
        return queryset.filter(changed if value == "yes" else ~changed)
