"""Filters of sites, ISAs, equipment and installers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from agreements.filters.common import YES_NO, in_office, office_filter, state_filter
from agreements.models import FieldOffice
from itinstall.choices import EquipmentStatus, Party
from itinstall.models import Equipment, EquipmentKind, Installer, Isa, Site
from itinstall.selectors.isas import ISA_STATES, UNDER_WAY_KINDS, lying_with, with_isa_state
from oversight.access.scope import visible_to
from oversight.console.list_filters import ListFilterSet, date_filter, scoped_choice
from oversight.console.search import contains

__all__ = ["EquipmentFilter", "InstallerFilter", "IsaFilter", "SiteFilter"]


def _kinds(request: HttpRequest | None) -> QuerySet[EquipmentKind]:
    rows = EquipmentKind.objects.all()
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def _offices(request: HttpRequest | None) -> QuerySet[FieldOffice]:
    rows = FieldOffice.objects.order_by("name")
    return visible_to(rows, request.user) if request else rows.none()  # type: ignore[arg-type]


def _yes_no(label: str, method: str) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(choices=YES_NO, method=method, label=label, empty_label="Any")


class SyntheticMixin(django_filters.FilterSet):
    synthetic = _yes_no("Made up for the sample", "by_synthetic")

    def by_synthetic(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_synthetic=value == "yes")


class SiteFilter(SyntheticMixin, ListFilterSet):
    """By name or reference of site or agency, office, state, newest ISA, requests, and whether closed."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "office", "isa", "open")

    q = django_filters.CharFilter(method="by_text", label="Name or reference, of site or agency")
    state = state_filter("agency__state")
    office = office_filter("by_office")
    isa = django_filters.ChoiceFilter(choices=ISA_STATES, method="by_isa", label="ISA", empty_label="Any")
    open = _yes_no("Open request", "by_open")
    closed = _yes_no("Closed", "by_closed")

    class Meta:
        model = Site
        fields: ClassVar[list[str]] = []

    def by_text(self, queryset: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        return queryset.filter(contains("name", "ref", "agency__name", "agency__ref", text=value))

    def by_office(self, queryset: QuerySet[Site], name: str, value: Any) -> QuerySet[Site]:
        return in_office(queryset, value, path="agency")

    def by_isa(self, queryset: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        return queryset.filter(with_isa_state(value, today=timezone.localdate()))

    def by_open(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(n_open__gt=0) if value == "yes" else queryset.filter(n_open=0)

    def by_closed(self, queryset: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        return queryset.filter(is_closed=value == "yes")


class IsaFilter(SyntheticMixin, ListFilterSet):
    """By with whom they lie, for how long, name, office, state, and expiry."""

    primary: ClassVar[tuple[str, ...]] = ("q", "party", "longer", "state", "office")
    LONGER = (("30", "30 days"), ("60", "60 days"), ("90", "90 days"), ("180", "180 days"))
    NOBODY = "nobody"

    q = django_filters.CharFilter(method="by_text", label="Name or reference, of site or agency")

    party = django_filters.ChoiceFilter(
        choices=[*Party.choices, (NOBODY, "Nobody: in force or ended")],
        method="by_party",
        label="Lies with",
        empty_label="Any",
    )
    longer = django_filters.ChoiceFilter(
        choices=LONGER, method="by_longer", label="For more than", empty_label="Any"
    )
    state = state_filter("site__agency__state")
    office = office_filter("by_office")
    expires_until = date_filter(field_name="expires_on", lookup="lte", label="Expires until")

    class Meta:
        model = Isa
        fields: ClassVar[list[str]] = []

    def by_text(self, queryset: QuerySet[Isa], name: str, value: str) -> QuerySet[Isa]:
        found = contains("site__name", "site__ref", "site__agency__name", "site__agency__ref", text=value)
        return queryset.filter(found)

    def by_party(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(lying_with("" if value == self.NOBODY else value))

    def by_longer(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        day = timezone.localdate() - timedelta(days=int(value))
        return queryset.filter(last_on__lt=day, last_kind__in=UNDER_WAY_KINDS)

    def by_office(self, queryset: QuerySet[Isa], name: str, value: Any) -> QuerySet[Isa]:
        return in_office(queryset, value, path="site__agency")


class EquipmentFilter(SyntheticMixin, ListFilterSet):
    """By serial number, site or agency, kind, status, office, state, and since when."""

    primary: ClassVar[tuple[str, ...]] = ("q", "kind", "status", "state", "office")

    q = django_filters.CharFilter(method="by_text", label="Serial number, site or agency")
    kind = scoped_choice(queryset=_kinds, field_name="kind", label="Kind")
    status = django_filters.ChoiceFilter(choices=EquipmentStatus.choices, label="Status", empty_label="Any")
    state = state_filter("site__agency__state")
    office = office_filter("by_office")
    serial = _yes_no("Serial number known", "by_serial")
    since_from = date_filter(field_name="status_on", lookup="gte", label="In this status from")
    since_until = date_filter(field_name="status_on", lookup="lte", label="In this status until")

    class Meta:
        model = Equipment
        fields: ClassVar[list[str]] = []

    def by_text(self, queryset: QuerySet[Equipment], name: str, value: str) -> QuerySet[Equipment]:
        found = Q()
        for word in value.split():  # each in the serial number, or in what names the site
            # The sites once, not each again with every piece that stands there.
            sites = Site.objects.filter(contains("name", "ref", "agency__name", text=word)).order_by()
            found &= contains("serial", text=word) | Q(site__in=sites.values("pk"))
        return queryset.filter(found)

    def by_office(self, queryset: QuerySet[Equipment], name: str, value: Any) -> QuerySet[Equipment]:
        return in_office(queryset, value, path="site__agency")

    def by_serial(self, queryset: QuerySet[Equipment], name: str, value: str) -> QuerySet[Equipment]:
        return queryset.exclude(serial="") if value == "yes" else queryset.filter(serial="")


class InstallerFilter(SyntheticMixin, ListFilterSet):
    """By name, office, and whether they work here today."""

    primary: ClassVar[tuple[str, ...]] = ("q", "office", "today")

    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label="Name")
    office = scoped_choice(
        queryset=_offices,
        field_name="office",
        label="Field office",
        null_label="Everywhere",
        null_value="everywhere",
    )
    today = _yes_no("Works here today", "by_today")

    class Meta:
        model = Installer
        fields: ClassVar[list[str]] = []

    def by_today(self, queryset: QuerySet[Installer], name: str, value: str) -> QuerySet[Installer]:
        day = timezone.localdate()
        works = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        return queryset.filter(works if value == "yes" else ~works)
