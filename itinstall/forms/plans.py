"""Forms of headquarters' plans: installers and their days, policy versions, published figures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from agreements.choices import SupportModel
from agreements.models import FieldOffice
from itinstall.choices import AbsenceKind, ClockStart
from itinstall.forms.fields import reason_field
from itinstall.models import HoldReason, InstallationPolicy, InstallationRequest, Installer
from itinstall.selectors.installers import requests_for_installers
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console.form_fields import NOT_A_CHOICE, day_field, today_field

__all__ = [
    "AbsenceForm",
    "InstallerEndForm",
    "InstallerForm",
    "PolicyForm",
    "PublishedForm",
    "VisitForm",
    "VisitMoveForm",
]


class InstallerForm(forms.Form):
    """A new installer."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        error_messages={"required": "Enter the name, or a code such as Installer 1."},
    )
    valid_from = today_field("From", "The first day on which installations can be planned.")
    office = forms.ModelChoiceField(
        queryset=FieldOffice.objects.none(),
        label="Field office",
        required=False,
        empty_label="Everywhere",
        help_text="Only for somebody who works for one field office.",
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = visible_to(FieldOffice.objects.filter(is_active=True), user).order_by("name")
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]


class InstallerEndForm(forms.Form):
    """From which day an installer no longer works here."""

    on = today_field("Until", "The first day on which no installation can be planned.")
    reason = reason_field()


class AbsenceForm(forms.Form):
    """Days on which an installer does no 287(g) installation."""

    kind = forms.ChoiceField(
        label="Why",
        choices=AbsenceKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why.", "invalid_choice": NOT_A_CHOICE},
    )
    note = forms.CharField(
        label="Note",
        max_length=200,
        required=False,
        help_text="For work for another program: which one. Nothing about a person’s health.",
    )
    begins_on = day_field("First day away")
    ends_on = day_field("First day back", "The first day on which the installer is here again.")


class InstallerField(forms.ModelChoiceField):
    """Installers as "Installer 1, everywhere"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=Installer.objects.none(),
            label="Installer",
            error_messages={"required": "Choose an installer.", "invalid_choice": NOT_A_CHOICE},
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.office.name if obj.office else 'everywhere'}"


class VisitMoveForm(forms.Form):
    """Who works at the site, and on which days."""

    installer = InstallerField()
    begins_on = day_field("First day there")
    ends_on = day_field("Day of leaving", "The first day no longer there.")
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Installer.objects.select_related("office").order_by("name", "pk")
        open_ones = rows.filter(valid_to__isnull=True) | rows.filter(valid_to__gt=timezone.localdate())
        self.fields["installer"].queryset = open_ones  # type: ignore[attr-defined]


class VisitForm(VisitMoveForm):
    """A visit for a request that needs an installer."""

    request = forms.CharField(
        label="Request",
        max_length=40,
        help_text="Its reference, such as ITR-7K3Q9XZP. It is in a stage that needs an installer.",
        error_messages={"required": "Enter the request’s reference."},
    )
    field_order = ("request", "installer", "begins_on", "ends_on")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["reason"]
        self.user = user

    def clean_request(self) -> InstallationRequest:
        """Any request that the person sees: the service says what is wrong with its stage."""
        ref = self.cleaned_data["request"].strip().upper()
        rows = visible_to(InstallationRequest.objects.select_related("site__agency", "stage"), self.user)
        found = rows.filter(ref=ref).first()
        if found is None:
            raise ValidationError(f"No request has the reference {ref}.")
        return found

    @property
    def waiting(self) -> int:
        """How many requests need an installer."""
        return requests_for_installers(user=self.user).count()


class PolicyForm(forms.Form):
    """The next version of the installation policy. Starts from the one that is open."""

    valid_from = today_field("From", "The first day. Requests submitted from then on are held against it.")
    target_days = forms.IntegerField(
        label="Target in calendar days",
        min_value=1,
        max_value=3650,
        help_text="From the start of the clock to the day of completion.",
        error_messages={
            "required": "Enter the target in days.",
            "invalid": "Enter a whole number of days.",
            "min_value": "The target is at least one day.",
            "max_value": "That is more than ten years. Check the number.",
        },
    )
    clock_start = forms.ChoiceField(
        label="The clock starts",
        choices=[(ClockStart.SIGNED, "when the MOA is signed"), (ClockStart.SUBMITTED, "with the request")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": NOT_A_CHOICE},
    )
    models_with_equipment = forms.MultipleChoiceField(
        label="Support models whose MOA has an IT clause",
        choices=[(model.value, f"{model.value}: {model.label}") for model in SupportModel],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Agreements of other models start no clock.",
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )
    pausing = forms.ModelMultipleChoiceField(
        queryset=HoldReason.objects.none(),
        label="Holds that stop the clock",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="No published rule says that a hold stops the clock. Days net of all holds are shown "
        "in any case.",
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )
    source = forms.CharField(
        label="Source",
        max_length=300,
        help_text="The decision, directive or report it rests on, with its date.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Enter what it rests on."},
    )

    def __init__(self, *args: Any, last: InstallationPolicy | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = set(last.pausing.values_list("pk", flat=True)) if last is not None else set()
        rows = HoldReason.objects.filter(is_active=True) | HoldReason.objects.filter(pk__in=kept)
        self.fields["pausing"].queryset = rows.order_by("name")  # type: ignore[attr-defined]
        if last is not None:
            self.fields["target_days"].initial = last.target_days
            self.fields["clock_start"].initial = last.clock_start
            self.fields["models_with_equipment"].initial = last.models_with_equipment
            self.fields["pausing"].initial = list(kept)


class PublishedForm(forms.Form):
    """One line of a report's chart or table."""

    report = forms.CharField(
        label="Report",
        max_length=40,
        help_text="Its number, such as OIG-18-77.",
        error_messages={"required": "Enter the report’s number."},
    )
    label = forms.CharField(
        label="Line",
        max_length=80,
        help_text="What the report calls it, or its place in the chart.",
        error_messages={"required": "Enter what the line is called."},
    )
    fiscal_years = forms.CharField(
        label="Fiscal years", max_length=40, required=False, help_text="As printed, such as FY 2017-2018."
    )
    target_days = forms.IntegerField(
        label="Target in calendar days", min_value=1, max_value=3650, required=False
    )
    days = forms.IntegerField(
        label="Days taken",
        min_value=0,
        max_value=36500,
        required=False,
        help_text="Calendar days. Empty: the value cannot be read.",
    )
    source = forms.CharField(
        label="Source",
        max_length=300,
        help_text="Page, chart or table of the report.",
        error_messages={"required": "Enter where in the report it stands."},
    )
    reason = reason_field("Needed when a line is changed. It goes into the history.")
