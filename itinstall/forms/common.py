"""What forms of requests and their history share."""

from __future__ import annotations

from typing import Any

from django import forms

from itinstall.choices import Party
from itinstall.models import Stage
from oversight.console.form_fields import NOT_A_CHOICE

__all__ = ["VersionForm", "party_field", "stage_field"]


def stage_field() -> forms.ModelChoiceField:
    """The stage to begin, among those in use."""
    return forms.ModelChoiceField(
        queryset=Stage.objects.filter(is_active=True),
        label="Stage that begins",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose a stage.", "invalid_choice": NOT_A_CHOICE},
    )


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
