"""Jobs and daily work of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from oversight.exchange.jobs import Progress, register_job
from oversight.metrics.services import BACKFILL, day_fill, stale_days_fill


@register_job(BACKFILL, title="Compute figures of past days")
def backfill(progress: Progress) -> Mapping[str, Any]:
    """Params: `days` (ISO dates), or `first` and `last`, both included. Days that are done stay."""
    days = [date.fromisoformat(day) for day in progress.params.get("days", [])]
    if not days:
        first, last = (date.fromisoformat(progress.params[name]) for name in ("first", "last"))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    appended = 0
    for number, day in enumerate(days, start=1):
        appended += day_fill(as_of=day).n_appended
        progress.report(done=number, total=len(days), message=f"Day {day}")
    return {"days": len(days), "appended": appended}


@shared_task
def fill_today() -> int:
    """Daily and after midnight: today's snapshots. How many were appended."""
    return day_fill(as_of=timezone.localdate()).n_appended


@shared_task
def fill_stale() -> int:
    """Every few minutes: days whose facts have changed. How many days were filled."""
    return len(stale_days_fill())
