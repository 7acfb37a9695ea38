"""Pages by key: the last page costs what the first does, and rows that come and go shift nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from oversight.console import keyset

__all__ = ["BESIDE_FILTERS", "PAGING", "KeysetPagination"]

PAGING = frozenset({"after", "before", "page_size"})
# What an address of a list may hold beside filters; whether there is such a format is negotiated before.
BESIDE_FILTERS = PAGING | {"format"}
MAX_SIZE = 500


class KeysetPagination(BasePagination):
    """`{"next": address or null, "previous": …, "results": […]}`. Follow the addresses; do not build them."""

    page_size = 50

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """By primary key; a list with an order of its own calls `paginate`."""
        return self.paginate(queryset, keyset.keys_of(queryset.model, view.order_paths), request)

    def paginate(self, queryset: QuerySet[Any], keys: Sequence[keyset.Key], request: Request) -> list[Any]:
        """One page in one query. Raises ValidationError for a damaged cursor or a size out of range."""
        query = request.query_params
        self.request = request
        try:
            self.page = keyset.page_of(
                queryset,
                keys,
                size=_size(query.get("page_size", str(self.page_size))),
                after=query.get("after", ""),
                before=query.get("before", ""),
            )
        except keyset.CursorError:
            name = "after" if query.get("after") else "before"
            raise ValidationError(
                {name: "This page mark is damaged or belongs to another sort. Begin without it."}
            ) from None
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._address(after=self.page.next),
                "previous": self._address(before=self.page.previous),
                "results": data,
            }
        )

    def _address(self, **mark: str) -> str | None:
        ((name, value),) = mark.items()
        if not value:
            return None
        address = self.request.build_absolute_uri()
        for other in ("after", "before"):
            address = remove_query_param(address, other)
        return str(replace_query_param(address, name, value))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**address, "description": "Address of the next page; null on the last."},
                "previous": {**address, "description": "Address of the page before; null on the first."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": self.page_size}
        return [
            _parameter("page_size", "Rows per page.", size),
            _parameter("after", "The rows that follow this mark; taken from `next`.", {"type": "string"}),
            _parameter(
                "before",
                "The rows before this mark; taken from `previous`. `end` is the last page.",
                {"type": "string"},
            ),
        ]


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _size(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_SIZE):
        raise ValidationError({"page_size": f"Give a number from 1 to {MAX_SIZE}."})
    return int(text)
