"""Forms of requests: a new one, moving on, ending, describing."""

from __future__ import annotations

from typing import Any

from django import forms

from agreements.forms.fields import AgencyField
from agreements.models import Agency, Agreement
from itinstall.choices import Priority
from itinstall.forms.common import VersionForm, stage_field
from itinstall.forms.fields import note_field, reason_field
from itinstall.models import InstallationRequest, Site
from itinstall.selectors.sites import changeable_agencies
from oversight.access.models import User
from oversight.console.form_fields import NOT_A_CHOICE, today_field

__all__ = ["AgencyChoiceForm", "CancelForm", "CompleteForm", "DescribeForm", "MoveForm", "NewRequestForm"]

NEW_SITE = "new"
EARLIEST = "The earliest that needs equipment"


class AgencyChoiceForm(forms.Form):
    """Which agency, by reference or name, among those that the person may change."""

    agency = AgencyField(among="that you may change")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agency"]
        field.user, field.rows = user, changeable_agencies(user=user)


class AgreementChoiceField(forms.ModelChoiceField):
    """Agreements as "MOA-…, JEM, signed 2025-02-01"."""

    def label_from_instance(self, obj: Any) -> str:
        signed = f"signed {obj.signed_on}" if obj.signed_on else "not signed yet"
        return f"{obj.ref}, {obj.model or 'model not read'}, {signed}"


def _agreement_field(agency: Agency, empty: str) -> AgreementChoiceField:
    return AgreementChoiceField(
        queryset=Agreement.objects.current()
        .filter(agency=agency.merged_into_id or agency.pk)
        .order_by("signed_on", "pk"),
        to_field_name="ref",
        required=False,
        label="Agreement whose signature starts the clock",
        empty_label=empty,
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )


def _priority_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="Priority",
        choices=Priority.choices,
        initial=Priority.NORMAL,
        coerce=lambda value: Priority(int(value)),
        help_text="Order in which installers take requests; within one, the oldest clock first.",
        error_messages={"required": "Choose a priority.", "invalid_choice": NOT_A_CHOICE},
    )


def _note_field() -> forms.CharField:
    return note_field("What others need to know. No names of officers.", max_length=500)


class NewRequestForm(forms.Form):
    """A request for a site of `agency`: for `site`, or one to choose, or a new one in the same step."""

    def __init__(
        self, *args: Any, agency: Agency, sites: list[Site], site: Site | None, plans: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sites = {found.ref: found for found in sites}
        if site is None:
            self.fields["site"] = forms.ChoiceField(
                label="Site",
                choices=[*((found.ref, found.name) for found in sites), (NEW_SITE, "A new site")],
                initial=sites[0].ref if sites else NEW_SITE,
                widget=forms.RadioSelect,
                error_messages={"required": "Choose a site.", "invalid_choice": NOT_A_CHOICE},
            )
            self.fields["new_site"] = forms.CharField(
                label="Name of the new site",
                required=False,
                max_length=120,
                help_text="Only for a new site. As the agency calls it, for example Main jail.",
            )
        self.fields["on"] = today_field("Submitted on", "The day on which the request went to OCIO.")
        self.fields["agreement"] = _agreement_field(agency, EARLIEST)
        if plans:
            self.fields["priority"] = _priority_field()
        self.fields["note"] = _note_field()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("site") == NEW_SITE and not data.get("new_site", "").strip():
            self.add_error("new_site", "Enter the name of the new site, or choose one of the sites.")
        if data.get("site") not in (None, NEW_SITE) and data.get("new_site", "").strip():
            self.add_error("new_site", "Choose “A new site”, or leave this empty.")
        return data


class MoveForm(VersionForm):
    """The stage that begins, and since when. Begins with the next stage and today."""

    stage = stage_field()
    on = today_field("On", "The first day of the stage.")
    reason = reason_field("Only needed when it goes back to an earlier stage.")


class CompleteForm(VersionForm):
    on = today_field("Complete on", "The day since which officers can work at the site.")
    reason = reason_field("Anything that others need to know about the end.")


class CancelForm(VersionForm):
    on = today_field("Cancelled on", "The day on which it was given up.")
    reason = reason_field("Why it is given up. It goes into the history.", required=True)


class DescribeForm(VersionForm):
    """Note and agreement; the priority for those who plan."""

    def __init__(self, *args: Any, request: InstallationRequest, plans: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if plans:
            self.fields["priority"] = _priority_field()
            self.fields["priority"].initial = request.priority
        self.fields["agreement"] = _agreement_field(request.site.agency, "None: no clock")
        self.fields["agreement"].initial = request.agreement.ref if request.agreement else None
        self.fields["note"] = _note_field()
        self.fields["note"].initial = request.note
        self.fields["reason"] = reason_field(
            "For another agreement: what shows it. It goes into the history."
        )
