"""The API's description as a page, rendered here: no script and nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oversight.access.api_auth import ScopedPermission
from oversight.access.guards import ActionRequired

__all__ = ["ApiDocs", "ApiSchema", "nothing_here"]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str  # query, path, header, body
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    anchor: str
    description: str
    parameters: list[Parameter]


class ApiSchema(SpectacularJSONAPIView):
    """The OpenAPI description, for code generators."""

    required_action = "account.manage"
    permission_classes = (ScopedPermission,)


class ApiDocs(ActionRequired):
    """Every operation with its parameters, by subject."""

    action = "account.manage"

    def get(self, request: HttpRequest) -> HttpResponse:
        generator: Any = SchemaGenerator
        schema = generator().get_schema(request=None, public=True)
        return render(request, "exchange/api_docs.html", {"groups": groups_of(schema)})


def groups_of(schema: dict[str, Any]) -> dict[str, list[Operation]]:
    """Subject → its operations, in the order of their addresses."""
    groups: dict[str, list[Operation]] = {}
    for path, operations in schema["paths"].items():
        subject = path.removeprefix("/api/v1/").split("/")[0]
        for method, operation in operations.items():
            groups.setdefault(subject, []).append(
                Operation(
                    method=method.upper(),
                    path=path,
                    anchor=operation["operationId"],
                    description=operation.get("description", ""),
                    parameters=[*_parameters(operation), *_body(operation, schema)],
                )
            )
    return groups


def _parameters(operation: dict[str, Any]) -> list[Parameter]:
    return [
        Parameter(
            item["name"],
            item["in"],
            _kind(item.get("schema", {})),
            item.get("required", False),
            item.get("description", ""),
        )
        for item in operation.get("parameters", [])
    ]


def _body(operation: dict[str, Any], schema: dict[str, Any]) -> list[Parameter]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
    body = schema["components"]["schemas"].get(name, {})
    required = body.get("required", [])
    return [
        Parameter(field, "body", _kind(item), field in required, item.get("description", ""))
        for field, item in body.get("properties", {}).items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of: " + ", ".join(str(value) for value in schema["enum"] if value not in (None, ""))
    if schema.get("type") == "array":
        return "several " + _kind(schema.get("items", {}))
    if "$ref" in schema or "allOf" in schema or "oneOf" in schema:
        return "value"
    kind = schema.get("format") or schema.get("type") or "value"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


class _Nothing(APIView):
    """Answers 404 in the API's own shape to addresses that nothing else answers."""

    required_action = "account.manage"
    schema = None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound("There is nothing at this address.")


nothing_here = _Nothing.as_view()
