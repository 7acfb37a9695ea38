"""The tar file of a backup: members, their digests, and the manifest that comes last.

The manifest is written when everything before it is in place. A file that was cut off has none, so it
cannot be taken for a backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from oversight.exchange.manifests import MANIFEST_NAME, dumps

__all__ = ["MEDIA", "SCHEMA", "BackupRefused", "Member", "Writer", "extract", "read_manifest"]

SCHEMA = "oversight-backup/1"
MEDIA = "media"  # folder of the uploaded and exported files inside the tar
CHUNK = 1024 * 1024
MAX_MANIFEST = 256 * 1024 * 1024  # bytes; some 200 per file


class BackupRefused(Exception):
    """A backup that cannot be made or read back. The message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    bytes: int
    sha256: str


class _Hashing:
    """A file that is hashed while the tar reads it: what is in the manifest is what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Writer:
    """Adds files to the tar and remembers what they were."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: list[Member] = []

    def add(self, path: Path, *, name: str) -> None:
        """Raises OSError when the file cannot be read whole."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = size, 0o600
            hashed = _Hashing(file)
            self._tar.addfile(entry, hashed)
        self.members.append(Member(name, size, hashed.hexdigest()))

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest: `manifest` and the members. Nothing is added afterwards."""
        body = dumps({**manifest, "files": [asdict(member) for member in self.members]})
        entry = tarfile.TarInfo(MANIFEST_NAME)
        entry.size, entry.mode = len(body), 0o600
        self._tar.addfile(entry, BytesIO(body))


@contextmanager
def writing(out: Path) -> Iterator[Writer]:
    """A tar that appears under its name only when the block ends well; readable by this user only."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a whole backup. Raises BackupRefused with the reason when it is none."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            entry = tar.getmember(MANIFEST_NAME)
            file = tar.extractfile(entry) if entry.size <= MAX_MANIFEST else None
            manifest = json.load(file) if file else None
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise BackupRefused(
            f"{path} is not a whole backup: it is no tar file, or it was cut off before its manifest. "
            "Take another copy of it."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        raise BackupRefused(f"{path} is not a backup of this product: its manifest is not {SCHEMA}.")
    return manifest


def extract(path: Path, manifest: Mapping[str, Any], *, database: Path, media: Path) -> None:
    """Write the database to `database` and the files under `media`, checking every byte on the way.

    Raises BackupRefused at the first difference from the manifest; what was written until then stays and
    is the caller's to remove.
    """
    expected = {entry["name"]: Member(**entry) for entry in manifest["files"]}
    try:
        with tarfile.open(path, mode="r:") as tar:
            for entry in tar:
                if entry.name == MANIFEST_NAME:
                    continue
                member = expected.pop(entry.name, None)
                if member is None or not entry.isfile():
                    raise BackupRefused(
                        f"{entry.name} in {path} is not in the manifest. Nothing was changed."
                    )
                target = _target(member.name, manifest["database"]["file"], database, media)
                file = tar.extractfile(entry)
                if file is None or _copy(file, target) != (member.bytes, member.sha256):
                    raise BackupRefused(
                        f"{entry.name} in {path} is not what was backed up: its SHA-256 differs. "
                        "Nothing was changed. Take another copy of the backup."
                    )
    except tarfile.TarError as error:
        raise BackupRefused(f"{path} is damaged: {error}. Nothing was changed.") from error
    if expected:
        raise BackupRefused(f"{min(expected)} is missing from {path}. Nothing was changed.")


def _target(name: str, database_name: str, database: Path, media: Path) -> Path:
    """Where a member goes. Raises BackupRefused for a name that would leave the folder."""
    parts = PurePosixPath(name).parts
    if name == database_name:
        return database
    if parts[:1] != (MEDIA,) or len(parts) == 1 or ".." in parts or "\\" in name:
        raise BackupRefused(f"{name} is no name for a file of a backup. Nothing was changed.")
    return media.joinpath(*parts[1:])


def _copy(source: IO[bytes], target: Path) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()
