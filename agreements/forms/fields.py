"""Fields that forms about agencies share, also those of other apps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from agreements.models import Agency
from agreements.selectors.agencies import agency_by_ref
from oversight.access.models import User

__all__ = ["AgencyField"]

MAX_SUGGESTED = 5
REF_PREFIX = "LEA-"


class AgencyField(forms.CharField):
    """An agency by its reference or name, among `rows`; set `user` and `rows` in the form's `__init__`.

    `among` says in refusals which agencies those are, such as "that you may change".
    """

    user: User
    rows: QuerySet[Agency]

    def __init__(self, *, among: str = "", **kwargs: Any) -> None:
        self.none = f"No agency {among}".rstrip()
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
            raise ValidationError(f"{self.none} has the reference {text.upper()}.") from None

    def _by_name(self, text: str) -> Agency:
        rows = self.rows.order_by("name", "pk")
        found = list(rows.filter(name__iexact=text)[: MAX_SUGGESTED + 1])
        found = found or list(rows.filter(name__icontains=text)[: MAX_SUGGESTED + 1])
        if not found:
            raise ValidationError(f"{self.none} is called “{text}”. Search for it, and enter its reference.")
        if len(found) > 1:
            names = "; ".join(f"{row.name}, {row.state_id or 'state not read'}: {row.ref}" for row in found)
            raise ValidationError(f"Several agencies are called that. Enter the reference of one: {names}.")
        return found[0]
