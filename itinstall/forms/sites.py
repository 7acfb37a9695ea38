"""Forms of sites, their ISAs and their equipment. Choices come from what the person may change."""

from __future__ import annotations

from typing import Any

from django import forms

from agreements.forms.fields import AgencyField
from agreements.models import Agency
from itinstall.choices import EquipmentStatus, IsaStepKind
from itinstall.forms.fields import SiteField, note_field, reason_field
from itinstall.models import EquipmentKind, InstallationRequest, Site
from itinstall.selectors.sites import changeable_agencies, changeable_sites
from oversight.access.models import User
from oversight.console.form_fields import NOT_A_CHOICE, day_field, today_field

__all__ = [
    "EquipmentAddForm",
    "EquipmentDescribeForm",
    "EquipmentMoveForm",
    "EquipmentStatusForm",
    "IsaBeginForm",
    "IsaCorrectForm",
    "IsaExpiryForm",
    "IsaStepForm",
    "SiteChangeForm",
    "SiteForm",
    "WithdrawForm",
]


def _name_field() -> forms.CharField:
    return forms.CharField(
        label="Name",
        max_length=120,
        help_text="What the agency calls the place, such as Main jail.",
        error_messages={"required": "Enter the name of the site."},
    )


def _choice(label: str, choices: Any, **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        error_messages={"required": "Choose one.", "invalid_choice": NOT_A_CHOICE},
        **kwargs,
    )


class SiteForm(forms.Form):
    """A new site of an agency."""

    agency = AgencyField(among="that you may change")
    name = _name_field()
    note = note_field("An address or a landmark, for example.")

    def __init__(self, *args: Any, user: User, agency: Agency | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agency"]
        field.user, field.rows = user, changeable_agencies(user=user)
        if agency is not None:
            field.initial = agency.ref


class SiteChangeForm(forms.Form):
    """Another name or note; whether the site is still used."""

    name = _name_field()
    note = note_field("An address or a landmark, for example.")
    is_closed = forms.BooleanField(
        label="Closed",
        required=False,
        help_text="No longer used: no new request, ISA or equipment. What happened there stays.",
    )
    reason = reason_field()


class IsaBeginForm(forms.Form):
    """The first step of a site's next ISA."""

    kind = _choice(
        "First step",
        [(kind.value, kind.label) for kind in (IsaStepKind.DRAFTED, IsaStepKind.SENT)],
        widget=forms.RadioSelect,
        initial=IsaStepKind.DRAFTED,
    )
    on = today_field("Day", "The day on which it happened.")
    note = note_field(max_length=500)


class IsaStepForm(forms.Form):
    """The next step of an ISA."""

    kind = _choice("Step", IsaStepKind.choices, widget=forms.RadioSelect)
    on = today_field("Day", "The day on which it happened.")
    note = note_field("The letter or message it rests on. It goes into the history.", max_length=500)


class IsaCorrectForm(forms.Form):
    """What should have been entered instead, and why."""

    kind = _choice("Step", IsaStepKind.choices, widget=forms.RadioSelect)
    on = day_field("Day", "The day on which it happened.")
    reason = reason_field(required=True)


class WithdrawForm(forms.Form):
    """Why something is taken back or removed."""

    reason = reason_field(required=True)


class IsaExpiryForm(forms.Form):
    """Until when an ISA holds."""

    expires_on = day_field(
        "Expires on", "The first day on which it no longer holds. Empty: not known, or none.", required=False
    )
    reason = reason_field()


class EquipmentAddForm(forms.Form):
    """A piece for a site."""

    site = SiteField(label="Site")
    kind = forms.ModelChoiceField(
        queryset=EquipmentKind.objects.none(),
        label="Kind",
        error_messages={"required": "Choose a kind.", "invalid_choice": NOT_A_CHOICE},
    )
    serial = forms.CharField(
        label="Serial number",
        max_length=80,
        required=False,
        help_text="As printed on its label. Empty: not known yet.",
    )
    status = _choice("Status", EquipmentStatus.choices, initial=EquipmentStatus.ORDERED)
    on = today_field("Since", "The first day of this status.")
    for_request = forms.BooleanField(
        label="For the site’s open request",
        required=False,
        initial=True,
        help_text="Without an open request it belongs to the site alone.",
    )

    def __init__(self, *args: Any, user: User, site: Site | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].rows = changeable_sites(user=user)  # type: ignore[attr-defined]
        self.fields["kind"].queryset = EquipmentKind.objects.filter(is_active=True)  # type: ignore[attr-defined]
        if site is not None:
            self.fields["site"].initial = site.ref


class EquipmentStatusForm(forms.Form):
    """A new status with its first day."""

    status = _choice("Status", EquipmentStatus.choices, widget=forms.RadioSelect)
    on = today_field("Since", "The first day of this status.")
    reason = reason_field("Needed for a correction or a step back. It goes into the history.")


class RequestChoiceField(forms.ModelChoiceField):
    """Requests of one site as "ITR-…, open in Equipment"."""

    def label_from_instance(self, obj: Any) -> str:
        request: InstallationRequest = obj
        return f"{request.ref}, {request.get_state_display().lower()}, last in {request.stage}"


class EquipmentDescribeForm(forms.Form):
    """The serial number, and for which request of its site the piece is."""

    serial = forms.CharField(
        label="Serial number",
        max_length=80,
        required=False,
        help_text="As printed on its label. Empty: not known yet.",
    )
    request = RequestChoiceField(
        queryset=InstallationRequest.objects.none(),
        to_field_name="ref",
        label="For the request",
        required=False,
        empty_label="None",
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )
    reason = reason_field("Needed when a serial number is replaced. It goes into the history.")

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = InstallationRequest.objects.filter(site=site).select_related("stage").order_by("-pk")
        self.fields["request"].queryset = rows  # type: ignore[attr-defined]


class EquipmentMoveForm(forms.Form):
    """To which site a piece goes, and why."""

    site = SiteField(label="To the site")
    reason = reason_field(required=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].rows = changeable_sites(user=user)  # type: ignore[attr-defined]
