"""Fields that forms of any app share, with their words."""

from __future__ import annotations

from django import forms
from django.utils import timezone

__all__ = ["NOT_A_CHOICE", "day_field", "today_field"]

NOT_A_CHOICE = "This is not one of the choices. Choose one from the list."


def day_field(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(
        label=label,
        help_text=help_text,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": "Enter a day.",
            "invalid": "Enter a date as year-month-day, for example 2026-03-01.",
        },
    )


def today_field(label: str, help_text: str = "") -> forms.DateField:
    """A day that begins with today."""
    field = day_field(label, help_text)
    field.initial = timezone.localdate
    return field
