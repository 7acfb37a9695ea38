"""Parameters to look at; federal holidays and offices' time zones, kept by administrators."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from oversight.periods.models import Holiday, OfficeZone, Parameter
from oversight.periods.zones import office_names, validate_zone
from oversight.trail.admin import ReadOnlyAdmin, TrailedAdmin, TrailedForm

__all__ = ["HolidayAdmin", "OfficeZoneAdmin", "ParameterAdmin"]


@admin.register(Parameter)
class ParameterAdmin(ReadOnlyAdmin):
    list_display = ("key", "value", "unit", "valid_from", "valid_to", "source", "author")
    list_select_related = ("author",)
    search_fields = ("key", "source")


@admin.register(Holiday)
class HolidayAdmin(TrailedAdmin):
    """A holiday removed is a business day again; figures that count business days follow."""

    may_delete = True
    list_display = ("day", "name", "is_observed", "source")
    list_filter = ("is_observed",)
    search_fields = ("name", "source")
    date_hierarchy = "day"
    ordering = ("-day",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("day",) if obj else ()  # another day is another holiday


class OfficeZoneForm(TrailedForm):
    office_slug = forms.ChoiceField(label="Field office")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "office_slug" in self.fields:
            self.fields["office_slug"].choices = sorted(office_names().items(), key=lambda item: item[1])  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A known zone, and one zone per office and day."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("zone"):
            validate_zone(cleaned["zone"])
        begins: date | None = cleaned.get("valid_from")
        slug = cleaned.get("office_slug") or self.instance.office_slug
        if begins is None or not slug:
            return cleaned
        others = OfficeZone.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=begins), office_slug=slug
        ).exclude(pk=self.instance.pk)
        if cleaned.get("valid_to") is not None:
            others = others.filter(valid_from__lt=cleaned["valid_to"])
        if (other := others.first()) is not None:
            raise ValidationError(
                f"{other.zone} holds for this office from {other.valid_from}"
                f"{f' until {other.valid_to}' if other.valid_to else ''}. End that first."
            )
        return cleaned


@admin.register(OfficeZone)
class OfficeZoneAdmin(TrailedAdmin):
    """When a zone changes, end its row and add another. Without a row headquarters' zone is assumed."""

    form = OfficeZoneForm
    may_delete = True  # for a row entered by mistake
    list_display = ("office_slug", "zone", "valid_from", "valid_to", "source")
    search_fields = ("office_slug", "zone")
