"""The catalogue of figures, and a figure's values for every subject."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from oversight.access.guards import ActionRequired
from oversight.exchange.exports import BadParameters
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import NATION, Metric
from oversight.metrics.catalogue import Entry, Value, catalogue, newest_day, values_of
from oversight.metrics.choices import Level
from oversight.metrics.exports import VALUES
from oversight.metrics.models import Snapshot
from oversight.metrics.services.targets import ACTION as SET_TARGETS
from oversight.metrics.views.parts import day_or_none, file_format, metric_or_404, today_anywhere
from oversight.metrics.words import part_names, target_words, unit_words, value_words

__all__ = ["Catalogue", "MetricPage", "ValuesExport"]

SORTS: dict[str, Callable[[Value], Any]] = {
    "name": lambda item: item.name,
    "value": lambda item: item.value,
    "numerator": lambda item: item.snapshot and item.snapshot.numerator,
    "denominator": lambda item: item.snapshot and item.snapshot.denominator,
    "n": lambda item: item.snapshot and item.snapshot.n,
}


class Catalogue(ActionRequired):
    """Every metric with its definition, by app. `?q=` searches names, definitions and sources."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("q", "").strip()[:80]
        entries = [entry for entry in catalogue(today=today_anywhere()) if _matches(entry.metric, asked)]
        groups = [
            (app.replace("_", " ").capitalize(), [_entry(entry) for entry in found])
            for app, found in groupby(entries, key=lambda entry: entry.metric.key.partition(".")[0])
        ]
        context = {"groups": groups, "n": len(entries), "asked": asked, "may_set": self.may(SET_TARGETS)}
        return render(request, "metrics/catalogue.html", context)


def _matches(metric: Metric, asked: str) -> bool:
    text = f"{metric.key} {metric.name} {metric.words} {metric.source} {metric.unit}".lower()
    return all(word in text for word in asked.lower().split())


def _entry(entry: Entry) -> dict[str, Any]:
    metric, row, verdict = entry.metric, entry.snapshot, entry.verdict
    return {
        "metric": metric,
        "row": row,
        "value": value_words(metric, row.value) if row else "",
        "unit": unit_words(metric),
        "href": figure_url(metric=metric.key, subject=NATION, as_of=row.as_of) if row else "",
        "verdict": verdict,
        "target": target_words(metric, verdict.target) if verdict else "",
    }


class MetricPage(ActionRequired):
    """`?level=state&day=2026-05-18&sort=-value`: one metric, every subject of a level on a day."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, metric: str) -> HttpResponse:
        found = metric_or_404(metric)
        today = today_anywhere()
        level = request.GET.get("level", "")
        level = level if level in found.levels else found.levels[0]
        day, problem = _day(request, found, today)
        values = values_of(metric=found, level=level, as_of=day) if day else []
        sort = request.GET.get("sort", "")
        sort = sort if sort.removeprefix("-") in SORTS else ("name" if level == Level.NATION else "-value")
        shown = [_value(found, item, item.snapshot) for item in _sorted(values, sort) if item.snapshot]
        context = {
            "metric": found,
            "levels": [(key, Level(key).label) for key in found.levels],
            "level": level,
            "level_label": Level(level).label,
            "day": day,
            "today": today,
            "problem": problem,
            "values": shown,
            "without": [item.name for item in values if not item.snapshot],
            "columns": _columns(found, request, sort),
            "has_targets": any(item["verdict"] for item in shown),
            "unit": unit_words(found),
            "may_set": self.may(SET_TARGETS),
            "may_export": self.may("export.create"),
        }
        return render(request, "metrics/metric.html", context, status=400 if problem else 200)


def _day(request: HttpRequest, metric: Metric, today: date) -> tuple[date | None, str]:
    """The day asked for, else the newest with a figure; and what is wrong with the one asked for."""
    problem = ""
    if text := request.GET.get("day", ""):
        day = day_or_none(text)
        if day is not None and day <= today:
            return day, ""
        problem = "Enter the day as year-month-day, for example 2026-05-18."
        if day is not None:
            problem = f"{day} is in the future: there are no figures of it."
    return newest_day(metric=metric.key, on_or_before=today), problem


def _sorted(values: list[Value], sort: str) -> list[Value]:
    """Subjects without such a number come last, in either direction; equal ones by name."""
    key = SORTS[sort.removeprefix("-")]
    known = [item for item in values if key(item) is not None]
    ordered = sorted(sorted(known, key=lambda item: item.name), key=key, reverse=sort.startswith("-"))
    return ordered + [item for item in values if key(item) is None]


def _value(metric: Metric, item: Value, row: Snapshot) -> dict[str, Any]:
    return {
        "item": item,
        "row": row,
        "value": value_words(metric, row.value),
        "href": figure_url(metric=metric.key, subject=item.subject, as_of=row.as_of, version=row.version),
        "verdict": item.verdict,
        "target": target_words(metric, item.verdict.target) if item.verdict else "",
    }


def _columns(metric: Metric, request: HttpRequest, sort: str) -> list[dict[str, str]]:
    """Header, the query that sorts by it, and how it is sorted now."""
    above, below = part_names(metric)
    names = {"name": "Subject", "value": f"Value{', ' + unit_words(metric) if unit_words(metric) else ''}"}
    if below:
        names |= {"numerator": above.capitalize(), "denominator": below.capitalize()}
    else:
        names["n"] = "Records"
    columns = []
    for name, label in names.items():
        now, down = sort.removeprefix("-") == name, sort.startswith("-")
        query = request.GET.copy()
        query["sort"] = name if (now and down) else f"-{name}" if (now or name != "name") else name
        state = ("descending" if down else "ascending") if now else ""
        columns.append({"name": name, "label": label, "query": query.urlencode(), "state": state})
    return columns


class ValuesExport(ActionRequired):
    """Starts the export of a metric's values on a day; goes to the job."""

    action = "export.create"

    def post(self, request: HttpRequest, metric: str) -> HttpResponse:
        found = metric_or_404(metric)
        parameters = {"metric": found.key, "level": request.POST.get("level", "")}
        ask = ExportRequest(
            name=VALUES.name,
            file_format=file_format(request),
            parameters={name: value for name, value in parameters.items() if value},
            as_of=day_or_none(request.POST.get("day", "")) or today_anywhere(),
        )
        try:
            job = export_enqueue(actor=self.actor, request=ask)
        except BadParameters as error:
            messages.error(request, str(error))
            return redirect("metrics:metric", found.key)
        return redirect("exchange:job", pk=job.pk)
