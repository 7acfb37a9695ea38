"""Reference data: states, counties, field offices and their areas. Kept by administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from agreements.models import County, FieldOffice, FieldOfficeArea, State
from agreements.services.offices import areas_apply
from oversight.trail.admin import TrailedAdmin, TrailedForm

__all__ = ["CountyAdmin", "FieldOfficeAdmin", "FieldOfficeAreaAdmin", "StateAdmin"]


@admin.register(State)
class StateAdmin(TrailedAdmin):
    list_display = ("code", "name", "is_territory")
    search_fields = ("code", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code",) if obj else ()  # the key: another code would be another state


@admin.register(County)
class CountyAdmin(TrailedAdmin):
    list_display = ("fips", "name", "state")
    list_filter = ("state",)
    list_select_related = ("state",)
    search_fields = ("fips", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("fips", "state") if obj else ()


@admin.register(FieldOffice)
class FieldOfficeAdmin(TrailedAdmin):
    """An office that closes becomes inactive, and its areas end; it is not deleted."""

    list_display = ("name", "slug", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("slug",) if obj else ()


class AreaForm(TrailedForm):
    def clean(self) -> dict[str, Any]:
        """One office per state or county and day; a county lies in its state."""
        cleaned = super().clean() or self.cleaned_data
        state, county = cleaned.get("state"), cleaned.get("county")
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_to")
        if state is None or begins is None:
            return cleaned
        if county is not None and county.state_id != state.pk:
            raise ValidationError({"county": f"{county.name} is not in {state.name}."})
        others = FieldOfficeArea.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=begins), state=state, county=county
        ).exclude(pk=self.instance.pk)
        if ends is not None:
            others = others.filter(valid_from__lt=ends)
        other = others.select_related("office").first()
        if other is not None:
            raise ValidationError(
                f"{county or state} is in the area of {other.office} from {other.valid_from}"
                f"{f' until {other.valid_to}' if other.valid_to else ''}. End that first."
            )
        return cleaned


@admin.register(FieldOfficeArea)
class FieldOfficeAreaAdmin(TrailedAdmin):
    """When an area moves, end its row and add one for the new office. Agencies follow at once."""

    form = AreaForm
    may_delete = True  # for a row entered by mistake
    list_display = ("office", "state", "county", "valid_from", "valid_to", "source")
    list_filter = ("office", "state")
    list_select_related = ("office", "state", "county__state")
    autocomplete_fields = ("county",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        areas_apply(reason="area of a field office changed")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        areas_apply(reason="area of a field office changed")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        areas_apply(reason="area of a field office changed")
