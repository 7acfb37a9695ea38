"""A reader that kills its process. A module of its own: reader processes import it, and have no Django."""

from __future__ import annotations

import os
from pathlib import Path

from agreements.reconciliation.types import Refused


def dies_of_one(path: Path) -> Refused:
    """Stands in for reading; the file "deadly" ends the process."""
    if path.name == "deadly":
        os._exit(9)
    return Refused("read", path.name)
