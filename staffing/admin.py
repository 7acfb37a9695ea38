"""Program managers and assignments, to look at: headquarters changes them through services."""

from __future__ import annotations

from django.contrib import admin

from oversight.trail.admin import ReadOnlyAdmin
from staffing.models import Assignment, ProgramManager

__all__ = ["AssignmentAdmin", "ProgramManagerAdmin"]


@admin.register(ProgramManager)
class ProgramManagerAdmin(ReadOnlyAdmin):
    list_display = ("name", "office", "user", "valid_from", "valid_to", "is_synthetic")
    list_filter = ("office", "is_synthetic")
    list_select_related = ("office", "user")
    search_fields = ("name", "user__username")


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ("agency", "program_manager", "role", "valid_from", "valid_to", "is_synthetic")
    list_filter = ("role", "is_synthetic")
    list_select_related = ("agency", "program_manager__office")
    search_fields = ("agency__name", "agency__ref", "program_manager__name")
