"""A lock that has no row of its own: whoever starts something that must run once takes it first."""

from __future__ import annotations

import hashlib

from django.db import connection

__all__ = ["one_at_a_time"]


def one_at_a_time(name: str) -> None:
    """Wait until no other transaction holds `name`; hold it until this one ends.

    On SQLite a transaction that writes is alone already (settings: IMMEDIATE). Raises RuntimeError outside
    a transaction: the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A lock is held until the end of a transaction; there is none.")
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
