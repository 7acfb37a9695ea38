"""Which content type answers: JSON, and a plain refusal of anything else that is asked for."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation

__all__ = ["PlainNegotiation"]


class PlainNegotiation(DefaultContentNegotiation):
    """`?format=csv` is 406, not 404: the record exists, the format does not."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        try:
            return super().filter_renderers(renderers, format)
        except Http404:
            known = ", ".join(sorted({renderer.format for renderer in renderers}))
            raise NotAcceptable(
                f"This address answers in {known}, not in “{format[:20]}”. "
                "For CSV or XLSX make an export: POST /api/v1/exports/."
            ) from None
