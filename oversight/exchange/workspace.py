"""A folder for files while they are written; whole ones move to storage."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

__all__ = ["remove_leftovers", "workspace"]

KEEP_SECONDS = 24 * 3600


def _root() -> Path:
    return Path(settings.VAR_DIR) / "exchange"


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder, readable by this user only, that is gone afterwards."""
    _root().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_root(), prefix="w-") as name:
        yield Path(name)


def remove_leftovers() -> int:
    """Delete folders that killed workers left a day ago or earlier. How many."""
    old = time.time() - KEEP_SECONDS
    leftovers = [path for path in _root().glob("w-*") if path.is_dir() and path.stat().st_mtime < old]
    for path in leftovers:
        shutil.rmtree(path, ignore_errors=True)
    return len(leftovers)
