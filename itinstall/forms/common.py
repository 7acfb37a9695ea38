"""What forms of requests and their history share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from itinstall.choices import Party
from itinstall.forms.fields import NOT_A_CHOICE, day_field

__all__ = ["VersionForm", "party_field", "today_field"]


def today_field(label: str, help_text: str = "") -> forms.DateField:
    """A day that begins with today."""
    field = day_field(label, help_text)
    field.initial = timezone.localdate
    return field


def party_field() -> forms.ChoiceField:
    """Who has to act; no answer means the one who usually has to for the reason."""
    return forms.ChoiceField(
        label="Who has to act",
        required=False,
        choices=[("", "Whoever usually has to for this reason"), *Party.choices],
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )


class VersionForm(forms.Form):
    """A form that carries the version of the request that the person looks at."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "This form is incomplete. Open it again from the page of the request.",
            "invalid": "This form is damaged. Open it again from the page of the request.",
        },
    )

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version
