"""Receiving files: counted and hashed as they stream, kept under a random name, never served by URL."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange.models import Upload
from oversight.trail.services import record

__all__ = ["UploadRefused", "clean_name", "empty_text", "too_large_text", "upload_store"]

NAME_LENGTH = 255
SUFFIX_LENGTH = 10
MEGABYTE = 1024 * 1024


class UploadRefused(Exception):
    """The file was not taken; nothing was kept. Its message is for the person who sent it."""


def upload_store(*, actor: Actor, file: UploadedFile, action: str = "rosters.import") -> Upload:
    """Keep `file` as it was received, and write the trail.

    `action` is the line of the permission matrix that allows the upload. The file is read in chunks, never
    whole. Raises NotAllowed, and UploadRefused for a file that is empty or over settings.UPLOAD_MAX_BYTES.
    """
    require(actor, action)
    name = clean_name(file.name or "")
    sha256, size = _measure(file, name)
    file.seek(0)
    upload = Upload(name=name, sha256=sha256, size=size, uploaded_by=actor.user)
    upload.file.save(f"{uuid.uuid4().hex}.upload", file, save=False)
    try:
        with transaction.atomic():
            upload.save()
            record(
                actor=actor,
                verb="upload.received",
                obj=upload,
                after={"name": name, "size": size, "sha256": sha256},
            )
    except BaseException:
        upload.file.delete(save=False)
        raise
    return upload


def _measure(file: UploadedFile, name: str) -> tuple[str, int]:
    """SHA-256 (hex) and size in bytes, stopping where the limit is passed."""
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        size += len(chunk)
        if size > settings.UPLOAD_MAX_BYTES:
            raise UploadRefused(too_large_text(name))
        digest.update(chunk)
    if not size:
        raise UploadRefused(empty_text(name))
    return digest.hexdigest(), size


def empty_text(name: str) -> str:
    return f"“{name}” is empty. Download it again, then upload it."


def too_large_text(name: str) -> str:
    limit = settings.UPLOAD_MAX_BYTES / MEGABYTE
    return (
        f"“{name}” is larger than {limit:g} MB and was not taken. "
        "ICE’s lists are smaller than 1 MB: check that this is the list itself."
    )


def clean_name(name: str) -> str:
    """The last part of a file name, printable characters only, at most 255; "unnamed" when nothing is left.

    Control characters and marks that turn the direction of writing would let a name lie about its ending.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(char for char in last if char.isprintable()).strip()
    if text in {"", ".", ".."}:
        return "unnamed"
    if len(text) <= NAME_LENGTH:
        return text
    suffix = PurePosixPath(text).suffix
    suffix = suffix if len(suffix) <= SUFFIX_LENGTH else ""
    return text[: NAME_LENGTH - len(suffix)] + suffix
