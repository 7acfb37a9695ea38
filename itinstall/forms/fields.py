"""Fields that forms of IT installation share, with their words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from itinstall.models import Site

__all__ = ["SiteField", "note_field", "reason_field"]


def reason_field(
    help_text: str = "The message or record that shows it. It goes into the history.",
    *,
    required: bool = False,
) -> forms.CharField:
    return forms.CharField(
        label="Reason",
        required=required,
        max_length=500,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why. It goes into the history."},
    )


def note_field(help_text: str = "", *, max_length: int = 300) -> forms.CharField:
    return forms.CharField(
        label="Note",
        required=False,
        max_length=max_length,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SiteField(forms.CharField):
    """A site by its reference, among `rows`; set `rows` in the form's `__init__`. Sites are too many for a
    list to choose from."""

    rows: QuerySet[Site]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            help_text="Its reference, such as SIT-7K3Q9XZP, from its page.",
            error_messages={"required": "Enter the site’s reference."},
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        """Raises ValidationError for a site that the person may not change."""
        ref = str(super().clean(value)).strip().upper()
        found = self.rows.filter(ref=ref).first()
        if found is None:
            raise ValidationError(f"No site that you may change has the reference {ref}.")
        return found
