"""The administrators' page of the machinery: panels that parts register under fixed keys.

    register_operations_panel(OperationsPanel(key="exchange.jobs", title="Jobs", order=10,
                              read=jobs_panel, template="exchange/operations/jobs.html"))

`read` takes nothing and returns what the template gets as `data`, or None when there is nothing to say. A
panel only shows: what changes something has its own page and asks first.
"""

from __future__ import annotations

import logging
import platform
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control

from oversight.access.guards import ActionRequired
from oversight.console import health
from oversight.console.version import software_version

__all__ = ["Operations", "OperationsPanel", "all_operations_panels", "register_operations_panel"]

log = logging.getLogger(__name__)

LOW_SHARE = 0.1  # of a disk: below, the page warns


@dataclass(frozen=True, slots=True)
class OperationsPanel:
    """One part of the page. `key`: fixed, "<part>.<name>"; also the anchor of its heading."""

    key: str
    title: str
    order: int
    read: Callable[[], Any]
    template: str

    @property
    def anchor(self) -> str:
        return self.key.replace(".", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel and what it shows; `failed` when it could not be read."""

    panel: OperationsPanel
    data: Any
    failed: bool = False


_panels: dict[str, OperationsPanel] = {}


def register_operations_panel(panel: OperationsPanel) -> OperationsPanel:
    """Add a panel. Raises ValueError when the key is taken."""
    if panel.key in _panels:
        raise ValueError(f"Two operations panels have the key {panel.key!r}.")
    _panels[panel.key] = panel
    return panel


def all_operations_panels() -> list[OperationsPanel]:
    """In the order shown."""
    return sorted(_panels.values(), key=lambda panel: (panel.order, panel.key))


class Operations(ActionRequired):
    """Jobs, queue, database, backups, versions and disks on one page, as of now."""

    action = "operations.manage"

    def get(self, request: HttpRequest) -> HttpResponse:
        drawn = [_draw(panel) for panel in all_operations_panels()]
        context = {"panels": [item for item in drawn if item.failed or item.data], "now": timezone.now()}
        response = render(request, "console/operations.html", context)
        patch_cache_control(response, private=True, no_store=True)
        return response


def _draw(panel: OperationsPanel) -> Drawn:
    """A part that cannot be read must not take the page away: it is when it is needed."""
    try:
        with transaction.atomic():
            return Drawn(panel, panel.read())
    except (DatabaseError, OSError):
        log.warning("operations panel %s cannot be read", panel.key, exc_info=True)
        return Drawn(panel, None, failed=True)


# --- the panels of the machinery itself


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a panel. `problem`: it asks for somebody's attention."""

    label: str
    value: str
    problem: bool = False


def checks_panel() -> list[Fact]:
    """What /readyz answers to, in words."""
    return [
        Fact(name.capitalize(), "In order" if state == "ok" else state, problem=state != "ok")
        for name, state in health.checks().items()
    ]


def database_panel() -> list[Fact]:
    """Kind, version and size."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
            version, size = cursor.fetchone()
        return [Fact("Kind", f"PostgreSQL {version}"), Fact("Size", size_words(size))]
    path = Path(str(connection.settings_dict["NAME"]))
    files = [path, path.with_name(f"{path.name}-wal")]
    size = sum(file.stat().st_size for file in files if file.exists())
    return [Fact("Kind", f"SQLite {sqlite3.sqlite_version}"), Fact("Size", size_words(size))]


def versions_panel() -> list[Fact]:
    return [
        Fact("This software", software_version()),
        Fact("Django", django.get_version()),
        Fact("Python", platform.python_version()),
    ]


def disks_panel() -> list[Fact]:
    """Free space where the product writes."""
    folders = {"Working files": Path(settings.VAR_DIR), "Stored files": Path(settings.MEDIA_ROOT)}
    facts = []
    for label, folder in folders.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        usage = shutil.disk_usage(there)
        share = usage.free / usage.total
        words = f"{size_words(usage.free)} free of {size_words(usage.total)} ({share:.0%})"
        facts.append(Fact(label, words, problem=share < LOW_SHARE))
    return facts


def size_words(size: int) -> str:
    """Bytes for people, decimal as disks are sold. Example: 22179840 → "22.2 MB"."""
    value = float(size)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"


def register_machinery() -> None:
    """Called once, when the app is ready."""
    facts = "console/_operations_facts.html"
    panels = (
        ("console.checks", "Checks", 20, checks_panel),
        ("console.database", "Database", 40, database_panel),
        ("console.disks", "Disks", 50, disks_panel),
        ("console.versions", "Versions", 60, versions_panel),
    )
    for key, title, order, read in panels:
        register_operations_panel(OperationsPanel(key, title, order, read, facts))
