"""Tables of sites, ISAs, equipment and installers."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from agreements.presentation import synthetic_badge
from itinstall.choices import EquipmentStatus, IsaStepKind, Party
from itinstall.models import Equipment, Installer, Isa, Site
from itinstall.presentation_resources import equipment_badge, isa_badge, isa_words
from itinstall.selectors.isas import ISA_STATES, state_of

__all__ = ["EquipmentTable", "InstallerTable", "IsaTable", "SiteTable"]

NUMERIC = {"td": {"class": "numeric"}, "th": {"class": "numeric"}}
DATE = {"td": {"class": "date"}}


def site_link(site: Site, *, mark: bool = False) -> Any:
    href = reverse("itinstall:site_detail", args=[site.ref])
    return format_html(
        '<a href="{}">{}</a> {}', href, site.name, synthetic_badge() if mark and site.is_synthetic else ""
    )


def agency_link(site: Site) -> Any:
    return format_html(
        '<a href="{}">{}</a>', reverse("agreements:agency_detail", args=[site.agency.ref]), site.agency.name
    )


class SiteTable(tables.Table):
    """One row per site."""

    name = tables.Column("Site", order_by=("name",))
    ref = tables.Column("Reference", order_by=("ref",), attrs={"td": {"class": "ref"}})
    agency = tables.Column("Agency", accessor="agency__name", order_by=("agency__name",))
    state = tables.Column("State", accessor="agency__state_id", order_by=("agency__state_id",))
    office = tables.Column("Field office today", accessor="office_name", order_by=("office_name",))
    n_open = tables.Column("Open requests", order_by=("n_open",), attrs=NUMERIC)
    n_completed = tables.Column("Completed", order_by=("n_completed",), attrs=NUMERIC)
    isa = tables.Column("ISA", accessor="isa_on", order_by=("isa_on",), empty_values=())
    n_equipment = tables.Column("Equipment", order_by=("n_equipment",), attrs=NUMERIC)
    closed = tables.Column("Used", accessor="is_closed", order_by=("is_closed",))

    class Meta:
        model = Site
        fields = ()
        order_by = ("agency",)

    def render_name(self, record: Site) -> Any:
        return site_link(record, mark=True)

    def value_name(self, record: Site) -> str:
        return record.name

    def render_agency(self, record: Site) -> Any:
        return agency_link(record)

    def value_agency(self, record: Site) -> str:
        return record.agency.name

    def render_isa(self, record: Any) -> Any:
        words = isa_words(record.isa_kind, record.isa_on, record.isa_expires_on)
        badge = isa_badge(record.isa_kind, record.isa_expires_on)
        return format_html('{} <span class="cell-sub">{}</span>', badge, words) if words else badge

    def value_isa(self, record: Any) -> str:
        state = state_of(kind=record.isa_kind, expires_on=record.isa_expires_on, today=timezone.localdate())
        words = isa_words(record.isa_kind, record.isa_on, record.isa_expires_on)
        return ", ".join(filter(None, (dict(ISA_STATES)[state], words)))

    def render_closed(self, record: Site) -> Any:
        if not record.is_closed:
            return "Yes"
        return format_html('<span class="badge badge--terminated">{}</span>', "Closed")

    def value_closed(self, record: Site) -> str:
        return "closed" if record.is_closed else "yes"


class IsaTable(tables.Table):
    """One row per ISA. Days: calendar days since the last step, up to today, where it lies with somebody."""

    site = tables.Column("Site", accessor="site__name", order_by=("site__name",))
    number = tables.Column("ISA", order_by=("number",), attrs=NUMERIC)
    agency = tables.Column("Agency", accessor="site__agency__name", order_by=("site__agency__name",))
    state = tables.Column("State", accessor="site__agency__state_id", order_by=("site__agency__state_id",))
    office = tables.Column("Field office today", accessor="office_name", order_by=("office_name",))
    step = tables.Column("Last step", accessor="last_kind", order_by=("last_kind",))
    with_party = tables.Column("Lies with", order_by=("with_party",), empty_values=())
    since = tables.Column("Since", accessor="last_on", order_by=("last_on",), attrs=DATE)
    days = tables.Column("Days there", accessor="last_on", orderable=False, attrs=NUMERIC, empty_values=())
    expires_on = tables.Column("Expires", order_by=("expires_on",), attrs=DATE)

    class Meta:
        model = Isa
        fields = ()
        order_by = ("since",)

    def render_site(self, record: Isa) -> Any:
        return site_link(record.site, mark=True)

    def value_site(self, record: Isa) -> str:
        return record.site.name

    def render_agency(self, record: Isa) -> Any:
        return agency_link(record.site)

    def value_agency(self, record: Isa) -> str:
        return record.site.agency.name

    def render_step(self, record: Any) -> str:
        return str(IsaStepKind(record.last_kind).label)

    def render_with_party(self, record: Any) -> Any:
        if record.with_party:
            return str(Party(record.with_party).label)
        return isa_badge(record.last_kind, record.expires_on)

    def value_with_party(self, record: Any) -> str:
        return str(Party(record.with_party).label) if record.with_party else ""

    def render_since(self, record: Any) -> str:
        return record.last_on.isoformat()

    def value_since(self, record: Any) -> date:
        found: date = record.last_on
        return found

    def render_days(self, record: Any) -> str:
        days = self.value_days(record)
        return "–" if days is None else f"{days:,}"

    def value_days(self, record: Any) -> int | None:
        return (timezone.localdate() - record.last_on).days if record.with_party else None

    def render_expires_on(self, record: Isa) -> str:
        return record.expires_on.isoformat() if record.expires_on else ""

    def value_expires_on(self, record: Isa) -> date | None:
        return record.expires_on


class EquipmentTable(tables.Table):
    """One row per piece."""

    kind = tables.Column("Kind", accessor="kind__name", order_by=("kind__name",))
    serial = tables.Column("Serial number", order_by=("serial",), empty_values=())
    status = tables.Column("Status", order_by=("status",))
    since = tables.Column("Since", accessor="status_on", order_by=("status_on",), attrs=DATE)
    site = tables.Column("Site", accessor="site__name", order_by=("site__name",))
    agency = tables.Column("Agency", accessor="site__agency__name", order_by=("site__agency__name",))
    state = tables.Column("State", accessor="site__agency__state_id", order_by=("site__agency__state_id",))
    request = tables.Column("For request", accessor="request__ref", order_by=("request__ref",))

    class Meta:
        model = Equipment
        fields = ()
        order_by = ("kind",)

    def render_kind(self, record: Equipment) -> Any:
        mark = synthetic_badge() if record.is_synthetic else ""
        return format_html("{} {}", record.kind.name, mark)

    def value_kind(self, record: Equipment) -> str:
        return record.kind.name

    def render_serial(self, record: Equipment) -> Any:
        if record.serial:
            return record.serial
        return format_html('<span class="badge badge--none">{}</span>', "Not known")

    def value_serial(self, record: Equipment) -> str:
        return record.serial

    def render_status(self, record: Equipment) -> Any:
        return equipment_badge(record.status)

    def value_status(self, record: Equipment) -> str:
        return str(EquipmentStatus(record.status).label)

    def render_since(self, record: Equipment) -> str:
        return record.status_on.isoformat()

    def value_since(self, record: Equipment) -> date:
        return record.status_on

    def render_site(self, record: Equipment) -> Any:
        return site_link(record.site)

    def value_site(self, record: Equipment) -> str:
        return record.site.name

    def render_agency(self, record: Equipment) -> Any:
        return agency_link(record.site)

    def value_agency(self, record: Equipment) -> str:
        return record.site.agency.name

    def render_request(self, record: Equipment) -> Any:
        if record.request is None:
            return ""
        href = reverse("itinstall:request_detail", args=[record.request.ref])
        return format_html('<a class="ref" href="{}">{}</a>', href, record.request.ref)

    def value_request(self, record: Equipment) -> str:
        return record.request.ref if record.request else ""


class InstallerTable(tables.Table):
    """One row per installer."""

    name = tables.Column("Installer", order_by=("name",))
    office = tables.Column(
        "Field office", accessor="office__name", order_by=("office__name",), default="Everywhere"
    )
    valid_from = tables.Column("From", order_by=("valid_from",), attrs=DATE)
    valid_to = tables.Column("Until (excluded)", order_by=("valid_to",), attrs=DATE, empty_values=())

    class Meta:
        model = Installer
        fields = ()
        order_by = ("name",)

    def render_name(self, record: Installer) -> Any:
        href = reverse("itinstall:installer_detail", args=[record.pk])
        mark = synthetic_badge() if record.is_synthetic else ""
        return format_html('<a href="{}">{}</a> {}', href, record.name, mark)

    def value_name(self, record: Installer) -> str:
        return record.name

    def render_valid_from(self, record: Installer) -> str:
        return record.valid_from.isoformat()

    def value_valid_from(self, record: Installer) -> date:
        return record.valid_from

    def render_valid_to(self, record: Installer) -> str:
        return record.valid_to.isoformat() if record.valid_to else "still"

    def value_valid_to(self, record: Installer) -> date | None:
        return record.valid_to
