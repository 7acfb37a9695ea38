"""A lock that has no row of its own: whoever starts something that must run once takes it first."""

from __future__ import annotations

import hashlib

from django.db import connection

__all__ = ["one_at_a_time", "together"]


def one_at_a_time(name: str) -> None:
    """Wait until no other transaction holds `name` in any way; hold it alone until this one ends.

    On SQLite a transaction that writes is alone already (settings: IMMEDIATE). Raises RuntimeError outside
    a transaction: the lock would be gone at once.
    """
    _take("pg_advisory_xact_lock", name)


def together(name: str) -> None:
    """Hold `name` with any number of others that take it so; wait for those who hold it alone."""
    _take("pg_advisory_xact_lock_shared", name)


def _take(function: str, name: str) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("A lock is held until the end of a transaction; there is none.")
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [key])  # one of the two names above
