"""Jobs of this app: forecasts, back-tests; and the forecast of every day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from itinstall.models import InstallationRequest
from itinstall.selectors.backtests import backtest_lines, month_days
from itinstall.selectors.forecasts import BACKTEST, FORECAST, newest_base
from itinstall.services.forecasts import base_forecast_start, forecast_make
from oversight.access.actors import system
from oversight.exchange.jobs import Progress, ResultLink, register_job
from oversight.exchange.models import Job


def _forecast_link(job: Job) -> ResultLink | None:
    pk = job.result.get("forecast")
    return ResultLink("See the forecast", reverse("itinstall:forecast_detail", args=[pk])) if pk else None


@register_job(FORECAST, title="Forecast of installations", result=_forecast_link)
def forecast(progress: Progress) -> Mapping[str, Any]:
    """Params: `question`, or nothing for today's resources. Result: `forecast`. Run twice, it leaves one."""

    def report(done: int, total: int, message: str) -> None:
        progress.report(done=done, total=total, message=message)

    made = forecast_make(actor=progress.actor, job=progress.job, report=report)
    return {"forecast": made.pk}


@register_job(
    BACKTEST,
    title="Back-test of forecasts",
    result=lambda job: ResultLink("See how forecasts held", reverse("itinstall:forecast_backtest")),
)
def backtest(progress: Progress) -> Mapping[str, Any]:
    """Params: `first`, `last` (ISO dates). Result: the lines. It only reads: run twice, it says the same."""
    first, last = (date.fromisoformat(progress.params[name]) for name in ("first", "last"))
    days = month_days(first, last)
    lines = []
    found = backtest_lines(days=days, today=timezone.localdate())
    for number, line in enumerate(found.lines, start=1):
        progress.report(done=number, total=len(days), message=f"Forecast of {line['as_of']}")
        lines.append(line)
    return {"today": found.today.isoformat(), "seed": found.seed, "runs": found.runs, "lines": lines}


@shared_task
def forecast_today() -> bool:
    """Daily, after the statuses of the day: the forecast with today's resources. False when there is one
    already, or nothing was ever requested."""
    newest = newest_base()
    if newest is not None and newest.as_of >= timezone.localdate():
        return False
    if not InstallationRequest.objects.exists():
        return False
    base_forecast_start(actor=system("forecast"))
    return True
