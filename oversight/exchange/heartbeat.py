"""A heart that beats beside a handler, so that one long step is not taken for a dead worker.

Without it a transaction of a minute, which can report nothing, would be started a second time by the
sweep. The beat comes from a thread with a database connection of its own: it is seen although the
handler's transaction is still open. It stops with the process (kill -9, power) and after
`JOB_MAX_SECONDS`, so that a handler that hangs is found out as well.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

from oversight.exchange.choices import JobState
from oversight.exchange.models import Job

__all__ = ["beating", "this_run"]

log = logging.getLogger(__name__)


def this_run(job: Job) -> QuerySet[Job]:
    """The row, as long as the run that claimed `job` still holds it."""
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)


@contextmanager
def beating(job: Job) -> Iterator[None]:
    """Beat four times per `JOB_STALE_SECONDS` until the block ends."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(job, over), name=f"heart-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(job: Job, over: threading.Event) -> None:
    until = time.monotonic() + settings.JOB_MAX_SECONDS
    try:
        while not over.wait(settings.JOB_STALE_SECONDS / 4) and time.monotonic() < until:
            try:
                if not this_run(job).update(heartbeat_at=timezone.now()):
                    return
            except DatabaseError:
                # SQLite has one writer: while the handler writes, the beat has to wait for its turn.
                log.debug("job %s: a heartbeat found the database busy", job.pk)
    finally:
        connection.close()
