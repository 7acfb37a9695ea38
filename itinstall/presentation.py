"""How words of installations look on a page: badges with an icon and a word, never a color alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from itinstall.choices import Party, Priority, RequestState
from oversight.console.templatetags.console_tags import icon

__all__ = ["clock_badge", "clock_words", "hold_badge", "hold_words", "priority_words", "state_badge"]

STATES: Mapping[str, tuple[str, str]] = {
    RequestState.OPEN: ("pending", "schedule"),
    RequestState.COMPLETED: ("active", "check_circle"),
    RequestState.CANCELLED: ("terminated", "cancel"),
}


def _badge(css: str, image: str, words: str) -> SafeString:
    return format_html('<span class="badge badge--{}">{}{}</span>', css, icon(image), words)


def _days(n: int) -> str:
    return f"{n:,} day{'' if n == 1 else 's'}"


def state_badge(state: str) -> SafeString:
    """Example: a clock and "Open"."""
    css, image = STATES[state]
    return _badge(css, image, RequestState(state).label)


def clock_words(record: Any) -> str:
    """Days against the target, for a request `with_figures`. Example: "132 of 180 days"."""
    if record.counted_days is None:
        return "No clock"
    return f"{record.counted_days:,} of {_days(record.policy.target_days)}"


def clock_badge(record: Any) -> SafeString:
    """The same as a verdict. Example: a warning sign and "12 days late"; a clock and "48 days left"."""
    over, state = record.over_days, record.state
    if over is None or state == RequestState.CANCELLED:
        return format_html(
            '<span class="badge badge--none">{}</span>', "No clock" if over is None else "Ended"
        )
    if over > 0:
        return _badge("suspended", "warning", f"{_days(over)} late")
    if state == RequestState.COMPLETED:
        return _badge("active", "check_circle", "In time")
    if over == 0:
        return _badge("missing", "schedule", "Due today")
    return _badge("pending", "schedule", f"{_days(-over)} left")


def hold_words(record: Any) -> str:
    """Example: "ISA waiting on the agency (Law enforcement agency)"; "" when it is not on hold."""
    if record.hold is None:
        return ""
    return f"{record.hold.why.name} ({Party(record.hold.owner).label})"


def hold_badge(record: Any) -> SafeString:
    """Example: a pause sign and "On hold"; nothing when it is not."""
    return _badge("missing", "hourglass_empty", "On hold") if record.hold is not None else SafeString("")


def priority_words(priority: int) -> str:
    return str(Priority(priority).label)
