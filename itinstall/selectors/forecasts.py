"""Reading forecasts: the figures of the backlog are national, requests are cut to what the person may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from itinstall.forecast import Minimums
from itinstall.models import Forecast, InstallationRequest
from itinstall.selectors.requests import installation_requests
from oversight.access.models import User
from oversight.access.scope import sees_everything, visible_to
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job
from oversight.periods.selectors import parameters_on

__all__ = [
    "BACKTEST",
    "FORECAST",
    "PARAMETERS",
    "ForecastLine",
    "RequestForecast",
    "backtest_newest",
    "forecast_parameters",
    "forecasts",
    "job_under_way",
    "lines_of",
    "minimums_of",
    "newest_base",
    "newest_of_request",
    "requests_of_lines",
    "what_ifs",
]

FORECAST, BACKTEST = "itinstall.forecast", "itinstall.backtest"  # kinds of job

PREFIX = "itinstall.forecast_"
# key → value, unit, where it comes from
PARAMETERS: dict[str, tuple[int, str, str]] = {
    f"{PREFIX}min_visits": (20, "visits", "Own decision: docs/forecast.md"),
    f"{PREFIX}min_tail": (10, "visits", "Own decision: docs/forecast.md"),
    f"{PREFIX}window_days": (1096, "days", "Own decision: three years; docs/forecast.md"),
    f"{PREFIX}runs": (400, "runs", "Own decision: P80 within 2 points; docs/forecast.md"),
    f"{PREFIX}seed": (287, "", "Own decision: the same each day, so that a change is none of chance"),
}


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """One open request in a forecast. `p50`, `p80` None: not within 20 years; `due` None: no clock.

    `base50`, `base80`: without the changes of a what-if, the same otherwise.
    """

    ref: str
    p50: date | None
    p80: date | None
    due: date | None
    base50: date | None = None
    base80: date | None = None

    @property
    def over_days(self) -> int | None:
        """Days from the target to P50; negative: before it. None without a target or a day."""
        if self.due is None or self.p50 is None:
            return None
        return (self.p50 - self.due).days

    @property
    def is_late(self) -> bool:
        return self.due is not None and (self.p50 is None or self.p50 > self.due)


@dataclass(frozen=True, slots=True)
class RequestForecast:
    """What the newest base forecast says of one request."""

    forecast: int
    as_of: date
    computed_at: datetime
    seed: int
    runs: int
    p50: date | None
    p80: date | None


def forecast_parameters(*, day: date) -> dict[str, int]:
    """The numbers in force on `day`, without the prefix; those without a row at their seed. One query."""
    rows = parameters_on(day=day, prefix=PREFIX)
    return {
        key.removeprefix(PREFIX): int(rows.get(key, Decimal(value)))
        for key, (value, _, _) in PARAMETERS.items()
    }


def minimums_of(parameters: dict[str, int]) -> Minimums:
    return Minimums(parameters["min_visits"], parameters["min_tail"], parameters["window_days"])


def forecasts(*, user: User) -> QuerySet[Forecast]:
    """Every forecast, the newest first."""
    return visible_to(Forecast.objects.select_related("created_by", "job"), user)


def newest_base() -> Forecast | None:
    """The newest forecast with today's resources, also one that was refused. One query."""
    return Forecast.objects.filter(is_what_if=False).order_by("-pk").first()


def what_ifs(*, user: User, most: int = 10) -> list[Forecast]:
    """The newest ones, without their results. One query."""
    rows = forecasts(user=user).filter(is_what_if=True)
    return list(rows.defer("results", "samples").order_by("-pk")[:most])


def newest_of_request(*, request: InstallationRequest) -> RequestForecast | None:
    """Of a request that was resolved through scope: its days in the newest base forecast; None when it is not
    in it. One query."""
    rows = Forecast.objects.filter(is_what_if=False, refusal="").order_by("-pk")
    mine = KeyTransform(request.ref, KeyTransform("requests", "results"))
    found = rows.values_list("pk", "as_of", "created_at", "seed", "runs", mine)[:1]
    for pk, as_of, created_at, seed, runs, days in found:
        if days is not None:
            return RequestForecast(
                pk, as_of, created_at, seed, runs, _day(as_of, days[0]), _day(as_of, days[1])
            )
    return None


def lines_of(*, forecast: Forecast, user: User, office: str = "", late: bool = False) -> list[ForecastLine]:
    """The requests of a forecast that `user` may see, by reference. `office`: a field office of today;
    `late`: only those past their target in half of the runs. At most one query."""
    results = forecast.results.get("requests", {})
    base = forecast.results.get("base", {}).get("requests", {})
    seen = _visible_refs(user, results, office) if office or not sees_everything(user) else None
    lines = [
        ForecastLine(
            ref,
            *(_day(forecast.as_of, days[at]) for at in range(3)),
            *(_day(forecast.as_of, base.get(ref, (None, None))[at]) for at in range(2)),
        )
        for ref, days in sorted(results.items())
        if seen is None or ref in seen
    ]
    return [line for line in lines if line.is_late] if late else lines


def _visible_refs(user: User, refs: Iterable[str], office: str) -> set[str]:
    rows = visible_to(InstallationRequest.objects.all(), user)
    if office:
        from itinstall.facts import in_office

        rows = in_office(rows, office, as_of=timezone.localdate())
    return set(refs) & set(rows.values_list("ref", flat=True))


def requests_of_lines(*, user: User, lines: Iterable[ForecastLine]) -> dict[str, InstallationRequest]:
    """The requests themselves, by reference. One query."""
    rows = installation_requests(user=user).filter(ref__in=[line.ref for line in lines])
    return {row.ref: row for row in rows}


def job_under_way(*, kind: str, params: Mapping[str, Any] | None = None) -> Job | None:
    """The oldest job of that kind, and with these `params` where they are given, that waits or runs. One
    query."""
    rows = Job.objects.filter(kind=kind, state__in=[JobState.QUEUED, JobState.RUNNING])
    return next((job for job in rows.order_by("created_at") if params in (None, job.params)), None)


def backtest_newest() -> Job | None:
    """The newest back-test that was finished. One query."""
    rows = Job.objects.filter(kind=BACKTEST, state=JobState.DONE).select_related("created_by")
    return rows.order_by("-created_at").first()


def _day(as_of: date, offset: Any) -> date | None:
    """Results keep days as their distance from `as_of`."""
    return None if offset is None else as_of + timedelta(days=int(offset))
