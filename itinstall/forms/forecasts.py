"""Forms of forecasts: a what-if, the days of a back-test, which requests are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from agreements.models import FieldOffice
from itinstall.models import Stage
from itinstall.services.forecasts import MOST_ADDED, MOST_NEW, PERCENT, Question
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = ["BacktestForm", "WhatIfForm"]

BY_PRIORITY, BY_CLOCK = "priority", "clock"
SCALE = "scale_"
NOT_A_DAY = "Enter a date as year-month-day, for example 2026-10-01."
NOT_A_NUMBER = "Enter a whole number."
LIMITS = ("min_value", "max_value")  # both are told by one sentence
REF = re.compile(r"[^\s,;]+")


class WhatIfForm(forms.Form):
    """What is changed; left as it is, a field changes nothing."""

    added = forms.IntegerField(
        label="Installers added",
        initial=0,
        min_value=0,
        max_value=MOST_ADDED,
        help_text="Beside those entered; without absences, for every field office.",
        error_messages={
            "required": "Enter 0 when none is added.",
            "invalid": NOT_A_NUMBER,
            **dict.fromkeys(LIMITS, f"Enter 0 to {MOST_ADDED} installers."),
        },
    )
    added_from = forms.DateField(
        label="Added from",
        required=False,
        help_text="Their first day. Empty: tomorrow.",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": NOT_A_DAY},
    )
    new_per_month = forms.DecimalField(
        label="New agreements a month",
        required=False,
        min_value=0,
        max_value=MOST_NEW,
        decimal_places=1,
        help_text="Of normal priority, that need an installation; for three years, at random. 0: none. "
        "Empty: as many as in the half year before.",
        error_messages={
            "invalid": "Enter a number, for example 12.5, or leave it empty.",
            **dict.fromkeys(LIMITS, f"Enter 0 to {MOST_NEW} agreements a month, or leave it empty."),
        },
    )
    order = forms.ChoiceField(
        label="Who goes first",
        choices=(
            (BY_PRIORITY, "By priority as entered"),
            (BY_CLOCK, "The oldest clock, priorities set aside"),
        ),
        initial=BY_PRIORITY,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one.", "invalid_choice": "Choose one from the list."},
    )
    first_office = forms.ModelChoiceField(
        queryset=FieldOffice.objects.none(),
        label="Field office that goes first",
        required=False,
        empty_label="None",
        error_messages={"invalid_choice": "There is no such field office. Choose one from the list."},
    )
    first = forms.CharField(
        label="Requests that go first",
        required=False,
        max_length=2000,
        help_text="References such as ITR-7K3Q9XZP, separated by blanks, commas or lines.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = visible_to(FieldOffice.objects.all(), user).order_by("name")
        self.fields["first_office"].queryset = offices  # type: ignore[attr-defined]
        self.stages: Sequence[Stage] = list(Stage.objects.filter(is_active=True).order_by("place"))
        for stage in self.stages:
            self.fields[f"{SCALE}{stage.pk}"] = _percent(stage)

    @property
    def scale_fields(self) -> list[forms.BoundField]:
        return [self[f"{SCALE}{stage.pk}"] for stage in self.stages]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("order", "first_office", "first")]

    def clean_first(self) -> tuple[str, ...]:
        return tuple(sorted({ref.upper() for ref in REF.findall(self.cleaned_data["first"])}))

    def question(self) -> Question:
        """Of a valid form."""
        data = self.cleaned_data
        office = data["first_office"]
        return Question(
            added=data["added"],
            added_from=data["added_from"],
            scales={stage.pk: data[f"{SCALE}{stage.pk}"] for stage in self.stages},
            new_per_month=None if data["new_per_month"] is None else float(data["new_per_month"]),
            by_clock=data["order"] == BY_CLOCK,
            first=data["first"],
            first_office=office.pk if office else "",
        )

    @property
    def service_names(self) -> dict[str, str]:
        """What the service calls a field → what the form does."""
        return {"scales": f"{SCALE}{self.stages[0].pk}"} if self.stages else {}


def _percent(stage: Stage) -> forms.IntegerField:
    what = "working days of an installer" if stage.needs_installer else "time spent in it"
    return forms.IntegerField(
        label=stage.name,
        initial=100,
        min_value=PERCENT[0],
        max_value=PERCENT[1],
        help_text=f"Percent of the observed {what}.",
        error_messages={
            "required": "Enter 100 when it stays as observed.",
            "invalid": NOT_A_NUMBER,
            **dict.fromkeys(LIMITS, f"Enter {PERCENT[0]} to {PERCENT[1]:,} percent."),
        },
    )


class BacktestForm(forms.Form):
    """From which month on, and until when, past forecasts are made up for."""

    first = forms.DateField(
        label="From",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Enter a day.", "invalid": NOT_A_DAY},
    )
    last = forms.DateField(
        label="To",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Enter a day.", "invalid": NOT_A_DAY},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["first"].initial = (today - timedelta(days=730)).replace(day=1)
        self.fields["last"].initial = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first: date | None = data.get("first")
        if first is not None and first.year < 1996:
            raise ValidationError({"first": "The program began in 1996. Check the year."})
        return data
