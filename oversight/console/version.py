"""The version of this software, as pages, manifests and the API name it."""

from __future__ import annotations

import tomllib
from functools import cache

from django.conf import settings

__all__ = ["software_version"]


@cache
def software_version() -> str:
    """As pyproject.toml says. Example: "0.1.0"."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
