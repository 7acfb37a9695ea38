"""People and roles. Nobody is deleted: the history names them. Nobody locks themselves out."""

from __future__ import annotations

from typing import Any

from axes.utils import reset as reset_lockout
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from oversight.access.forms import time_zone_choices
from oversight.access.guards import actor_of
from oversight.access.models import ApiToken, User
from oversight.access.services import user_unlock
from oversight.trail.admin import ReadOnlyAdmin, TrailedAdmin, TrailedForm
from oversight.trail.services import record

__all__ = ["PersonAdmin", "TokenAdmin"]

admin.site.unregister(Group)  # roles are the permission matrix, not groups


class PersonForm(TrailedForm, UserChangeForm):
    """A person's account. `acting_user` is set by the admin page, per request."""

    acting_user: User | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.acting_user is not None and self.instance.pk == self.acting_user.pk:
            if not cleaned.get("is_administrator"):
                raise ValidationError(
                    {"is_administrator": "You cannot end your own administration. Ask another administrator."}
                )
            if not cleaned.get("is_active"):
                raise ValidationError(
                    {"is_active": "You cannot deactivate your own account. Ask another administrator."}
                )
        return cleaned


class NewPersonForm(TrailedForm, AdminUserCreationForm):
    """User name, password, role."""

    class Meta:
        model = User
        fields = ("username", "role", "is_administrator")


@admin.register(User)
class PersonAdmin(TrailedAdmin, UserAdmin):
    action = view_action = "users.manage"
    untold = frozenset({"password", "last_login"})
    form = PersonForm
    add_form = NewPersonForm
    list_display = ("username", "first_name", "last_name", "role", "is_administrator", "is_active")
    list_filter = ("role", "is_administrator", "is_active", "is_synthetic")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ()
    readonly_fields = ("is_synthetic", "last_login", "date_joined")
    actions = ("open_sign_in",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone")}),
        ("Role", {"fields": ("role", "is_administrator", "is_active", "is_synthetic")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
        ("History", {"fields": ("reason",)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        ("Role", {"fields": ("role", "is_administrator")}),
        ("History", {"fields": ("reason",)}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.acting_user = request.user
        return form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "time_zone":
            from django import forms

            return forms.ChoiceField(choices=time_zone_choices, label="Time zone")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's page for another person's password saves by itself and then calls this."""
        match = request.resolver_match
        if match is not None and match.url_name == "auth_user_password_change":
            record(actor=actor_of(request), verb="user.password_set", obj=obj)

    @admin.action(description="Open sign-in again after too many failures", permissions=["change"])
    def open_sign_in(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            user_unlock(actor=actor_of(request), user=user, reset=reset_lockout)
        messages.success(request, f"Sign-in is open again for {len(queryset)} accounts.")


@admin.register(ApiToken)
class TokenAdmin(ReadOnlyAdmin):
    """Who has which tokens. Deactivating a person stops them all."""

    view_action = "users.manage"
    list_display = ("name", "user", "prefix", "may_write", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("may_write",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    exclude = ("digest",)
