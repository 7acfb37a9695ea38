"""Stops storing an uploaded file as soon as it is too large, whatever page it is sent to.

First in FILE_UPLOAD_HANDLERS. Without it a request of any size would be written to disk in full before a
view could refuse it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from oversight.exchange.uploads import clean_name

__all__ = ["TOO_LARGE", "LimitedUploadHandler", "too_large_names"]

TOO_LARGE = "oversight.too_large"  # key in request.META
FILES_AT_ONCE = 4  # largest files that one request may carry; many small ones are fine


class LimitedUploadHandler(FileUploadHandler):
    """Counts bytes as they arrive. A file over the limit is dropped; its name is kept for the error text."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._in_request = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the chunk on. Raises SkipFile beyond the limit: the rest is read and thrown away."""
        self._in_request += len(raw_data)
        limit = settings.UPLOAD_MAX_BYTES
        if start + len(raw_data) > limit or self._in_request > FILES_AT_ONCE * limit:
            if self.request is not None:
                self.request.META.setdefault(TOO_LARGE, []).append(clean_name(self.file_name or ""))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler builds the file."""


def too_large_names(request: HttpRequest) -> list[str]:
    """Names of the files that were dropped from this request. Call after reading `request.FILES`."""
    names: Any = request.META.get(TOO_LARGE, [])
    return list(names)
