"""Limits per person and per kind of operation, from the environment (docs/configuration.md).

They count in the cache. When Redis is away every look-up is a miss, and nobody is stopped.
"""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

__all__ = ["ReadThrottle", "WriteThrottle"]


class ReadThrottle(UserRateThrottle):
    """Reads of one person, all tokens together."""

    scope = "read"

    def allow_request(self, request: Request, view: Any) -> bool:
        return request.method not in {"GET", "HEAD"} or super().allow_request(request, view)


class WriteThrottle(UserRateThrottle):
    """Writes of one person, all tokens together."""

    scope = "write"

    def allow_request(self, request: Request, view: Any) -> bool:
        return request.method in {"GET", "HEAD", "OPTIONS"} or super().allow_request(request, view)
