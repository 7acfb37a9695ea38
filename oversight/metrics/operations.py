"""What the figures answer for when the installation is looked after: backups, measurements, operations."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from oversight.console.operations import OperationsPanel, register_operations_panel
from oversight.console.telemetry import Measurement, register_measurements
from oversight.exchange.backup import Fingerprint, register_fingerprint
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.selectors import newest_filled_day
from oversight.metrics.services.filling import FAILED

__all__ = [
    "Figures",
    "figures_fingerprint",
    "figures_measured",
    "figures_panel",
    "register_figures_operations",
]

LAST_DAYS = 5  # shown on the page
DUE_AFTER = dt.time(1, 0)  # at headquarters; today's figures are computed at 0:15


def figures_fingerprint() -> Fingerprint:
    """SHA-256 over the newest snapshot of every figure, in the order of metric, level, subject and day."""
    digest = hashlib.sha256()
    fields = ("metric", "level", "subject", "as_of", "version", "value", "numerator", "denominator", "n")
    rows = Snapshot.objects.order_by(*fields[:4], "-pk").values_list(*fields, "reason")
    last = None
    for row in rows.iterator(chunk_size=5000):
        if row[:4] != last:  # the first of a figure is its newest
            last = row[:4]
            digest.update(json.dumps(row, default=str).encode() + b"\n")
    return Fingerprint(digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Stale:
    """Fills to be computed again: on how many days, and the metrics that failed."""

    days: int
    failed: list[str]


def _stale() -> Stale:
    """One statement."""
    stale = DayFill.objects.filter(state=FillState.STALE).order_by()
    days = stale.values("state").annotate(days=Count("as_of", distinct=True)).values("days")
    failed = Count("pk", filter=Q(stale_reason__startswith=FAILED))
    rows = stale.values_list("metric").annotate(n_failed=failed, days=Subquery(days))
    found = list(rows.order_by("metric"))
    return Stale(found[0][2] if found else 0, [metric for metric, n_failed, _ in found if n_failed])


def _fills_by_day(newest: dt.date | None) -> QuerySet[Any, Any]:
    """What the last fills of the newest days did, the newest first."""
    # By state, too: so that the index on state and day serves.
    fills = DayFill.objects.filter(state__in=FillState.values, filled_at__isnull=False)
    fills = fills.filter(as_of__gt=newest - dt.timedelta(days=LAST_DAYS)) if newest else fills.none()
    return (
        fills.order_by()
        .values("as_of")
        .annotate(at=Max("filled_at"), appended=Sum("n_appended"), milliseconds=Sum("milliseconds"))
        .order_by("-as_of")
    )


def figures_measured() -> Iterator[Measurement]:
    """Ages and counts of fills. Three statements."""
    newest, stale = newest_filled_day(), _stale()
    fills = list(_fills_by_day(newest))
    last = max(fills, key=lambda fill: fill["at"], default=None)
    now = timezone.now()
    yield Measurement.single(
        "oversight_figures_newest_day_age_seconds",
        "Since the newest day with all figures began, at headquarters.",
        (now - _begins(newest)).total_seconds() if newest else None,
    )
    yield Measurement.single("oversight_figures_stale_days", "Days to be computed again.", stale.days)
    yield Measurement.single(
        "oversight_figures_failed_metrics", "Metrics that could not be computed.", len(stale.failed)
    )
    yield Measurement.single(
        "oversight_figures_last_fill_age_seconds",
        "Since figures of one of the newest days were last computed.",
        (now - last["at"]).total_seconds() if last else None,
    )
    yield Measurement.single(
        "oversight_figures_last_fill_seconds",
        "How long that took.",
        last["milliseconds"] / 1000 if last else None,
    )
    yield Measurement.single(
        "oversight_figures_last_fill_appended",
        "Figures that it found new.",
        last["appended"] if last else None,
    )


def _begins(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, tzinfo=timezone.get_default_timezone())


@dataclass(frozen=True, slots=True)
class Figures:
    """The panel. `problems` are sentences; `fills` are dicts of as_of, at, appended, milliseconds."""

    newest: dt.date | None
    stale_days: int
    fills: list[dict[str, Any]]
    problems: list[str]


def figures_panel() -> Figures:
    """The newest day with figures, what waits, what failed, and the last fills. Three statements."""
    newest, stale = newest_filled_day(), _stale()
    return Figures(newest, stale.days, list(_fills_by_day(newest)), [*_problems(newest, stale)])


def _problems(newest: dt.date | None, stale: Stale) -> Iterator[str]:
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    due = now.date() if now.time() >= DUE_AFTER else now.date() - dt.timedelta(days=1)
    if newest is None:
        yield "No day has figures yet. Check that worker and scheduler run, or run: manage.py compute_metrics"
    elif newest < due:
        yield f"Figures of {due} are missing. Check that worker and scheduler run."
    if stale.failed:
        yield f"Could not be computed: {', '.join(stale.failed)}. The worker’s log says why."


def register_figures_operations() -> None:
    """Called once, when the app is ready."""
    register_fingerprint("figures", figures_fingerprint)
    register_measurements("figures", figures_measured)
    panel = OperationsPanel(
        "metrics.figures", "Figures", 25, figures_panel, "metrics/operations/figures.html"
    )
    register_operations_panel(panel)
