"""Fields that forms of IT installation share, with their words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from agreements.models import Agency
from agreements.selectors.agencies import agency_by_ref
from itinstall.models import Site
from oversight.access.models import User

__all__ = ["NOT_A_CHOICE", "AgencyField", "SiteField", "day_field", "note_field", "reason_field"]

NOT_A_CHOICE = "This is not one of the choices. Choose one from the list."
MAX_SUGGESTED = 5
REF_PREFIX = "LEA-"


def day_field(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
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


class AgencyField(forms.CharField):
    """An agency by its reference or name, among `rows`; set `user` and `rows` in the form's `__init__`."""

    user: User
    rows: QuerySet[Agency]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Agency",
            max_length=200,
            help_text="Its reference, such as LEA-7K3Q9XZP, or its name.",
            error_messages={"required": "Enter the agency’s reference or name."},
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        """The one agency that is meant. Raises ValidationError for none, and for several of the name."""
        text = str(super().clean(value)).strip()
        return self._by_ref(text) if text.upper().startswith(REF_PREFIX) else self._by_name(text)

    def _by_ref(self, text: str) -> Agency:
        try:
            return self.rows.get(pk=agency_by_ref(user=self.user, ref=text).pk)
        except Agency.DoesNotExist:
            raise ValidationError(
                f"No agency that you may change has the reference {text.upper()}."
            ) from None

    def _by_name(self, text: str) -> Agency:
        rows = self.rows.order_by("name", "pk")
        found = list(rows.filter(name__iexact=text)[: MAX_SUGGESTED + 1])
        found = found or list(rows.filter(name__icontains=text)[: MAX_SUGGESTED + 1])
        if not found:
            raise ValidationError(
                f"No agency that you may change is called “{text}”. Search for it, and enter its reference."
            )
        if len(found) > 1:
            names = "; ".join(f"{row.name}, {row.state_id or 'state not read'}: {row.ref}" for row in found)
            raise ValidationError(f"Several agencies are called that. Enter the reference of one: {names}.")
        return found[0]
