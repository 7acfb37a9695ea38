"""Django's admin, for administrators only: people and reference data."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from oversight.access.middleware import to_sign_in
from oversight.access.models import User
from oversight.access.permissions import NotAllowed

__all__ = ["OversightAdminSite"]


class OversightAdminSite(admin.AdminSite):
    """Opens to `is_administrator`, whatever Django's own staff and superuser marks say.

    One sign-in, sign-out and password page for the whole product: the admin's own lead there. Somebody
    without the right is told so (403) instead of being asked to sign in again.
    """

    site_header = "287(g) program oversight: administration"
    site_title = "Administration"
    index_title = "People and reference data"
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_administrator

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_authenticated and not self.has_permission(request):
                raise NotAllowed("users.manage")
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if not self.has_permission(request):
            raise NotAllowed("users.manage")
        return redirect("admin:index")

    login.login_required = False  # type: ignore[attr-defined]

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from oversight.access.views import sign_out

        return sign_out(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("access:password_change")
