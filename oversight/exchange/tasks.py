"""Celery tasks: run one job, send forgotten ones again, tidy up."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings
from django.utils import timezone

from oversight.exchange import jobs
from oversight.exchange.models import Pulse
from oversight.exchange.workspace import remove_leftovers

log = logging.getLogger(__name__)


@shared_task(time_limit=settings.JOB_MAX_SECONDS)
def run_job(job_id: str) -> bool:
    """Do one job, if it still waits."""
    return jobs.run(job_id=UUID(job_id))


@shared_task
def sweep() -> int:
    """Send again every job that waits or whose worker has gone quiet. How many were sent."""
    Pulse.objects.update_or_create(name=Pulse.SWEEP, defaults={"at": timezone.now()})
    ids = jobs.stale_job_ids()
    for job_id in ids:
        # It expires, because the next sweep sends it again: a day without workers leaves no heap.
        run_job.apply_async((str(job_id),), expires=10 * settings.JOB_STALE_SECONDS)
    return len(ids)


@worker_ready.connect
def sweep_at_start(**_: object) -> None:
    """A worker that was killed left jobs and half-written files behind; the next one begins with them."""
    remove_leftovers()
    try:
        sweep.delay()
    except Exception:
        log.warning("queue not reachable; the scheduled sweep will do it", exc_info=True)
