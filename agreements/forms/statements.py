"""Forms of staff statements: since when, and on what ground."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

__all__ = ["ReasonForm", "StatementForm"]


def _reason(help_text: str) -> forms.CharField:
    return forms.CharField(
        label="Reason",
        help_text=help_text,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Give the reason, for example the letter and its date."},
    )


class ReasonForm(forms.Form):
    """Taking a statement back: only why."""

    reason = _reason("Why it should not have been entered. It stays readable in the history.")


class StatementForm(forms.Form):
    """Suspending, terminating, reinstating: a day and a reason."""

    on = forms.DateField(
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "required": "Enter the day from which it holds.",
            "invalid": "Enter a date as year-month-day, for example 2025-03-01.",
        },
    )
    reason = _reason("The letter, decision or MOA section it rests on, with its date. No names of officers.")

    def __init__(self, *args: Any, day_label: str = "From", day_help: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label = day_label
        self.fields["on"].help_text = day_help
        self.fields["on"].initial = timezone.localdate
