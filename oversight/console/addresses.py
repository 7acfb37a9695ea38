"""Addresses of many records of one kind: a page that names hundreds asks the URL configuration once."""

from __future__ import annotations

from urllib.parse import quote

from django.urls import reverse

__all__ = ["record_url"]

_SAFE = "!$&'()*+,;=/~:@"  # as `reverse` has it
_around: dict[str, tuple[str, str]] = {}  # name of a page → what stands before and after the key


def record_url(name: str, key: str | int) -> str:
    """The page `name` of the record `key`, its only argument: record_url("agreements:agency_detail", ref)."""
    text = quote(str(key), safe=_SAFE)
    if name in _around:
        before, after = _around[name]
        return f"{before}{text}{after}"
    address = reverse(name, args=[key])
    if address.count(text) == 1:  # else where the key stands is told by another one
        before, _, after = address.partition(text)
        _around[name] = before, after
    return address
