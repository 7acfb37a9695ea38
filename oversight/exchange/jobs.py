"""Jobs: queue, claim, progress, finish. The row decides; a queue message is only a hint (ADR 0005).

A run is one claim of the row, known by its `attempts`. Whatever a run writes names its own number, so a
run that was taken for dead and comes back can neither finish nor report over the one that took over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from oversight.access.actors import Actor, person, system
from oversight.access.permissions import NotAllowed
from oversight.exchange.choices import JobState
from oversight.exchange.heartbeat import beating, this_run
from oversight.exchange.models import Job
from oversight.trail.context import current_request_id, request_id

__all__ = [
    "JobError",
    "Progress",
    "ResultLink",
    "TakenOver",
    "enqueue",
    "register_job",
    "register_title",
    "result_of",
    "run",
    "run_now",
    "stale_job_ids",
    "title_of",
]

log = logging.getLogger(__name__)

Handler = Callable[["Progress"], Mapping[str, Any] | None]
_handlers: dict[str, Handler] = {}
_titles: dict[str, str] = {}
_results: dict[str, Callable[[Job], ResultLink | None]] = {}
REPORT_SECONDS = 1.0
CLOCK_TOLERANCE = 10  # times JOB_STALE_SECONDS that clocks of two machines may differ


@dataclass(frozen=True, slots=True)
class ResultLink:
    """A button on the page of a finished job. Example: "Download", "/exports/7/download/"."""

    label: str
    href: str


class JobError(Exception):
    """A failure whose message is a sentence for the person who started the job. It is not tried again."""


class TakenOver(Exception):
    """This run was quiet for so long that another has begun. It stops; the other one finishes."""


def register_job(
    kind: str, *, title: str = "", result: Callable[[Job], ResultLink | None] | None = None
) -> Callable[[Handler], Handler]:
    """Make the decorated function the handler of jobs of `kind`. Kinds are fixed keys; no second handler.

    `title` names the job for people; `result` says where what it made can be seen, once it is done.
    """

    def add(handler: Handler) -> Handler:
        if kind in _handlers:
            raise ValueError(f"Two handlers for jobs of kind {kind!r}.")
        _handlers[kind] = handler
        _titles[kind] = title or kind
        if result is not None:
            _results[kind] = result
        return handler

    return add


def register_title(kind: str, title: str) -> None:
    """Name jobs that no worker does: rows that a command writes about what it has done."""
    if kind in _titles:
        raise ValueError(f"Two titles for jobs of kind {kind!r}.")
    _titles[kind] = title


def title_of(job: Job) -> str:
    """What a job is called on its page."""
    return _titles.get(job.kind, job.kind)


def result_of(job: Job) -> ResultLink | None:
    """Where the result of a finished job is; None when there is none, or not yet."""
    find = _results.get(job.kind)
    return find(job) if find is not None and job.state == JobState.DONE else None


class Progress:
    """What a handler gets: the job, who acts, and a way to say how far it is (at most once a second)."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.params: dict[str, Any] = job.params
        self.actor: Actor = person(job.created_by) if job.created_by else system(job.kind)
        self._last: float | None = None

    def report(self, *, done: int, total: int, message: str = "") -> None:
        """Say how far it is, and beat the heart. The first and the last report are always written.

        Never call it inside a transaction: nobody would see it. Raises TakenOver when another run has
        begun meanwhile; let it through.
        """
        now = monotonic()
        if self._last is not None and now - self._last < REPORT_SECONDS and done < total:
            return
        self._last = now
        still_mine = this_run(self.job).update(
            done=done, total=total, message=message[:300], heartbeat_at=timezone.now()
        )
        if not still_mine:
            raise TakenOver(f"job {self.job.pk}: another run has begun")


def enqueue(*, actor: Actor, kind: str, params: Mapping[str, Any]) -> Job:
    """Create a job and, once the transaction is in, tell a worker. Raises KeyError for an unknown kind."""
    _handlers[kind]
    job = Job.objects.create(
        kind=kind, params=dict(params), created_by=actor.user, request_id=current_request_id()
    )
    transaction.on_commit(partial(_send, job.pk), robust=True)
    return job


def _send(job_id: UUID) -> None:
    """Tell a worker. When the queue cannot be reached the sweep does it later: the row is there."""
    from oversight.exchange.tasks import run_job

    try:
        run_job.apply_async((str(job_id),), retry=False)  # a person waits for the answer
    except Exception:
        log.warning("queue not reachable; the sweep will send job %s", job_id, exc_info=True)


def run_now(*, actor: Actor, kind: str, params: Mapping[str, Any]) -> Job:
    """Create a job and do it here, without a worker (commands). Returns it finished."""
    _handlers[kind]
    job = Job.objects.create(
        kind=kind, params=dict(params), created_by=actor.user, request_id=current_request_id()
    )
    run(job_id=job.pk)
    job.refresh_from_db()
    return job


def run(*, job_id: UUID) -> bool:
    """Claim and do the job. False when there was nothing to do: over, or claimed by another worker."""
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        started_at=timezone.now(),
        heartbeat_at=timezone.now(),
        attempts=F("attempts") + 1,
    )
    if not claimed:
        return False
    job = Job.objects.select_related("created_by").get(pk=job_id)
    with request_id(job.request_id or f"job-{job.pk}"), beating(job):
        _do(job)
    return True


def _do(job: Job) -> None:
    try:
        handler = _handlers.get(job.kind)
        if handler is None:
            raise JobError("This kind of job no longer exists. Start again from its page.")
        result = handler(Progress(job))
    except JobError as error:
        _finish(job, JobState.FAILED, error=str(error))
    except NotAllowed:
        _finish(job, JobState.FAILED, error="Your role no longer allows this. Ask an administrator.")
    except TakenOver:
        log.warning("job %s (%s): run %s was taken over", job.pk, job.kind, job.attempts)
    except (InterfaceError, OperationalError):
        raise  # the database is away or busy: the row stays as it is, and the sweep sends it again
    except Exception:
        log.exception("job %s (%s) failed", job.pk, job.kind)
        sentence = "Something went wrong on our side. Start again; if it fails again, give this number to"
        _finish(job, JobState.FAILED, error=f"{sentence} an administrator: {str(job.pk)[:8]}.")
    else:
        _finish(job, JobState.DONE, result=dict(result or {}))


def _finish(job: Job, state: JobState, *, error: str = "", result: Mapping[str, Any] | None = None) -> None:
    now = timezone.now()
    finished = this_run(job).update(
        state=state, error=error, result=result or {}, message="", finished_at=now, heartbeat_at=now
    )
    if not finished:
        log.warning("job %s (%s): run %s ended after it was taken over", job.pk, job.kind, job.attempts)


def stale_job_ids() -> list[UUID]:
    """Release jobs whose worker has gone quiet, fail those tried too often; ids that must be sent again.

    Each id is claimed for sending by moving its heartbeat, so two sweeps at once send it once.
    """
    patience = timedelta(seconds=settings.JOB_STALE_SECONDS)
    now = timezone.now()
    # A heart that beat far ahead of now beat before the clock was set back; it would be waited for as long.
    ahead = Q(heartbeat_at__gt=now + CLOCK_TOLERANCE * patience)
    stale = Job.objects.filter(Q(heartbeat_at__lt=now - patience) | ahead)
    running = stale.filter(state=JobState.RUNNING)
    running.filter(attempts__gte=settings.JOB_MAX_ATTEMPTS).update(
        state=JobState.FAILED,
        finished_at=timezone.now(),
        message="",
        error="The worker stopped several times before it was done. Nothing was half applied. Start again.",
    )
    waiting = stale.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    seen = list(waiting.values_list("pk", "heartbeat_at", "state"))
    return [
        pk
        for pk, heartbeat_at, state in seen
        if Job.objects.filter(pk=pk, state=state, heartbeat_at=heartbeat_at).update(
            state=JobState.QUEUED, heartbeat_at=timezone.now()
        )
    ]
