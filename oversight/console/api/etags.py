"""ETags: the version of an answer is the hash of its content.

A read with If-None-Match that still holds answers 304. A write must name, in If-Match, the ETag of the
record as it was read; it is compared under the record's lock, so nobody's change is lost.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.http import parse_etags, quote_etag
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from oversight.console.api.errors import PreconditionMissing, Stale

__all__ = ["etag_of", "require_match", "tagged"]


def etag_of(data: Any) -> str:
    """The quoted ETag of serialized data."""
    return quote_etag(hashlib.sha256(JSONRenderer().render(data)).hexdigest()[:32])


def tagged(request: Request, response: Response) -> Response:
    """`response` with its ETag; 304 without a body when the reader has it already."""
    etag = etag_of(response.data)
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    if request.method not in {"GET", "HEAD"}:
        return response
    known = parse_etags(request.headers.get("If-None-Match", ""))
    # Weak comparison: a proxy that compresses marks the tag as weak.
    if known == ["*"] or etag in {tag.removeprefix("W/") for tag in known}:
        headers = {name: response[name] for name in ("ETag", "Cache-Control")}
        return Response(status=304, headers=headers)
    return response


def require_match(request: Request, data: Any) -> None:
    """Compare If-Match with the record as it is now; call under its lock.

    Raises PreconditionMissing (428) and Stale (412). “*” is refused: it would say nothing.
    """
    given = parse_etags(request.headers.get("If-Match", ""))
    if not given or given == ["*"]:
        raise PreconditionMissing
    if etag_of(data) not in {tag.removeprefix("W/") for tag in given}:
        raise Stale
