"""How sites, ISAs, equipment and installers look on a page: badges with an icon and a word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from itinstall.choices import ISA_LIES_WITH, EquipmentStatus, IsaStepKind, Party
from itinstall.selectors.isas import ISA_STATES, IsaState, state_of
from oversight.console.templatetags.console_tags import icon

__all__ = ["equipment_badge", "isa_badge", "isa_words", "step_words"]

# CSS class and icon
ISA_LOOKS: Mapping[str, tuple[str, str]] = {
    IsaState.UNDER_WAY: ("pending", "schedule"),
    IsaState.IN_FORCE: ("active", "check_circle"),
    IsaState.EXPIRED: ("suspended", "warning"),
    IsaState.ENDED: ("terminated", "cancel"),
}
EQUIPMENT_LOOKS: Mapping[str, tuple[str, str]] = {
    EquipmentStatus.ORDERED: ("pending", "schedule"),
    EquipmentStatus.SHIPPED: ("pending", "send"),
    EquipmentStatus.DELIVERED: ("pending", "location_on"),
    EquipmentStatus.INSTALLED: ("active", "check_circle"),
    EquipmentStatus.RETURNED: ("terminated", "undo"),
    EquipmentStatus.LOST: ("suspended", "warning"),
}


def isa_badge(kind: str | None, expires_on: date | None) -> SafeString:
    """Example: a check mark and "In force"; "No ISA" where there is none."""
    state = state_of(kind=kind, expires_on=expires_on, today=timezone.localdate())
    if state == IsaState.NONE:
        return format_html('<span class="badge badge--none">{}</span>', dict(ISA_STATES)[state])
    css, image = ISA_LOOKS[state]
    return format_html('<span class="badge badge--{}">{}{}</span>', css, icon(image), dict(ISA_STATES)[state])


def isa_words(kind: str | None, on: date | None, expires_on: date | None) -> str:
    """What there is to say beside the badge. Example: "with OCIO since 2026-01-12"."""
    if not kind or on is None:
        return ""
    if (party := ISA_LIES_WITH[kind]) is not None:
        who = "the agency" if party == Party.AGENCY else Party(party).label
        return f"with {who} since {on}"
    if kind == IsaStepKind.ENDED:
        return f"since {on}"
    return f"since {on}, expires {expires_on}" if expires_on else f"since {on}, no expiry entered"


def equipment_badge(status: str) -> SafeString:
    """Example: a check mark and "Installed"."""
    css, image = EQUIPMENT_LOOKS[status]
    return format_html(
        '<span class="badge badge--{}">{}{}</span>', css, icon(image), EquipmentStatus(status).label
    )


def step_words(kind: str) -> str:
    return str(IsaStepKind(kind).label)
