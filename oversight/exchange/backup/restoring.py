"""Reading a backup back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.models import User
from oversight.access.permissions import require
from oversight.exchange.backup import archive, databases
from oversight.exchange.backup.archive import BackupRefused
from oversight.exchange.backup.fingerprints import all_fingerprints, fingerprint_all, outlives
from oversight.exchange.backup.writing import stored_files
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job, Upload
from oversight.exchange.workspace import workspace
from oversight.trail.grants import grant_to_app_role
from oversight.trail.models import TrailEntry
from oversight.trail.services import record
from oversight.trail.triggers import check_installed

__all__ = ["KIND", "Restored", "backup_restore"]

KIND = "exchange.restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """`fingerprints`: name → value, each the same as when the backup was made. `unproven`: names of those
    that the backup has not, or that newer migrations changed."""

    made_at: str
    files: int
    fingerprints: dict[str, str]
    migrated: bool
    unproven: tuple[str, ...]


def backup_restore(*, actor: Actor, path: Path, replace: bool = False) -> Restored:
    """Put the contents of the backup `path` in place of what this installation holds.

    Every byte is checked before anything is changed; the database changes in one transaction, then the
    files. Afterwards the fingerprints are computed again. Raises NotAllowed; BackupRefused with a sentence
    that says whether anything was changed.
    """
    require(actor, "operations.manage")
    manifest = archive.read_manifest(path)
    _check_fits(manifest)
    Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)  # a new machine has none
    if not replace:
        _check_empty()
    database = databases.of_this_installation()
    with workspace() as folder, _staged_media() as staged:
        archive.extract(path, manifest, database=folder / database.FILE, media=staged)
        database.load(folder / database.FILE)
        _swap_media(staged)
    late = _bring_up_to_date(manifest)
    values = _compare(manifest, late)
    _remember(actor, path, manifest, values)
    unproven = tuple(name for name in all_fingerprints() if name not in values)
    return Restored(manifest["computed_at"], len(manifest["files"]) - 1, values, bool(late), unproven)


# --- before


def _check_fits(manifest: Mapping[str, Any]) -> None:
    kind = manifest["database"]["kind"]
    if kind != connection.vendor:
        raise BackupRefused(
            f"The backup is of a {kind} database, this installation uses {connection.vendor}. "
            "Set DATABASE_URL to a database of the same kind. Nothing was changed."
        )
    unknown = sorted(set(manifest["database"]["migrations"]) - databases.known_migrations())
    if unknown:
        version = manifest["software"]["version"]
        raise BackupRefused(
            f"The backup was made by another version of the software ({version}): this one does not know "
            f"its migration {unknown[0]}. Install that version first. Nothing was changed."
        )


def _check_empty() -> None:
    """People, history, uploads, jobs or files: any of them is something that a restore would destroy."""
    tables = set(connection.introspection.table_names())
    models = [m for m in (User, TrailEntry, Upload, Job) if m._meta.db_table in tables]
    if any(model._default_manager.exists() for model in models) or next(stored_files(), None):
        raise BackupRefused(
            "This installation is not empty, and a restore replaces all of it. Make a backup of it first; "
            "then start again with --replace. Nothing was changed."
        )


@contextmanager
def _staged_media() -> Iterator[Path]:
    """A folder beside the stored files, on the same disk, so that moving them later cannot fail half way."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=root, prefix=".restoring-") as name:
        yield Path(name)


def _swap_media(staged: Path) -> None:
    """Move the stored files aside and the restored ones in. The folder itself may be a mounted volume."""
    root = Path(settings.MEDIA_ROOT)
    with tempfile.TemporaryDirectory(dir=root, prefix=".replaced-") as aside:
        for old in [path for path in root.iterdir() if not path.name.startswith(".")]:
            shutil.move(old, aside)
        for new in list(staged.iterdir()):
            shutil.move(new, root)


# --- after


def _bring_up_to_date(manifest: Mapping[str, Any]) -> set[str]:
    """Apply migrations that came after the backup, rights of the application's role, insert-only triggers.
    Those migrations."""
    late = databases.known_migrations() - set(manifest["database"]["migrations"])
    if late:
        call_command("migrate", interactive=False, verbosity=0)
    grant_to_app_role(sender=apps.get_app_config("trail"), using="default")
    lost = check_installed(databases=["default"])
    if lost:
        raise BackupRefused(f"The backup is in place, but {lost[0].msg} Run `manage.py migrate`.")
    return late


def _compare(manifest: Mapping[str, Any], late: Collection[str]) -> dict[str, str]:
    """The fingerprints that are what they were. Raises BackupRefused when one is not, although no migration
    of `late` changes what it stands for."""
    same = {}
    for name, found in fingerprint_all().items():
        then = manifest["fingerprints"].get(name)
        if then is None or (found.value != then["value"] and not outlives(name, late)):
            continue
        if found.value != then["value"] or (found.problem and not then["problem"]):
            raise BackupRefused(
                f"The backup is in place, but the {name} is not what it was: {then['value'][:12]}… then, "
                f"{found.value[:12]}… now. {found.problem} Do not work with it; tell the developers."
            )
        same[name] = found.value
    return same


@transaction.atomic
def _remember(actor: Actor, path: Path, manifest: Mapping[str, Any], values: Mapping[str, str]) -> None:
    """Written into what was restored: the trail says that what came after the backup is gone."""
    now = timezone.now()
    facts = {"file": path.name, "made_at": manifest["computed_at"], "fingerprints": dict(values)}
    job = Job.objects.create(
        kind=KIND, state=JobState.DONE, created_by=None, started_at=now, finished_at=now, result=facts
    )
    record(actor=actor, verb="backup.restored", obj=job, after={"file": path.name, **facts})
