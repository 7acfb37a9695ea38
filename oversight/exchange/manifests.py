"""The manifest that goes with every exported file (docs/exports.md, ADR on the package format).

One schema for packages and for single files: what was asked, by whom, as of when, and for every file its
rows and SHA-256. `verification` reads it back.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oversight.access.actors import Actor
from oversight.access.scope import sees_everything
from oversight.console.version import software_version
from oversight.trail.models import TrailEntry

__all__ = ["BESIDE", "MANIFEST_NAME", "SCHEMA", "FileEntry", "build", "dumps", "sha256_of", "trail_head"]

SCHEMA = "oversight-export/1"
MANIFEST_NAME = "manifest.json"  # in a package
BESIDE = ".manifest.json"  # appended to the name of a single file


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One data file. `bytes` is its size, `rows` counts data rows without the header."""

    name: str
    format: str
    rows: int
    bytes: int
    sha256: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, *, name: str, file_format: str, rows: int, columns: tuple[str, ...]) -> FileEntry:
        return cls(name, file_format, rows, path.stat().st_size, sha256_of(path), columns)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def build(
    *,
    package: str,
    name: str,
    title: str,
    parameters: Mapping[str, Any],
    as_of: dt.date | None,
    computed_at: dt.datetime,
    actor: Actor,
    files: list[FileEntry],
) -> dict[str, Any]:
    """The manifest as plain values. `as_of` None: as recorded at `computed_at`."""
    return {
        "schema": SCHEMA,
        "package": package,
        "name": name,
        "title": title,
        "parameters": dict(parameters),
        "as_of": as_of.isoformat() if as_of else None,
        "known_at": _instant(computed_at),
        "computed_at": _instant(computed_at),
        "user": _user(actor),
        "files": [asdict(entry) | {"columns": list(entry.columns)} for entry in files],
        "trail_head": trail_head(),
        "software": {"name": "oversight-287g", "version": software_version()},
    }


def dumps(manifest: Mapping[str, Any]) -> bytes:
    """The bytes that are written: sorted, so that equal manifests are equal bytes."""
    return (json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _user(actor: Actor) -> dict[str, Any]:
    if actor.user is None:
        return {"username": None, "name": actor.label, "roles": [], "sees": "all records"}
    sees = "all records" if sees_everything(actor.user) else "own records only"
    return {
        "username": actor.user.username,
        "name": actor.user.display_name,
        "roles": sorted(actor.user.roles),
        "sees": sees,
    }


def trail_head() -> dict[str, Any] | None:
    """The newest entry of the trail when the export was made; None when nothing was ever recorded."""
    head = TrailEntry.objects.order_by("-pk").values("pk", "at").first()
    return {"entry": head["pk"], "at": _instant(head["at"])} if head else None
