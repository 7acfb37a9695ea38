"""Jobs and recurring work of metrics. Each finds out what is left to do: run twice, it does it once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from oversight.access.actors import system
from oversight.exchange.jobs import JobError, Progress, register_job
from oversight.metrics.services import (
    BACKFILL,
    day_fill,
    days_wait,
    fill_soon,
    missing_days_compute_start,
    outdated_mark_stale,
    stale_days_fill,
)

log = logging.getLogger(__name__)

SECONDS = 5.0  # of a worker at once: previews and exports wait no longer behind a long list of stale days


@register_job(BACKFILL, title="Compute figures of past days")
def backfill(progress: Progress) -> Mapping[str, Any]:
    """Params: `days` (ISO dates), or `first` and `last`, both included. Days that are done stay.

    Each day is a transaction of its own, so a run that was killed is resumed where it stopped.
    """
    days = [date.fromisoformat(day) for day in progress.params.get("days", [])]
    if not days:
        first, last = (date.fromisoformat(progress.params[name]) for name in ("first", "last"))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    appended = 0
    failed: set[str] = set()
    for number, day in enumerate(days, start=1):
        result = day_fill(as_of=day)
        appended += result.n_appended
        failed.update(result.failed)
        progress.report(done=number, total=len(days), message=f"Figures of {day}")
    if failed:
        raise JobError(
            f"These figures could not be computed: {', '.join(sorted(failed))}. The others are there. "
            "The log says why; tell the developers."
        )
    return {"days": len(days), "appended": appended}


@shared_task
def fill_today() -> int:
    """Daily, soon after midnight at headquarters: today's snapshots. How many were appended."""
    return day_fill(as_of=timezone.localdate()).n_appended


@shared_task
def fill_stale() -> int:
    """When facts have changed, and every few minutes: days to be computed again. How many were filled.

    It works for some seconds and then sends for itself, as long as it gets on.
    """
    results = stale_days_fill(seconds=SECONDS)
    filled = [result for result in results if not result.failed]
    if filled and days_wait():
        fill_soon()
    return len(filled)


@shared_task
def fill_missing() -> int:
    """Hourly, and when a worker starts: days that should have figures and have none, as a job. How many.

    Days with figures of an older definition are marked stale, so that they follow.
    """
    outdated_mark_stale()
    job = missing_days_compute_start(actor=system("figures"))
    return len(job.params["days"]) if job else 0


@worker_ready.connect
def catch_up_at_start(**_: object) -> None:
    """What nobody computed while no worker ran is begun at once, not at the next full hour."""
    try:
        fill_stale.delay()
        fill_missing.delay()
    except Exception:
        log.warning("queue not reachable; the scheduled tasks will do it", exc_info=True)
