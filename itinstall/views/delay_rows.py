"""The requests behind a number of the page of delays."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

import django_tables2 as tables
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from agreements.metric_subjects import OFFICE_UNKNOWN
from agreements.selectors.reference import place_names
from itinstall.choices import Party
from itinstall.delay_exports import DELAY_ROWS
from itinstall.forms.delays import DelayRowsForm, behind_of
from itinstall.metrics.subjects import stage_names
from itinstall.selectors.delay_rows import NO_MODEL, Behind, RowsBehind, rows_behind
from itinstall.selectors.delay_types import Asked
from itinstall.tables.behind import ordered, table_for
from oversight.access.guards import ActionRequired, actor_of
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.access.scope import sees_everything, visible_to
from oversight.exchange.packages import ExportRequest, export_enqueue
from oversight.metrics.views.parts import file_format

__all__ = ["DelayRowsExport", "DelayRowsPage"]

SIZE = 50
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


class DelayRowsPage(ActionRequired):
    """`?part=left&stage=isa&as_of=2026-05-18`, and the filters of the page of delays."""

    action = "records.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = DelayRowsForm(request.GET)
        if not form.is_valid():
            problems = [message for errors in form.errors.values() for message in errors]
            context = {"problems": problems, "back": reverse("itinstall:delays"), "title": "Requests"}
            return render(request, "itinstall/delay_rows.html", context, status=400)
        asked, behind = form.asked(), behind_of(form.cleaned_data)
        found = rows_behind(asked=asked, behind=behind)
        return render(request, "itinstall/delay_rows.html", _context(request, asked, behind, found))


class DelayRowsExport(ActionRequired):
    """Starts the export of these requests, with its manifest; goes to the job. The query is the page's."""

    action = "export.create"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DelayRowsForm(request.GET)
        if not form.is_valid():
            raise Http404("The address of these requests is damaged.")
        given = {name: text for name, text in request.GET.items() if text and name not in ("as_of", "page")}
        ask = ExportRequest(
            name=DELAY_ROWS.name,
            file_format=file_format(request),
            parameters=given,
            as_of=form.asked().as_of,
        )
        return redirect("exchange:job", export_enqueue(actor=self.actor, request=ask).pk)


def _context(request: HttpRequest, asked: Asked, behind: Behind, found: RowsBehind) -> dict[str, Any]:
    user = cast(User, request.user)
    mine = ordered(visible_to(found.rows, user), are_visits=found.are_visits, has_stage=found.has_stage)
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
        "may_export": may(actor_of(request), "export.create"),
    }


def _table(request: HttpRequest, found: RowsBehind, rows: Any) -> tables.Table:
    table = table_for(are_visits=found.are_visits, has_stage=found.has_stage)(rows, request=request)
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
