"""Making a backup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.console.version import software_version
from oversight.exchange.backup import archive, databases
from oversight.exchange.backup.fingerprints import Fingerprint, fingerprint_all
from oversight.exchange.choices import JobState
from oversight.exchange.manifests import sha256_of, trail_head
from oversight.exchange.models import Job
from oversight.exchange.workspace import workspace
from oversight.trail.services import record

__all__ = ["KIND", "Backup", "backup_write"]

KIND = "exchange.backup"
ASIDE = "."  # names beginning so are the restore's own folders, never stored files


@dataclass(frozen=True, slots=True)
class Backup:
    """What was written. `problems`: sentences about contents that were not whole when they were copied."""

    path: Path
    bytes: int
    sha256: str
    files: int
    fingerprints: dict[str, str]
    problems: tuple[str, ...]


def backup_write(*, actor: Actor, out: Path) -> Backup:
    """Write everything to the tar file `out`, while the product runs. It appears only when it is whole.

    Contents that are not whole are backed up all the same, and said: it is then that a copy is needed.
    Raises NotAllowed; BackupRefused when the database's programs are missing or fail; OSError when a file
    cannot be read or written.
    """
    require(actor, "operations.manage")
    begun = timezone.now()
    with workspace() as folder, archive.writing(out) as writer:
        database = databases.of_this_installation()
        copy = folder / database.FILE
        with database.one_moment():
            database.dump(copy)
            prints = fingerprint_all()
            manifest = _manifest(actor, database.FILE, prints)
        writer.add(copy, name=database.FILE)
        # After the database: every file that it names was there before it was named.
        for path, name in stored_files():
            writer.add(path, name=f"{archive.MEDIA}/{name}")
        writer.finish(manifest)
        files = len(writer.members) - 1
    problems = tuple(f"{name}: {found.problem}" for name, found in prints.items() if found.problem)
    values = {name: found.value for name, found in prints.items()}
    backup = Backup(out, out.stat().st_size, sha256_of(out), files, values, problems)
    _remember(actor, backup, begun)
    return backup


def stored_files() -> Iterator[tuple[Path, str]]:
    """Every file in storage with its name there, in order."""
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and not path.is_symlink() and not name.parts[0].startswith(ASIDE):
            yield path, name.as_posix()


def _manifest(actor: Actor, file: str, prints: dict[str, Fingerprint]) -> dict[str, Any]:
    return {
        "schema": archive.SCHEMA,
        "name": "backup",
        "computed_at": timezone.now().isoformat(timespec="seconds"),
        "user": {"username": actor.user.username if actor.user else None, "name": actor.label},
        "database": {"kind": connection.vendor, "file": file, "migrations": databases.applied_migrations()},
        "fingerprints": {name: {"value": f.value, "problem": f.problem} for name, f in prints.items()},
        "trail_head": trail_head(),
        "software": {"name": "oversight-287g", "version": software_version()},
    }


@transaction.atomic
def _remember(actor: Actor, backup: Backup, begun: Any) -> None:
    """A finished job, for the operations page, and the trail: a backup is a copy of everything."""
    now = timezone.now()
    facts = {
        "file": backup.path.name,
        "bytes": backup.bytes,
        "sha256": backup.sha256,
        "fingerprints": backup.fingerprints,
        "problems": list(backup.problems),
    }
    job = Job.objects.create(
        kind=KIND, state=JobState.DONE, created_by=actor.user, started_at=begun, finished_at=now, result=facts
    )
    record(
        actor=actor, verb="backup.made", obj=job, after={"file": backup.path.name, "sha256": backup.sha256}
    )
