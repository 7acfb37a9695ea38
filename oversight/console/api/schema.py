"""What the OpenAPI description says beyond the serializers: errors, ETags, sort."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from oversight.console.list_query import sort_paths

__all__ = ["DescribedSchema", "describe_errors"]

ERROR = {
    "type": "object",
    "required": ["code", "message", "fields", "remedy", "request_id"],
    "properties": {
        "code": {"type": "string", "description": "For programs; does not change.", "example": "stale"},
        "message": {"type": "string", "description": "What is wrong, for people."},
        "fields": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "Field or parameter → what is wrong with it.",
        },
        "remedy": {"type": "string", "description": "What to do."},
        "request_id": {"type": "string", "description": "Names this request in the log."},
    },
}
ETAG = {"description": "Version of this content.", "schema": {"type": "string"}}


class DescribedSchema(AutoSchema):
    """Adds `sort` to lists, `If-None-Match` to reads and `If-Match` to writes."""

    def get_override_parameters(self) -> list[Any]:
        view: Any = self.view
        found = list(super().get_override_parameters())
        if self.method == "GET":
            found.append(_header("If-None-Match", "ETag of what you have; 304 when it still holds."))
        elif getattr(view, "action", "") in getattr(view, "matched_actions", ()):
            found.append(
                _header(
                    "If-Match", "ETag of the record as you read it: 428 without, 412 when it has changed."
                )
            )
        spec = getattr(view, "spec", None)
        if spec is not None and getattr(view, "action", "") == "list":
            names = sorted(sort_paths(spec))
            found.append(
                OpenApiParameter(
                    "sort",
                    str,
                    description="Sort by this column; with “-” in front, downwards.",
                    enum=[sign + name for name in names for sign in ("", "-")],
                )
            )
        return found


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


def describe_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation may answer with the error body; every read has an ETag and a 304."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    reference = {"$ref": "#/components/schemas/Error"}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            responses = operation["responses"]
            if method == "get":
                responses["304"] = {"description": "What you have still holds."}
            for status, response in responses.items():
                if status.startswith("2"):
                    response.setdefault("headers", {})["ETag"] = ETAG
            responses["default"] = {
                "description": "Something is wrong; see `code`.",
                "content": {"application/json": {"schema": reference}},
            }
    return result
