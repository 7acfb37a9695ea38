"""Short values that stay the same exactly when what they stand for is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oversight.trail.models import TrailEntry

__all__ = [
    "Fingerprint",
    "all_fingerprints",
    "fingerprint_all",
    "outlives",
    "register_fingerprint",
    "trail_fingerprint",
]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`value`: equal only for equal contents. `problem`: a sentence, when the contents are not whole."""

    value: str
    problem: str = ""


Compute = Callable[[], Fingerprint]
_fingerprints: dict[str, Compute] = {}
_migrated_with: dict[str, str] = {}


def register_fingerprint(name: str, compute: Compute, *, app: str = "") -> None:
    """Add one under a fixed name, which people read: "register". Raises ValueError when it is taken.

    `compute` runs inside a transaction that shows one moment, and only reads. `app`: the migrations of this
    app may change the value; "" where it outlives them all.
    """
    if name in _fingerprints:
        raise ValueError(f"Two fingerprints have the name {name!r}.")
    _fingerprints[name] = compute
    _migrated_with[name] = app


def outlives(name: str, migrations: Iterable[str]) -> bool:
    """Whether the fingerprint's value stays the same through `migrations`, such as "itinstall.0006_x"."""
    app = _migrated_with[name]
    return not app or not any(migration.startswith(f"{app}.") for migration in migrations)


def all_fingerprints() -> list[str]:
    return sorted(_fingerprints)


def fingerprint_all() -> dict[str, Fingerprint]:
    """Name → fingerprint of what the database holds now."""
    return {name: _fingerprints[name]() for name in all_fingerprints()}


def trail_fingerprint() -> Fingerprint:
    """SHA-256 over every entry of the trail, oldest first."""
    digest = hashlib.sha256()
    fields = ("pk", "at", "actor_id", "actor_label", "verb", "object_type", "object_id", "object_label")
    entries = TrailEntry.objects.order_by("pk").values_list(
        *fields, "before", "after", "reason", "request_id"
    )
    for pk, at, *rest in entries.iterator(chunk_size=2000):
        line = json.dumps([pk, at.isoformat(), *rest], sort_keys=True, ensure_ascii=False)
        digest.update(line.encode() + b"\n")
    return Fingerprint(digest.hexdigest())
