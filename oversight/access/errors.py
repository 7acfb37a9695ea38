"""Error pages in plain words, each with the request's number for whoever looks into it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from oversight.access.models import User
from oversight.access.permissions import NotAllowed
from oversight.trail.context import current_request_id

__all__ = ["bad_request", "not_allowed", "not_found", "server_error"]


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403. NotAllowed says which action; any other refusal gets a general sentence."""
    text = str(exception) if isinstance(exception, NotAllowed) else "Your role does not open this page."
    if isinstance(request.user, User) and not request.user.roles:
        text = "Your account has no role yet. Ask an administrator of the program to give you one."
    return render(request, "403.html", {"explanation": text}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for records outside the person's scope, in the same words."""
    return render(request, "404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400. Nothing of the request is shown or trusted, not even who sent it."""
    return _bare("400.html", 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. Rendered without request and database, which may be what has failed."""
    return _bare("500.html", 500)


def _bare(template: str, status: int) -> HttpResponse:
    return HttpResponse(render_to_string(template, {"request_id": current_request_id()}), status=status)
