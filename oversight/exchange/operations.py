"""Panels of the operations page: jobs, what runs them, and backups."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from oversight.console.operations import OperationsPanel, register_operations_panel, size_words
from oversight.exchange.backup.restoring import KIND as RESTORE
from oversight.exchange.backup.writing import KIND as BACKUP
from oversight.exchange.choices import JobState
from oversight.exchange.jobs import register_title, title_of
from oversight.exchange.models import Job, Pulse

__all__ = ["backups_panel", "jobs_panel", "register_panels", "workers_panel"]

FAILURES = 10
DAYS = 7  # of the counts
BACKUP_DAYS = 7  # an older last backup is a problem
SWEEPS_MISSED = 10


@dataclass(frozen=True, slots=True)
class Failure:
    job: Job
    title: str


@dataclass(frozen=True, slots=True)
class Jobs:
    """`counts`: kind in words → counts of waiting, running, done and failed in the last days."""

    days: int
    counts: list[dict[str, Any]]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class Workers:
    """Ages as moments; None: never. A `problem` is a sentence."""

    waiting: int
    oldest: dt.datetime | None
    last_job: dt.datetime | None
    swept: dt.datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class Backups:
    last: Job | None
    size: str
    problem: str


def jobs_panel() -> Jobs:
    """Counts of the last days, what waits or runs whatever its age, and the last failures."""
    since = timezone.now() - dt.timedelta(days=DAYS)
    unfinished = Q(state__in=[JobState.QUEUED, JobState.RUNNING])
    recent = Job.objects.order_by().filter(Q(created_at__gte=since) | unfinished)
    by_state = {state.value: Count("pk", filter=Q(state=state)) for state in JobState}
    counts = [
        {"title": title_of(Job(kind=row["kind"])), **row}
        for row in recent.values("kind").annotate(**by_state).order_by("kind")
    ]
    failed = Job.objects.filter(state=JobState.FAILED).select_related("created_by").order_by("-finished_at")
    return Jobs(DAYS, counts, [Failure(job, title_of(job)) for job in failed[:FAILURES]])


def workers_panel() -> Workers:
    """Whether somebody does the jobs: the worker's last job, and the last sweep by scheduler and worker."""
    times = Job.objects.aggregate(
        waiting=Count("pk", filter=Q(state=JobState.QUEUED)),
        oldest=Min("created_at", filter=Q(state=JobState.QUEUED)),
        last_job=Max("finished_at"),
    )
    swept = Pulse.objects.filter(name=Pulse.SWEEP).values_list("at", flat=True).first()
    every: Any = settings.CELERY_BEAT_SCHEDULE["sweep-jobs"]["schedule"]
    patience = dt.timedelta(seconds=SWEEPS_MISSED * every)
    problem = ""
    if swept is None or timezone.now() - swept > patience:
        problem = "No worker has looked for jobs for a while. Check that worker and scheduler run."
    return Workers(times["waiting"], times["oldest"], times["last_job"], swept, problem)


def backups_panel() -> Backups:
    """The last backup, made by `manage.py backup`."""
    last = Job.objects.filter(kind=BACKUP, state=JobState.DONE).order_by("-finished_at").first()
    if last is None or last.finished_at is None:
        return Backups(None, "", "No backup was ever made. Run: manage.py backup --out FILE.tar")
    late = timezone.now() - last.finished_at > dt.timedelta(days=BACKUP_DAYS)
    problem = f"The last backup is older than {BACKUP_DAYS} days." if late else ""
    return Backups(last, size_words(last.result["bytes"]), problem)


def register_panels() -> None:
    """Called once, when the app is ready."""
    register_title(BACKUP, "Backup")
    register_title(RESTORE, "Restore")
    for key, title, order, read in (
        ("exchange.jobs", "Jobs", 10, jobs_panel),
        ("exchange.workers", "Queue and worker", 15, workers_panel),
        ("exchange.backups", "Backups", 30, backups_panel),
    ):
        template = f"exchange/operations/{key.partition('.')[2]}.html"
        register_operations_panel(OperationsPanel(key, title, order, read, template))
