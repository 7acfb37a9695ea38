"""Forms of sign-in and one's own account."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm

from oversight.access.models import User
from oversight.access.services import TOKEN_MAX_DAYS

__all__ = ["AccountForm", "ChangePasswordForm", "SignInForm", "TokenForm", "time_zone_choices"]

# The zones of the United States and its territories, by what people call them; all others follow.
US_ZONES = (
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Mountain, Arizona"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Atlantic, Puerto Rico"),
    ("Pacific/Guam", "Guam and Northern Mariana Islands"),
    ("Pacific/Pago_Pago", "American Samoa"),
)


def time_zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones in two groups: the United States first, then every other zone by name."""
    known = zoneinfo.available_timezones()
    ours = {name for name, _ in US_ZONES}
    others = sorted(name for name in known - ours if "/" in name and not name.startswith("Etc/"))
    return [
        ("United States", [(name, f"{label} ({name})") for name, label in US_ZONES if name in known]),
        ("Other zones", [(name, name.replace("_", " ")) for name in [*others, "UTC"]]),
    ]


class SignInForm(AuthenticationForm):
    """User name and password. The refusal never says which of the two was wrong."""

    error_messages = {
        "invalid_login": "User name and password do not match an active account. Check both and try again. "
        "After several failures sign-in is closed for 15 minutes.",
        "inactive": "This account is not active. Ask an administrator.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"


class AccountForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        label="Time zone", choices=time_zone_choices, help_text="Times on every page are shown in this zone."
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "time_zone"]
        labels = {"first_name": "First name", "last_name": "Last name"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["last_name"].widget.attrs["autocomplete"] = "family-name"


class ChangePasswordForm(PasswordChangeForm):
    """Old password once, new password twice. The service stores it, not the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "Present password"
        self.fields["new_password1"].label = "New password"
        self.fields["new_password1"].help_text = (
            "At least 12 characters, not one of the common passwords, and not like your name. "
            "Several unrelated words are easy to remember and hard to guess."
        )
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""


class TokenForm(forms.Form):
    """What a new API token is for, what it may do, and for how long."""

    name = forms.CharField(
        max_length=80, help_text="What will use it, for example “nightly report”. You see it in the list."
    )
    access = forms.ChoiceField(
        label="It may",
        choices=[("read", "Read only"), ("write", "Read and change what I may change")],
        initial="read",
        widget=forms.RadioSelect,
    )
    days = forms.IntegerField(
        label="Days until it expires",
        min_value=1,
        max_value=TOKEN_MAX_DAYS,
        initial=90,
        help_text=f"From 1 to {TOKEN_MAX_DAYS}.",
        error_messages={
            "min_value": f"Enter a number of days from 1 to {TOKEN_MAX_DAYS}.",
            "max_value": f"Enter a number of days from 1 to {TOKEN_MAX_DAYS}.",
            "invalid": f"Enter a whole number of days from 1 to {TOKEN_MAX_DAYS}.",
        },
    )
