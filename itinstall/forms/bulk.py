"""The form that moves several requests on at once."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from itinstall.forms.common import stage_field
from itinstall.forms.fields import reason_field
from itinstall.selectors.requests import installation_requests
from itinstall.services.bulk import MOST
from oversight.access.models import User
from oversight.console.form_fields import today_field

__all__ = ["BulkMoveForm"]

MAX_NAMED = 10


class BulkMoveForm(forms.Form):
    """References, the stage that begins, and since when. `cleaned_data["references"]`: the requests."""

    references = forms.CharField(
        label="References",
        help_text=f"One in each line, or divided by commas or spaces. At most {MOST}.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "ref-box", "spellcheck": "false"}),
        error_messages={"required": "Enter at least one reference, such as ITR-7K3Q9XZP."},
    )
    stage = stage_field()
    on = today_field("On", "The first day of the stage, the same for all.")
    reason = reason_field("Only needed when one goes back to an earlier stage.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_references(self) -> list[Any]:
        """The requests in the order given, each once. Raises ValidationError naming those not found."""
        refs = list(
            dict.fromkeys(
                text.upper() for text in re.split(r"[\s,;]+", self.cleaned_data["references"]) if text
            )
        )
        if not refs:
            raise ValidationError("Enter at least one reference, such as ITR-7K3Q9XZP.")
        if len(refs) > MOST:
            raise ValidationError(f"At most {MOST} at once; these are {len(refs)}. Send them in parts.")
        rows = {row.ref: row for row in installation_requests(user=self.user).filter(ref__in=refs)}
        unknown = [ref for ref in refs if ref not in rows]
        if unknown:
            named = ", ".join(ref[:20] for ref in unknown[:MAX_NAMED])
            more = f" and {len(unknown) - MAX_NAMED} more" if len(unknown) > MAX_NAMED else ""
            raise ValidationError(
                f"No request that you may see has the reference {named}{more}. Correct it, or take it out."
            )
        return [rows[ref] for ref in refs]

    def clean_on(self) -> date:
        """Said once here, not at each of many requests."""
        on: date = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise ValidationError(f"{on} lies in the future. Enter the day on which it happened.")
        return on
