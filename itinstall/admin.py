"""Reference data of installations, kept by administrators: stages, reasons for holds, kinds of equipment.

Nothing is deleted: histories name these rows. What is no longer used is retired.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.http import HttpRequest

from itinstall.models import EquipmentKind, HoldReason, Stage
from itinstall.services.stages import stage_place
from oversight.access.guards import actor_of
from oversight.trail.admin import TrailedAdmin, TrailedForm

__all__ = ["EquipmentKindAdmin", "HoldReasonAdmin", "StageAdmin"]


class StageForm(TrailedForm):
    """A place that another stage has is no mistake: the others make room."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "place"}  # type: ignore[misc]

    def clean_place(self) -> int:
        place: int = self.cleaned_data["place"]
        if place < 1:
            raise ValidationError("Places are counted from 1.")
        return place

    def clean(self) -> dict[str, Any]:
        """Requests need a stage to begin with."""
        cleaned = super().clean() or self.cleaned_data
        others = Stage.objects.filter(is_active=True).exclude(pk=self.instance.pk)
        if not cleaned.get("is_active") and not others.exists():
            raise ValidationError({"is_active": "It is the only stage in use. Enter another one first."})
        return cleaned


@admin.register(Stage)
class StageAdmin(TrailedAdmin):
    """Rename, put elsewhere by its place, or retire (not active). Requests in a retired stage go on."""

    form = StageForm
    list_display = (
        "place", "name", "owner", "is_mandatory", "needs_installer", "needs_isa", "is_active", "is_assumed",
    )  # fmt: skip
    list_display_links = ("name",)
    list_filter = ("is_active", "owner")
    search_fields = ("name", "key")
    ordering = ("place",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj else ()  # the key: histories and figures name it

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The other fields with their entry; then the place, which moves others, too."""
        wanted = obj.place
        last = Stage.objects.aggregate(last=Max("place"))["last"] or 0
        obj.place = Stage.objects.values_list("place", flat=True).get(pk=obj.pk) if change else last + 1
        super().save_model(request, obj, form, change)
        if wanted != obj.place:
            stage_place(actor=actor_of(request), stage=obj, place=wanted)


@admin.register(HoldReason)
class HoldReasonAdmin(TrailedAdmin):
    """Whether a hold stops the clock is the policy's (page “Policy”), not the reason's."""

    list_display = ("name", "owner", "is_active", "is_assumed", "source")
    list_filter = ("is_active", "owner")
    search_fields = ("name", "key")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj else ()


@admin.register(EquipmentKind)
class EquipmentKindAdmin(TrailedAdmin):
    list_display = ("name", "is_active", "source")
    list_filter = ("is_active",)
    search_fields = ("name", "key")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("key",) if obj else ()
