"""Tables of installation requests."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from agreements.presentation import synthetic_badge
from itinstall.choices import Party
from itinstall.models import InstallationRequest
from itinstall.presentation import clock_badge, clock_words, hold_badge, hold_words, state_badge
from itinstall.services.common import ACTION
from oversight.access.guards import actor_of
from oversight.access.permissions import may

__all__ = ["RequestTable", "StuckTable"]

NUMERIC = {"td": {"class": "numeric"}, "th": {"class": "numeric"}}
DATE = {"td": {"class": "date"}}
BULK_FORM = "bulk-form"
LIST = "itinstall:request_list"


class _Base(tables.Table):
    """Cells that both tables have. Rows: selectors.listing."""

    ref = tables.Column("Request", order_by=("ref",), attrs={"td": {"class": "ref"}})
    agency = tables.Column("Agency", accessor="site__agency__name", order_by=("site__agency__name",))
    site = tables.Column("Site", accessor="site__name", order_by=("site__name",))
    state = tables.Column("State", accessor="site__agency__state_id", order_by=("site__agency__state_id",),
                          empty_values=())  # fmt: skip
    stage = tables.Column("Stage", order_by=("stage__place",))
    stage_on = tables.Column("Since", order_by=("stage_on",), attrs=DATE)
    stage_days = tables.Column("Days in stage", order_by=("stage_days",), attrs=NUMERIC)

    def render_ref(self, record: InstallationRequest) -> Any:
        href = reverse("itinstall:request_detail", args=[record.ref])
        mark = (
            format_html('<span class="cell-sub">{}</span>', synthetic_badge()) if record.is_synthetic else ""
        )
        return format_html('<a href="{}">{}</a>{}', href, record.ref, mark)

    def value_ref(self, record: InstallationRequest) -> str:
        return record.ref

    def before_render(self, request: HttpRequest) -> None:
        """On a page the site stands under its agency; files have a column for each."""
        self.columns.hide("site")

    def render_agency(self, record: InstallationRequest) -> Any:
        href = reverse("agreements:agency_detail", args=[record.site.agency.ref])
        return format_html(
            '<a href="{}">{}</a> <span class="cell-sub">{}</span>',
            href, record.site.agency.name, record.site.name,
        )  # fmt: skip

    def value_agency(self, record: InstallationRequest) -> str:
        return record.site.agency.name

    def render_state(self, record: InstallationRequest) -> str:
        return record.site.agency.state_id or "Not read"

    def value_state(self, record: InstallationRequest) -> str:
        return record.site.agency.state_id or ""

    def render_stage(self, record: InstallationRequest) -> Any:
        if record.closed_on is None:
            return record.stage.name
        return format_html(
            '{} <span class="cell-sub">{}</span>', state_badge(record.state), record.stage.name
        )

    def value_stage(self, record: InstallationRequest) -> str:
        return record.stage.name

    def render_stage_on(self, record: InstallationRequest) -> str:
        return record.stage_on.isoformat()

    def value_stage_on(self, record: InstallationRequest) -> Any:
        return record.stage_on

    def render_stage_days(self, record: Any) -> str:
        return f"{record.stage_days:,}"

    def value_stage_days(self, record: Any) -> int:
        return int(record.stage_days)


class RequestTable(_Base):
    """One row per request. "Clock" is the days that the policy holds against the target, today."""

    clock = tables.Column("Clock", accessor="over_days", order_by=("over_days",), empty_values=())
    due = tables.Column("Due", accessor="due_on", order_by=("due_on",), attrs=DATE, empty_values=())
    hold = tables.Column("Hold", accessor="hold__why__name", order_by=("hold__why__name",), empty_values=())
    priority = tables.Column("Priority", order_by=("priority",))
    status = tables.Column("Open or ended", accessor="state", order_by=("state",))
    choose = tables.Column("Choose", empty_values=(), orderable=False, exclude_from_export=True)

    class Meta:
        model = InstallationRequest
        fields = ()
        order_by = ("-status", "stage_on")  # open ones first, the longest in their stage at the top

    def before_render(self, request: HttpRequest) -> None:
        """Choosing rows is for those who may change some, in the list, and not on paper. An end stands with
        the stage."""
        super().before_render(request)
        self.columns.hide("status")
        in_list = request.resolver_match is not None and request.resolver_match.view_name == LIST
        if not in_list or "print" in request.GET or not may(actor_of(request), ACTION):
            self.columns.hide("choose")

    def render_clock(self, record: Any) -> Any:
        if record.over_days is None:
            return clock_badge(record)
        return format_html('{} <span class="cell-sub">{}</span>', clock_badge(record), clock_words(record))

    def value_clock(self, record: Any) -> Any:
        """Days held against the target; empty without a clock."""
        return record.counted_days

    def render_due(self, record: Any) -> str:
        return record.due_on.isoformat() if record.due_on else "–"

    def value_due(self, record: Any) -> Any:
        return record.due_on

    def render_hold(self, record: InstallationRequest) -> Any:
        if record.hold is None:
            return "–"
        return format_html('{} <span class="cell-sub">{}</span>', hold_badge(record), hold_words(record))

    def value_hold(self, record: InstallationRequest) -> str:
        return hold_words(record)

    def render_priority(self, record: InstallationRequest) -> str:
        return record.get_priority_display()

    def value_priority(self, record: InstallationRequest) -> str:
        return record.get_priority_display()

    def value_status(self, record: InstallationRequest) -> str:
        return record.get_state_display()

    def render_choose(self, record: Any) -> Any:
        if not record.may_change or record.closed_on is not None:
            return "–"
        return format_html(
            '<div class="usa-checkbox choose"><input class="usa-checkbox__input" type="checkbox" name="ref" '
            'value="{}" id="choose-{}" form="{}"><label class="usa-checkbox__label" for="choose-{}">'
            '<span class="usa-sr-only">Choose {}</span></label></div>',
            record.ref, record.ref, BULK_FORM, record.ref, record.ref,
        )  # fmt: skip


class StuckTable(_Base):
    """One row per open request that is beyond its target, or beyond what is usual in its stage."""

    beyond = tables.Column("Days beyond", accessor="beyond_days", order_by=("beyond_days",), attrs=NUMERIC)
    target = tables.Column("Target", accessor="over_days", order_by=("over_days",), empty_values=())
    usual = tables.Column(
        "Usual days", accessor="usual_days", order_by=("over_usual",), empty_values=(), attrs=NUMERIC
    )
    acting = tables.Column("Who has to act", order_by=("acting",))
    acting_since = tables.Column("Since (to act)", order_by=("acting_since",), attrs=DATE)
    why = tables.Column("Hold", accessor="hold__why__name", order_by=("hold__why__name",), empty_values=())
    office = tables.Column("Field office", accessor="office_name", order_by=("office_name",), empty_values=())

    class Meta:
        model = InstallationRequest
        fields = ()
        order_by = ("-beyond",)
        sequence = ("ref", "agency", "site", "beyond", "target", "stage", "stage_days", "usual", "...")
        exclude = ("stage_on",)

    def render_beyond(self, record: Any) -> str:
        return f"{record.beyond_days:,}"

    def render_target(self, record: Any) -> Any:
        if record.over_days is None:
            return clock_badge(record)
        return format_html('{} <span class="cell-sub">{}</span>', clock_badge(record), clock_words(record))

    def value_target(self, record: Any) -> Any:
        """Days beyond the target; negative while time is left, empty without a clock."""
        return record.over_days

    def render_usual(self, record: Any) -> Any:
        if record.usual_days is None:
            return format_html('<span class="soft">{}</span>', "Too few to say")
        return f"{record.usual_days:,}"

    def value_usual(self, record: Any) -> Any:
        return record.usual_days

    def before_render(self, request: HttpRequest) -> None:
        """On a page the day stands under who has to act since then, and the state goes without saying."""
        super().before_render(request)
        for name in ("state", "acting_since"):
            self.columns.hide(name)

    def render_acting(self, record: Any) -> Any:
        return format_html(
            '{} <span class="cell-sub">since {}</span>',
            Party(record.acting).label,
            record.acting_since.isoformat(),
        )

    def value_acting(self, record: Any) -> str:
        return str(Party(record.acting).label)

    def value_acting_since(self, record: Any) -> Any:
        return record.acting_since

    def render_why(self, record: InstallationRequest) -> str:
        return record.hold.why.name if record.hold else "Not on hold"

    def value_why(self, record: InstallationRequest) -> str:
        return record.hold.why.name if record.hold else ""

    def render_office(self, record: Any) -> str:
        return record.office_name or "Not known"

    def value_office(self, record: Any) -> str:
        return record.office_name or ""
