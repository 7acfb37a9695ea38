"""Per request: an id that trail and logs share, and the user's time zone."""

from __future__ import annotations

import re
import uuid
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from oversight.access import errors
from oversight.trail.context import request_id

Next = Callable[[HttpRequest], HttpResponse]
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Takes a well-formed X-Request-ID from a proxy, else makes one; answers with it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        value = given if _SAFE.fullmatch(given) else uuid.uuid4().hex
        with request_id(value):
            response = self.get_response(request)
        response["X-Request-ID"] = value
        return response


class UserTimeZoneMiddleware:
    """Shows times in the signed-in user's zone."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
                return self.get_response(request)
        return self.get_response(request)


class PlainErrorsMiddleware:
    """The product's own error pages also in development, where Django would show its inside: all addresses
    on a 404, settings and variables on a 500. Last of all, so that the page gets every header.

    A 500 keeps Django's page only for who develops with OVERSIGHT_EMBEDDED=0. It is logged either way.
    """

    def __init__(self, get_response: Next) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        error = getattr(request, "uncaught_error", None)
        if response.status_code == 404 and (error or request.resolver_match is None):
            return errors.not_found(request, error or LookupError(request.path))
        if response.status_code == 400 and error:
            return errors.bad_request(request, error)
        if response.status_code == 500 and error and settings.EMBEDDED:
            return errors.server_error(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Only remembered: Django answers, logs and tells the watchers as ever."""
        request.uncaught_error = exception  # type: ignore[attr-defined]
