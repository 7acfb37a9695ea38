"""Tables of the records behind a figure: requests as they stood on its day, and their visits to stages."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from agreements.presentation import synthetic_badge
from itinstall.choices import RequestState
from itinstall.models import InstallationRequest, StageTransition
from itinstall.presentation import state_badge

__all__ = [
    "CaseTable",
    "DaysThereTable",
    "VisitTable",
    "ordered",
    "table_for",
    "with_names",
    "with_request_names",
]

NUMERIC = {"td": {"class": "numeric"}, "th": {"class": "numeric"}}
DATE = {"td": {"class": "date"}}
NAMES = ("agreement__merged_into", "policy", "site__agency")


def with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Requests with what the cells name."""
    return rows.select_related(*NAMES)


def with_request_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Visits with what the cells name."""
    return rows.select_related("stage", "request__site__agency")


def _request_link(request: InstallationRequest) -> Any:
    href = reverse("itinstall:request_detail", args=[request.ref])
    mark = format_html('<span class="cell-sub">{}</span>', synthetic_badge()) if request.is_synthetic else ""
    return format_html('<a href="{}">{}</a>{}', href, request.ref, mark)


def _agency_link(request: InstallationRequest) -> Any:
    href = reverse("agreements:agency_detail", args=[request.site.agency.ref])
    return format_html(
        '<a href="{}">{}</a> <span class="cell-sub">{}</span>',
        href, request.site.agency.name, request.site.name,
    )  # fmt: skip


def _day(number: int | None) -> date | None:
    return None if number is None else date.fromordinal(number)


class VisitTable(tables.Table):
    """A row for each time that a request was in a stage. Rows: `facts.visits_with_days`."""

    ref = tables.Column("Request", accessor="request__ref", orderable=False, attrs={"td": {"class": "ref"}})
    agency = tables.Column("Agency", accessor="request__site__agency__name", orderable=False)
    site = tables.Column("Site", accessor="request__site__name", orderable=False)
    stage = tables.Column("Stage", accessor="stage__name", orderable=False)
    entered = tables.Column("Entered", accessor="on", orderable=False, attrs=DATE)
    left = tables.Column("Left", accessor="left_on", orderable=False, attrs=DATE)
    days = tables.Column("Days there", orderable=False, attrs=NUMERIC)

    class Meta:
        model = StageTransition
        fields = ()

    def before_render(self, request: HttpRequest) -> None:
        """On a page the site stands under its agency; files have a column for each."""
        self.columns.hide("site")

    def render_ref(self, record: StageTransition) -> Any:
        return _request_link(record.request)

    def value_ref(self, record: StageTransition) -> str:
        return record.request.ref

    def render_agency(self, record: StageTransition) -> Any:
        return _agency_link(record.request)

    def value_agency(self, record: StageTransition) -> str:
        return record.request.site.agency.name

    def render_entered(self, value: date) -> str:
        return value.isoformat()

    def value_entered(self, record: StageTransition) -> date:
        return record.on

    def render_left(self, value: date) -> str:
        return value.isoformat()

    def value_left(self, record: Any) -> date | None:
        found: date | None = record.left_on
        return found

    def render_days(self, value: int) -> str:
        return f"{value:,}"

    def value_days(self, record: Any) -> int:
        return int(record.days)


class CaseTable(tables.Table):
    """A request as it stood when the day of a figure ended. Rows: `facts.requests_of_day`."""

    ref = tables.Column("Request", orderable=False, attrs={"td": {"class": "ref"}})
    agency = tables.Column("Agency", accessor="site__agency__name", orderable=False)
    site = tables.Column("Site", accessor="site__name", orderable=False)
    state = tables.Column("On that day", accessor="ended", orderable=False, empty_values=())
    clock = tables.Column("Clock started", accessor="clock", orderable=False, attrs=DATE)
    ended = tables.Column("Ended", accessor="closed", orderable=False, attrs=DATE)
    days = tables.Column("Days", accessor="elapsed", orderable=False, attrs=NUMERIC)
    counted = tables.Column(
        "Held against target", accessor="pk", orderable=False, attrs=NUMERIC, empty_values=()
    )

    class Meta:
        model = InstallationRequest
        fields = ()

    def before_render(self, request: HttpRequest) -> None:
        """On a page the site stands under its agency; files have a column for each."""
        self.columns.hide("site")

    def render_ref(self, record: InstallationRequest) -> Any:
        return _request_link(record)

    def value_ref(self, record: InstallationRequest) -> str:
        return record.ref

    def render_agency(self, record: InstallationRequest) -> Any:
        return _agency_link(record)

    def value_agency(self, record: InstallationRequest) -> str:
        return record.site.agency.name

    def render_state(self, record: Any) -> Any:
        return state_badge(record.ended or RequestState.OPEN)

    def value_state(self, record: Any) -> str:
        return str(RequestState(record.ended or RequestState.OPEN).label)

    def render_clock(self, record: Any) -> str:
        # A clock that starts after the day, or after the end, does not count.
        return "–" if record.elapsed is None else date.fromordinal(record.clock).isoformat()

    def value_clock(self, record: Any) -> date | None:
        return None if record.elapsed is None else _day(record.clock)

    def render_ended(self, value: int) -> str:
        return date.fromordinal(value).isoformat()

    def value_ended(self, record: Any) -> date | None:
        return _day(record.closed)

    def render_days(self, value: int) -> str:
        return f"{value:,}"

    def value_days(self, record: Any) -> int | None:
        found: int | None = record.elapsed
        return found

    def render_counted(self, record: Any) -> str:
        held = self.value_counted(record)
        return "No clock" if held is None else f"{held:,} of {record.policy.target_days:,}"

    def value_counted(self, record: Any) -> int | None:
        return None if record.elapsed is None else int(record.elapsed - record.stopped)


class DaysThereTable(CaseTable):
    """Completed requests with the days that they spent in one stage. Rows: `facts.with_days_in_stage`."""

    entered = tables.Column("Entered", accessor="entered_on", orderable=False, attrs=DATE, empty_values=())
    left = tables.Column("Left", accessor="left_on", orderable=False, attrs=DATE, empty_values=())
    there = tables.Column("Days there", accessor="days_there", orderable=False, attrs=NUMERIC)

    class Meta:
        model = InstallationRequest
        fields = ()
        sequence = ("ref", "agency", "site", "entered", "left", "there", "...")

    def before_render(self, request: HttpRequest) -> None:
        super().before_render(request)
        self.columns.hide("state")

    def render_entered(self, record: Any) -> str:
        found = self.value_entered(record)
        return found.isoformat() if found else "–"

    def value_entered(self, record: Any) -> date | None:
        return record.entered_on

    def render_left(self, record: Any) -> str:
        found = self.value_left(record)
        return found.isoformat() if found else "–"

    def value_left(self, record: Any) -> date | None:
        return record.left_on

    def render_there(self, value: int) -> str:
        return f"{value:,}"

    def value_there(self, record: Any) -> int:
        return int(record.days_there)


def table_for(*, are_visits: bool, has_stage: bool) -> type[tables.Table]:
    """For visits, for requests with their days in a stage, or for requests alone."""
    if are_visits:
        return VisitTable
    return DaysThereTable if has_stage else CaseTable


def ordered(rows: QuerySet[Any], *, are_visits: bool, has_stage: bool) -> QuerySet[Any]:
    """The longest first, with what the cells of that table name."""
    if are_visits:
        return with_request_names(rows).order_by("-days", "pk")
    days = F("days_there" if has_stage else "elapsed")
    return with_names(rows).order_by(days.desc(nulls_last=True), "pk")
