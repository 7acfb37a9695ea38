"""Parts of addresses."""

from __future__ import annotations

__all__ = ["RequestRef"]


class RequestRef:
    """A request's reference, in any case: other pages stand beside it under /installations/."""

    regex = "[Ii][Tt][Rr]-[0-9A-Za-z]{1,12}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return str(value)
