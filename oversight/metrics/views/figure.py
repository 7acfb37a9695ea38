"""One figure explained: the permanent address that a report cites."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import sees_everything
from oversight.exchange.exports import BadParameters
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.metrics import explain as explaining
from oversight.metrics.addresses import figure_url, movement_url
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level
from oversight.metrics.explain import Explained, explain
from oversight.metrics.exports import ROWS
from oversight.metrics.registry import all_metrics
from oversight.metrics.services import days_compute_start
from oversight.metrics.services.targets import ACTION as SET_TARGETS
from oversight.metrics.trend import chart_of
from oversight.metrics.views.parts import (
    Address,
    address_or_404,
    day_or_none,
    file_format,
    metric_or_404,
    today_anywhere,
)
from oversight.metrics.views.rows import rows_context
from oversight.metrics.words import formula_words, part_names, target_words, unit_words, value_words

__all__ = ["ComputeDay", "FigurePage", "FindFigure", "RowsExport", "cite_stamp"]

WEEK = timedelta(days=7)
MOST_RUNS = 200


def cite_stamp(at: datetime) -> str:
    """An instant as a citation carries it: UTC, to the microsecond that tells snapshots apart."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class FigurePage(ActionRequired):
    """One figure of one subject on one day: value, parts, definition, target, trend, rows, history."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, **parts: Any) -> HttpResponse:
        address = address_or_404(**parts)
        today = today_anywhere()
        if address.as_of > today:
            return render(request, "metrics/future.html", {"address": address, "today": today}, status=404)
        found = explain(
            metric=address.metric, subject=address.subject, as_of=address.as_of, version=address.version
        )
        if not found.is_current and found.version not in {item.version for item in found.definitions}:
            raise Http404("This figure has no definition of that number.")
        context = {
            "address": address,
            "found": found,
            "today": today,
            "may_set": self.may(SET_TARGETS),
            **_heading(found),
            **_citation(request, address, found),
            **_trend(found),
            **_neighbors(address, found, today),
            **self._rows(request, address, found),
        }
        return render(request, "metrics/figure.html", context)

    def _rows(self, request: HttpRequest, address: Address, found: Explained) -> dict[str, Any]:
        """Records are told under the definition in use only, and to those whose role opens records."""
        if not found.is_current or not self.may("records.view"):
            return {"rows": None}
        return {
            "rows": rows_context(request, address, found.snapshot),
            "may_export": self.may("export.create"),
            "is_scoped": not sees_everything(cast(User, request.user)),
        }


def _heading(found: Explained) -> dict[str, Any]:
    """The value in words, the formula with the figures put in, the target."""
    metric, snapshot = found.metric, found.snapshot
    verdict = found.verdict
    above, below = part_names(metric)
    return {
        "value": value_words(metric, snapshot.value if snapshot else None),
        "unit": unit_words(metric),
        "formula": formula_words(metric, snapshot) if snapshot else "",
        "above": above,
        "below": below,
        "redefined": explaining.redefinitions(found.definitions),
        "target_text": target_words(metric, verdict.target) if verdict else "",
        "history": [(row, value_words(metric, row.value)) for row in found.history],
        "newest": found.history[0] if found.history else None,
    }


def _citation(request: HttpRequest, address: Address, found: Explained) -> dict[str, Any]:
    """The text to cite, and for who comes from a citation what became of the figure since."""
    context: dict[str, Any] = {"cite": "", "cited": None, "cited_problem": ""}
    if found.snapshot is not None:
        context["cite"] = _cite_text(request, address, found)
    if text := request.GET.get("cited", ""):
        try:
            # "+" of an offset arrives as a blank when whoever copied the address did not escape it.
            at = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            context["cited_problem"] = (
                "The time in this citation cannot be read. Below is the figure as it is now."
            )
        else:
            context["cited"] = told = explaining.cited(found.history, at)
            context["cited_changes"] = [
                (
                    step,
                    value_words(found.metric, step.before.value),
                    value_words(found.metric, step.after.value),
                )
                for step in told.changes
            ]
    return context


def _cite_text(request: HttpRequest, address: Address, found: Explained) -> str:
    snapshot = found.snapshot
    if snapshot is None:
        return ""
    value = value_words(found.metric, snapshot.value, empty=f"no value ({snapshot.reason})")
    unit = unit_words(found.metric)
    stamp = cite_stamp(snapshot.computed_at)
    where = request.build_absolute_uri(address.url())
    return (
        f"{address.title}: {value}{' ' + unit if unit and snapshot.value is not None else ''}, as of "
        f"{found.as_of.isoformat()}. Definition {found.version} of {found.metric.key}, computed "
        f"{snapshot.computed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC. {where}?cited={stamp}"
    )


def _trend(found: Explained) -> dict[str, Any]:
    runs = explaining.runs_of(found.points)
    return {
        "chart": chart_of(found, runs),
        "runs": [(run, value_words(found.metric, run.value)) for run in runs[: -MOST_RUNS - 1 : -1]],
        "n_runs": len(runs),
        "n_days": len(found.points),
    }


def _neighbors(address: Address, found: Explained, today: date) -> dict[str, Any]:
    """Neighboring days, other subjects and metrics, and the day to compare with."""
    day = address.as_of
    week_ago = [at for at, _ in found.points if at <= day - WEEK]
    earlier = [at for at, _ in found.points if at < day]
    first = week_ago[-1] if week_ago else (earlier[0] if earlier else None)
    return {
        "previous": address.url(as_of=day - timedelta(days=1)),
        "next": address.url(as_of=day + timedelta(days=1)) if day < today else "",
        "newest_day": address.url(as_of=found.points[-1][0]) if found.points else "",
        "current_url": figure_url(metric=found.metric.key, subject=found.subject, as_of=day),
        "metrics": [item for item in all_metrics() if found.subject.level in item.levels],
        "subjects": address.names.items(),
        "moved_from": first,
        "moved_url": movement_url(metric=found.metric.key, subject=found.subject, first=first, last=day)
        if first
        else "",
    }


class FindFigure(ActionRequired):
    """`?metric=&level=&subject=&day=`: goes to the figure's own address. The form works without a script."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET
        metric = metric_or_404(asked.get("metric", ""))
        level = asked.get("level", "")
        day = day_or_none(asked.get("day", ""))
        if day is None:
            messages.error(request, "Enter the day as year-month-day, for example 2026-05-18.")
            return redirect("metrics:metric", metric.key)
        subject = (
            Subject(level, asked.get("subject", "")) if level in metric.levels else Subject(Level.NATION)
        )
        return redirect(figure_url(metric=metric.key, subject=subject, as_of=day))


class ComputeDay(ActionRequired):
    """Lets a worker compute the day of this figure; goes to the job."""

    action = "aggregates.view"

    def post(self, request: HttpRequest, **parts: Any) -> HttpResponse:
        address = address_or_404(**parts)
        try:
            job = days_compute_start(actor=self.actor, days=[address.as_of])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(address.url())
        messages.info(
            request, f"The figures of {address.as_of} are being computed. Then open {address.title} again."
        )
        return redirect("exchange:job", pk=job.pk)


class RowsExport(ActionRequired):
    """Starts the export of the records behind a figure, with its manifest; goes to the job."""

    action = "export.create"

    def post(self, request: HttpRequest, **parts: Any) -> HttpResponse:
        address = address_or_404(**parts)
        parameters = {
            "metric": address.metric.key,
            "level": address.subject.level,
            "subject": address.subject.key,
            "part": request.POST.get("part", ""),
        }
        ask = ExportRequest(
            name=ROWS.name,
            file_format=file_format(request),
            parameters={name: value for name, value in parameters.items() if value},
            as_of=address.as_of,
        )
        try:
            job = export_enqueue(actor=self.actor, request=ask)
        except BadParameters as error:
            messages.error(request, str(error))
            return redirect(f"{address.url()}#rows")
        return redirect(reverse("exchange:job", args=[job.pk]))
