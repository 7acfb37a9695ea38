"""Two addresses for whoever watches the service: does the process answer, and can it work.

Both are open to everybody and tell nothing about the program's data.
"""

from __future__ import annotations

import functools
import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

__all__ = ["checks", "healthz", "readyz"]

log = logging.getLogger(__name__)

QUEUE_TIMEOUT_SECONDS = 2


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of the database: a full disk there must not restart the web."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served: {"ready", "checks": {name: "ok" or why not}}; 503 when not."""
    found = checks()
    ready = set(found.values()) == {"ok"}
    return JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503)


def checks() -> dict[str, str]:
    """Name → "ok" or a sentence: database, migrations, queue."""
    found = {"database": _database(), "migrations": "not checked", "queue": _queue()}
    if found["database"] == "ok":
        found["migrations"] = _migrations()
    return found


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        log.warning("database not reachable", exc_info=True)
        return "The database does not answer."
    return "ok"


@functools.cache
def _applied_before() -> list[bool]:
    """Set once all migrations were found applied: they stay so for as long as this code runs."""
    return []


def _migrations() -> str:
    if _applied_before():
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        log.warning("migrations cannot be read", exc_info=True)
        return "The list of migrations cannot be read."
    if plan:
        them = "1 migration waits" if len(plan) == 1 else f"{len(plan)} migrations wait"
        return f"{them}. Run: manage.py migrate"
    _applied_before().append(True)
    return "ok"


def _queue() -> str:
    if settings.REDIS_URL:
        import redis

        try:
            redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=QUEUE_TIMEOUT_SECONDS,
                socket_connect_timeout=QUEUE_TIMEOUT_SECONDS,
            ).ping()
        except redis.RedisError:
            log.warning("queue not reachable", exc_info=True)
            return "Redis does not answer."
        return "ok"
    return "ok" if settings.QUEUE_DIR.is_dir() else "The queue's folder is missing. Run: manage.py serve"
