"""Everything that goes wrong has one shape:

{"code": "stale", "message": "…", "fields": {"on": ["…"]}, "remedy": "…", "request_id": "…"}

`code` is for programs and does not change; `message` and `remedy` are for people.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from oversight.access.permissions import NotAllowed
from oversight.trail.context import current_request_id

__all__ = ["PreconditionMissing", "Refused", "Stale", "exception_handler"]

log = logging.getLogger(__name__)

REMEDIES = {
    "invalid": "Correct the fields named and send again.",
    "parse_error": "Send JSON in UTF-8.",
    "not_authenticated": "Send “Authorization: Bearer <token>”. Tokens are made under Account, API tokens.",
    "authentication_failed": "Check the token. Tokens are made under Account, API tokens.",
    "not_allowed": "Ask headquarters or an administrator, or use a token that may do it.",
    "not_found": "Check the address. A record outside what you may see is not found either.",
    "method_not_allowed": "See /api/v1/docs/ for what this address does.",
    "not_acceptable": "Ask for application/json.",
    "unsupported_media_type": "Send application/json.",
    "throttled": "Wait as long as the Retry-After header says.",
    "if_match_required": "Get the record, and send its ETag as If-Match.",
    "stale": "Get the record again, look at what changed, and send the new ETag as If-Match.",
    "internal": "Try again; if it fails again, give the request id to an administrator.",
}


class PreconditionMissing(exceptions.APIException):
    status_code = 428
    default_code = "if_match_required"
    default_detail = "A change needs an If-Match header, so that it cannot undo somebody else’s."


class Stale(exceptions.APIException):
    status_code = 412
    default_code = "stale"
    default_detail = "The record has changed since you read it. Nothing was changed."


class Refused(exceptions.APIException):
    """The record may be seen but not changed by this person."""

    status_code = 403
    default_code = "not_allowed"
    default_detail = "You may see this record but not change it."


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Any exception as a response. What nobody expected is logged and answered without its text."""
    set_rollback()
    known = _known(error)
    if known is None:
        request = context.get("request")
        got_request_exception.send(sender=None, request=getattr(request, "_request", request))
        log.error("API operation failed", exc_info=error)
        return _response(500, "internal", "Something went wrong on our side. Nothing was changed.")
    if isinstance(known, exceptions.ValidationError):
        message, fields = _fields(known.detail)
        return _response(known.status_code, "invalid", message, fields)
    code = known.get_codes()
    response = _response(known.status_code, str(code), str(known.detail))
    if getattr(known, "auth_header", None):
        response["WWW-Authenticate"] = known.auth_header  # type: ignore[attr-defined]
    if getattr(known, "wait", None):
        response["Retry-After"] = str(int(known.wait) + 1)  # type: ignore[attr-defined]
    return response


def _known(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        if isinstance(error, exceptions.PermissionDenied):
            return exceptions.PermissionDenied(str(error.detail), code="not_allowed")
        return error
    if isinstance(error, (NotAllowed, DjangoPermissionDenied)):
        return exceptions.PermissionDenied(str(error) or None, code="not_allowed")
    if isinstance(error, (Http404, ObjectDoesNotExist)):
        return exceptions.NotFound("There is no such record, or it is not yours to see.")
    if isinstance(error, DjangoValidationError):
        detail: Any = (
            error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
        )
        return exceptions.ValidationError(detail)
    return None


def _fields(detail: Any) -> tuple[str, dict[str, list[str]]]:
    """(sentence, field → sentences) from what REST framework collects."""
    if isinstance(detail, list):
        return " ".join(map(str, detail)), {}
    fields = {name: _texts(value) for name, value in detail.items()}
    general = [text for name in (NON_FIELD_ERRORS, "non_field_errors") for text in fields.pop(name, [])]
    if general:
        return " ".join(general), fields
    return "Not accepted: " + ", ".join(sorted(fields)) + ".", fields


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {text}" for name, item in value.items() for text in _texts(item)]
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


def _response(status: int, code: str, message: str, fields: dict[str, list[str]] | None = None) -> Response:
    body = {
        "code": code,
        "message": message,
        "fields": fields or {},
        "remedy": REMEDIES.get(code, ""),
        "request_id": current_request_id(),
    }
    return Response(body, status=status)
