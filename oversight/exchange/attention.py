"""What of the machinery needs attention: failed jobs and backups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count, Max, Min, Q
from django.urls import reverse
from django.utils import timezone

from oversight.console.attention import AttentionItem, Severity, limits_of, register_attention
from oversight.console.panels import PanelRequest
from oversight.exchange.backup.writing import KIND as BACKUP
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job

__all__ = ["machinery", "register_items"]

OWNER = "Administrators"


def machinery(request: PanelRequest) -> Iterator[AttentionItem]:
    """Jobs that failed in the last days, and a backup that is old or was never made. One query."""
    limits = limits_of(request)
    days = limits["attention.failed_job_days"]
    recent = Q(state=JobState.FAILED, finished_at__gte=timezone.now() - dt.timedelta(days=days))
    found = Job.objects.aggregate(
        failed=Count("pk", filter=recent),
        first=Min("finished_at", filter=recent),
        backup=Max("finished_at", filter=Q(kind=BACKUP, state=JobState.DONE)),
    )
    page = reverse("console:operations")
    if found["failed"]:
        jobs = "job" if found["failed"] == 1 else "jobs"
        text = f"{found['failed']:,} {jobs} failed in the last {days} days."
        since = timezone.localtime(found["first"]).date()
        yield AttentionItem(Severity.MEDIUM, text, found["failed"], f"{page}#exchange-jobs", OWNER, since)
    limit = limits["attention.backup_age_days"]
    page = f"{page}#exchange-backups"
    if found["backup"] is None:
        yield AttentionItem(Severity.HIGH, "No backup was ever made.", None, page, OWNER, None)
        return
    made = timezone.localtime(found["backup"]).date()
    if (age := (request.today - made).days) > limit:
        text = f"The last backup is {age} days old."
        yield AttentionItem(Severity.HIGH, text, None, page, OWNER, made + dt.timedelta(days=limit))


def register_items() -> None:
    """Called once, when the app is ready."""
    register_attention("exchange.machinery", "operations.manage", machinery)
