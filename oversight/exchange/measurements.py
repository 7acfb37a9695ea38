"""What jobs, queue and backups tell whoever watches: counts and ages. Three statements in all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from oversight.console.telemetry import Measurement
from oversight.exchange.backup.writing import KIND as BACKUP
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job, Pulse

__all__ = ["jobs_measured"]


def jobs_measured() -> Iterator[Measurement]:
    counts = Job.objects.order_by().values_list("kind", "state").annotate(number=Count("pk"))
    yield Measurement(
        "oversight_jobs",
        "Jobs by kind and state.",
        [({"kind": kind, "state": state}, number) for kind, state, number in counts],
    )
    times = Job.objects.aggregate(
        waiting=Min("created_at", filter=Q(state=JobState.QUEUED)),
        finished=Max("finished_at"),
        backup=Max("finished_at", filter=Q(kind=BACKUP, state=JobState.DONE)),
    )
    # Nothing waits: the queue is 0 seconds old, so that an alarm on it has a value to compare.
    yield Measurement.single(
        "oversight_queue_age_seconds", "Age of the oldest waiting job.", age(times["waiting"]) or 0
    )
    yield Measurement.single(
        "oversight_last_job_age_seconds", "Since a job last ended.", age(times["finished"])
    )
    yield Measurement.single(
        "oversight_last_backup_age_seconds", "Since the last backup.", age(times["backup"])
    )
    swept = Pulse.objects.filter(name=Pulse.SWEEP).values_list("at", flat=True).first()
    yield Measurement.single(
        "oversight_last_sweep_age_seconds", "Since a worker last looked for forgotten jobs.", age(swept)
    )


def age(at: dt.datetime | None) -> float | None:
    """Seconds since `at`."""
    return (timezone.now() - at).total_seconds() if at else None
