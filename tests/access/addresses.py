"""Every address of the product, as Django resolves it, with the methods its view answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

__all__ = ["ALL_METHODS", "Address", "addresses"]

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Address:
    """`name`: with its namespace; "?" in it where the address has none."""

    name: str
    pattern: str
    callback: Any

    @property
    def view(self) -> Any:
        """The class behind the address, or the function itself."""
        return getattr(self.callback, "view_class", None) or getattr(self.callback, "cls", self.callback)

    @property
    def methods(self) -> set[str]:
        """What it answers, of ALL_METHODS."""
        operations = getattr(self.callback, "actions", None)
        if operations:  # an API viewset
            return {method.upper() for method in operations} & set(ALL_METHODS)
        allowed = getattr(self.callback, "allowed_methods", None)
        if allowed:  # a function behind action_required
            return set(allowed) & set(ALL_METHODS)
        names = getattr(self.view, "http_method_names", [method.lower() for method in ALL_METHODS])
        return {m for m in ALL_METHODS if m.lower() in names and hasattr(self.view, m.lower())}

    def action(self, method: str) -> str | None:
        """The line of the permission matrix that the view declares for `method`."""
        operations = getattr(self.callback, "actions", None)
        by_operation = getattr(self.view, "required_actions", None) or {}
        if operations and operations[method.lower()] in by_operation:
            return by_operation[operations[method.lower()]]
        if hasattr(self.view, "required_action"):
            return by_operation.get(method.lower()) or self.view.required_action
        by_method = getattr(self.view, "action_by_method", {})
        return by_method.get(method) or getattr(self.view, "action", None)


def addresses() -> list[Address]:
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: Any, prefix: str, namespace: str) -> Iterator[Address]:
    for item in resolver.url_patterns:
        pattern = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            inner = ":".join(part for part in (namespace, item.namespace) if part)
            yield from _walk(item, pattern, inner)
        elif isinstance(item, URLPattern):
            yield Address(
                ":".join(part for part in (namespace, item.name or "?") if part), pattern, item.callback
            )
