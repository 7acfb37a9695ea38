"""The requests behind a number of the page of delays."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

import django_tables2 as tables
from django import forms
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from agreements.metric_subjects import OFFICE_UNKNOWN
from agreements.selectors.reference import place_names
from itinstall.choices import Party
from itinstall.metrics.subjects import stage_names
from itinstall.selectors.delay_rows import NO_MODEL, PARTS, Behind, RowsBehind, rows_behind
from itinstall.selectors.delay_types import Asked
from itinstall.tables.behind import CaseTable, DaysThereTable, VisitTable, with_names, with_request_names
from itinstall.views.delays import DelaysForm
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import sees_everything, visible_to
from oversight.metrics.views.parts import day_or_none

__all__ = ["DelayRowsPage"]

SIZE = 50
MOST_DAYS = 100_000
TITLES = {
    "open": "Open requests",
    "open-late": "Open requests past their target",
    "open-no-clock": "Open requests without a clock",
    "on-hold": "Requests on hold",
    "clocks": "Clocks that started in 1,095 days",
    "clocks-complete": "Clocks that started in 1,095 days, complete",
    "completed-30-days": "Completed in 30 days",
    "completed": "Completed installations",
    "completed-late": "Completed installations over their target",
    "completed-on-time": "Completed installations on time",
    "completed-no-clock": "Completed installations without a clock",
    "month": "Completed",
    "left": "Times in a stage",
}
OF_A_PERIOD = {"completed", "completed-late", "completed-on-time", "completed-no-clock", "left"}
WITH_DAYS = OF_A_PERIOD - {"completed-no-clock"}  # the days of their rows are what the numbers are of


class DelayRowsForm(DelaysForm):
    """What the page of delays asks for, and which of its numbers."""

    part = forms.ChoiceField(
        choices=[(part, part) for part in PARTS],
        error_messages={"required": "Say which number.", "invalid_choice": "There is no such number."},
    )
    stage = forms.SlugField(required=False, max_length=40)
    owner = forms.ChoiceField(required=False, choices=Party.choices)
    low = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)
    high = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)
    days = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)
    month = forms.CharField(required=False, max_length=7)
    page = forms.CharField(required=False, max_length=9)

    def clean_model(self) -> str:
        return NO_MODEL if self.cleaned_data["model"] == NO_MODEL else super().clean_model()

    def clean_stage(self) -> str:
        stage: str = self.cleaned_data["stage"]
        if stage and stage not in stage_names():
            raise forms.ValidationError(f"There is no stage “{stage}”.")
        return stage

    def clean_month(self) -> date | None:
        text: str = self.cleaned_data["month"]
        month = day_or_none(f"{text}-01") if text else None
        if text and month is None:
            raise forms.ValidationError("Enter the month as year-month, for example 2026-05.")
        return month

    def behind(self) -> Behind:
        """For a valid form."""
        names = ("part", "stage", "owner", "low", "high", "month", "days")
        return Behind(**{name: self.cleaned_data[name] for name in names})


class DelayRowsPage(ActionRequired):
    """`?part=left&stage=isa&as_of=2026-05-18`, and the filters of the page of delays."""

    action = "records.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = DelayRowsForm(request.GET)
        if not form.is_valid():
            problems = [message for errors in form.errors.values() for message in errors]
            context = {"problems": problems, "back": reverse("itinstall:delays"), "title": "Requests"}
            return render(request, "itinstall/delay_rows.html", context, status=400)
        asked, behind = form.asked(), form.behind()
        found = rows_behind(asked=asked, behind=behind)
        return render(request, "itinstall/delay_rows.html", _context(request, asked, behind, found))


def _context(request: HttpRequest, asked: Asked, behind: Behind, found: RowsBehind) -> dict[str, Any]:
    user = cast(User, request.user)
    mine = _ordered(found, visible_to(found.rows, user))
    page = Paginator(mine, SIZE).get_page(request.GET.get("page"))
    is_scoped = not sees_everything(user)
    n = found.rows.order_by().count() if is_scoped else page.paginator.count
    total = found.total_days() if behind.part in WITH_DAYS and n else None
    return {
        "asked": asked,
        "title": _title(behind),
        "told": _told(asked, behind),
        "are_visits": found.are_visits,
        "n": n,
        "page": page,
        "is_scoped": is_scoped,
        "total": total,
        "mean": None if total is None else total / n,
        "in_stage": found.has_stage,
        "table": _table(request, found, page.object_list),
        "back": _back(asked),
    }


def _ordered(found: RowsBehind, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The longest first."""
    if found.are_visits:
        return with_request_names(rows).order_by("-days", "pk")
    days = "days_there" if found.has_stage else "elapsed"
    return with_names(rows).order_by(F(days).desc(nulls_last=True), "pk")


def _table(request: HttpRequest, found: RowsBehind, rows: Any) -> tables.Table:
    kind = VisitTable if found.are_visits else DaysThereTable if found.has_stage else CaseTable
    table = kind(rows, request=request)
    table.before_render(request)
    shown = cast(Any, table)
    shown.request_user, shown.sort_headers = request.user, {}
    return table


def _title(behind: Behind) -> str:
    """Example: "Open requests, 91 to 180 days since the start of the clock"."""
    parts = [TITLES[behind.part]]
    if behind.low is not None:
        ages = (
            f"{behind.low:,} days or more"
            if behind.high is None
            else f"{behind.low:,} to {behind.high:,} days"
        )
        parts.append(f"{ages} since the start of the clock")
    if behind.owner:
        parts.append(f"{Party(behind.owner).label} has to act")
    if behind.month:
        parts = [f"{parts[0]} in {behind.month:%Y-%m}"]
    if behind.days is not None:
        parts.append(f"followed longer than {behind.days:,} days")
    if behind.stage:
        parts.append(stage_names()[behind.stage])
    return ", ".join(parts)


def _told(asked: Asked, behind: Behind) -> list[str]:
    """Of when, and what else the rows are cut to."""
    told = [f"As of {asked.as_of}"]
    if behind.part == "left" and not asked.is_cut and not asked.year:
        told.append(f"left in the 365 days up to {asked.as_of}")
    elif behind.part in OF_A_PERIOD:
        when = f"in FY {asked.year}" if asked.year else f"in the 365 days up to {asked.as_of}"
        told.append(f"completed {when}")
    if asked.office:
        names = place_names().offices | {OFFICE_UNKNOWN: "field office not known"}
        told.append(names[asked.office])
    if asked.model:
        told.append("no agreement" if asked.model == NO_MODEL else asked.model)
    return told


def _back(asked: Asked) -> str:
    """The page of delays, as it was."""
    model = "" if asked.model == NO_MODEL else asked.model
    query = {
        "as_of": asked.as_of.isoformat(),
        "office": asked.office,
        "model": model,
        "year": asked.year or "",
    }
    kept = urlencode({name: value for name, value in query.items() if value})
    return f"{reverse('itinstall:delays')}?{kept}"
