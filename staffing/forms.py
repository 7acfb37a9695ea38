"""Forms of program managers and assignments. Choices come from what the person may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from agreements.forms.fields import AgencyField
from agreements.models import FieldOffice
from agreements.selectors import register
from oversight.access.choices import Role
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console.form_fields import NOT_A_CHOICE, day_field, today_field
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager
from staffing.selectors import open_program_managers

__all__ = [
    "AssignForm",
    "DayForm",
    "EndForm",
    "HandOverChoiceForm",
    "HandOverForm",
    "ProgramManagerEndForm",
    "ProgramManagerForm",
]


def _reason() -> forms.CharField:
    return forms.CharField(
        label="Reason",
        required=False,
        max_length=500,
        help_text="The decision it rests on, with its date. It goes into the history.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ManagerChoiceField(forms.ModelChoiceField):
    """Program managers as "PM 017, Houston"."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.office.name}"


class UserChoiceField(forms.ModelChoiceField):
    """People as "Hannah Quill (hquill)"."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.display_name} ({obj.username})"


def _manager_field(label: str) -> ManagerChoiceField:
    return ManagerChoiceField(
        queryset=ProgramManager.objects.none(),
        label=label,
        error_messages={"required": "Choose a program manager.", "invalid_choice": NOT_A_CHOICE},
    )


class DayForm(forms.Form):
    """The day of which a portfolio is shown."""

    on = day_field("Day", required=False)


class ProgramManagerForm(forms.Form):
    """A new program manager at one office."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        error_messages={"required": "Enter the name, or a code such as PM 017."},
    )
    office = forms.ModelChoiceField(
        queryset=FieldOffice.objects.none(),
        label="Field office",
        error_messages={"required": "Choose a field office.", "invalid_choice": NOT_A_CHOICE},
    )
    valid_from = today_field("From", "The first day as program manager there.")
    user = UserChoiceField(
        queryset=User.objects.none(),
        label="Sign-in",
        required=False,
        empty_label="None",
        help_text="The person’s account. It then sees the agencies of the office and the assigned ones.",
        error_messages={"invalid_choice": NOT_A_CHOICE},
    )

    namesake = forms.BooleanField(
        label="Another person of the same name",
        required=False,
        help_text="Tick it only when two people of this name work at the office at the same time.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = visible_to(FieldOffice.objects.filter(is_active=True), user).order_by("name")
        accounts = User.objects.filter(role=Role.FIELD_PM, is_active=True)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]
        self.fields["user"].queryset = accounts.order_by("first_name", "last_name", "username")  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """From which day something no longer holds, and why."""

    on = today_field("Until", "The first day on which it no longer holds.")
    reason = _reason()


class ProgramManagerEndForm(EndForm):
    end_assignments = forms.BooleanField(
        label="End the remaining assignments, too",
        required=False,
        help_text="The agencies are then without this program manager. To give them to somebody else, "
        "hand the portfolio over first.",
    )
    field_order = ("on", "end_assignments", "reason")


class AssignForm(forms.Form):
    """Who is responsible for which agency, from when."""

    program_manager = _manager_field("Program manager")
    agency = AgencyField()
    role = forms.ChoiceField(
        label="Role",
        choices=AssignmentRole.choices,
        initial=AssignmentRole.PRIMARY,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose primary or backup.", "invalid_choice": NOT_A_CHOICE},
    )
    on = today_field("From", "The first day of the assignment.")
    until = day_field("Until", "The first day on which it no longer holds. Empty: open.", required=False)
    reason = _reason()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["agency"]
        field.user, field.rows = user, register.agencies(user=user)
        managers = open_program_managers(user=user, on=timezone.localdate())
        self.fields["program_manager"].queryset = managers  # type: ignore[attr-defined]


class HandOverForm(forms.Form):
    """To whom a portfolio goes, and from when."""

    target = _manager_field("To")
    on = today_field("From", "The first day on which the other one is responsible.")
    reason = _reason()
    back = forms.BooleanField(required=False, widget=forms.HiddenInput)  # undoing: tick what came from there

    def __init__(self, *args: Any, user: User, source: ProgramManager, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = open_program_managers(user=user, on=timezone.localdate()).exclude(pk=source.pk)
        self.fields["target"].queryset = others  # type: ignore[attr-defined]


class HandOverChoiceForm(forms.Form):
    """Which agencies go. All are ticked at first."""

    assignments = forms.TypedMultipleChoiceField(
        label="Agencies",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="Take the tick away from those that stay.",
        error_messages={
            "required": "Tick at least one agency, or cancel.",
            "invalid_choice": "The portfolio has changed since, or it has other assignments on that day. "
            "Look at the list and choose again.",
        },
    )

    def __init__(self, *args: Any, rows: Sequence[Assignment], ticked: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignments"]
        field.choices = [(row.pk, _words(row)) for row in rows]  # type: ignore[attr-defined]
        field.initial = list(ticked)


def _words(row: Assignment) -> str:
    state = f", {row.agency.state_id}" if row.agency.state_id else ""
    until: date | None = row.valid_to
    end = f", until {until}" if until else ""
    return f"{row.agency.name}{state} ({row.get_role_display().lower()}{end})"
