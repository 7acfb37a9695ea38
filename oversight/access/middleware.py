"""Sign-in is asked for everywhere, except on pages that say `public_page`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

__all__ = ["SignInMiddleware", "to_sign_in"]


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send the person to the sign-in page, and afterwards back to the page they were on.

    A part of a page that htmx asked for must not be replaced by a sign-in form: the whole page goes
    there. The address of a form that was sent is not a page to come back to.
    """
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = _sign_in_address(_current_page(request))
        return response
    if request.method not in {"GET", "HEAD"}:
        return redirect_to_login(_path_of(request.headers.get("Referer", ""), request), _sign_in_address(""))
    return redirect_to_login(request.get_full_path(), _sign_in_address(""))


def _sign_in_address(back_to: str) -> str:
    address = resolve_url(settings.LOGIN_URL)
    return redirect_to_login(back_to, address).url if back_to else address


def _current_page(request: HttpRequest) -> str:
    return _path_of(request.headers.get("HX-Current-URL", ""), request)


def _path_of(address: str, request: HttpRequest) -> str:
    """Path and query of an address on this site; the home page for any other."""
    home = resolve_url(settings.LOGIN_REDIRECT_URL)
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return home
    parts = urlsplit(address)
    return (parts.path + (f"?{parts.query}" if parts.query else "")) or home


class SignInMiddleware(LoginRequiredMiddleware):
    """Django's, with an answer that htmx understands."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        return to_sign_in(request)
