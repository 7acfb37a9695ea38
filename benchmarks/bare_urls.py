"""One address that does nothing, behind all middleware: what every page is measured against."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(request: HttpRequest) -> HttpResponse:
    """A page without a page. It looks at the user, as every page does."""
    return HttpResponse(f"ok {request.user.pk}")


urlpatterns = [path("bare/", bare), path("", include("oversight.urls"))]
