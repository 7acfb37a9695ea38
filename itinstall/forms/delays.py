"""What the page of delays, the requests behind its numbers and their export ask for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from agreements.choices import SupportModel
from agreements.metric_subjects import OFFICE_UNKNOWN
from agreements.selectors.reference import place_names
from itinstall.choices import Party
from itinstall.metrics.subjects import stage_names
from itinstall.selectors.delay_rows import NO_MODEL, PARTS, Behind
from itinstall.selectors.delay_types import Asked
from oversight.metrics.views.parts import day_or_none, today_anywhere
from oversight.periods.fiscal import FIRST_YEAR, FiscalYear

__all__ = ["DelayRowsExportForm", "DelayRowsForm", "DelaysForm", "asked_of", "behind_of"]

MOST_DAYS = 100_000
FIRST_DAY = FiscalYear(FIRST_YEAR).days.start  # figures are told by fiscal year


class DelaysForm(forms.Form):
    """What the address asks for. Empty: today, everything."""

    as_of = forms.DateField(
        required=False, error_messages={"invalid": "Enter the day as year-month-day, for example 2026-05-18."}
    )
    office = forms.SlugField(required=False, max_length=80)
    model = forms.CharField(required=False, max_length=8)
    year = forms.IntegerField(
        required=False,
        min_value=FIRST_YEAR,
        max_value=9999,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), f"Choose a fiscal year from {FIRST_YEAR} on."
        ),
    )

    def clean_as_of(self) -> date:
        today = today_anywhere()
        found: date = self.cleaned_data["as_of"] or today
        if found > today:
            raise forms.ValidationError(
                f"{found} is in the future. Choose today ({today}) or an earlier day."
            )
        if found < FIRST_DAY:
            raise forms.ValidationError(f"{found} is too early. Choose a day from {FIRST_DAY} on.")
        return found

    def clean_office(self) -> str:
        slug: str = self.cleaned_data["office"]
        if slug and slug != OFFICE_UNKNOWN and slug not in place_names().offices:
            raise forms.ValidationError(f"There is no field office “{slug}”. Choose one from the list.")
        return slug

    def clean_model(self) -> str:
        model: str = self.cleaned_data["model"]
        if model and model not in SupportModel.values:
            raise forms.ValidationError(f"There is no support model “{model}”. Choose one from the list.")
        return model

    def clean(self) -> None:
        for name in self.data:
            if name not in self.fields:
                raise forms.ValidationError(f"This page has no filter called “{name[:60]}”.")

    def asked(self) -> Asked:
        """What can be read of it; the rest as if it were not there."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return asked_of(data, data.get("as_of") or today_anywhere())


class DelayRowsForm(DelaysForm):
    """What the page of delays asks for, and which of its numbers."""

    part = forms.ChoiceField(
        choices=[(part, part) for part in PARTS],
        error_messages={"required": "Say which number.", "invalid_choice": "There is no such number."},
    )
    stage = forms.SlugField(required=False, max_length=40)
    owner = forms.ChoiceField(required=False, choices=Party.choices)
    low = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)
    high = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)
    days = forms.IntegerField(required=False, min_value=0, max_value=MOST_DAYS)
    month = forms.CharField(required=False, max_length=7)
    page = forms.CharField(required=False, max_length=9)

    def clean_model(self) -> str:
        return NO_MODEL if self.cleaned_data["model"] == NO_MODEL else super().clean_model()

    def clean_stage(self) -> str:
        stage: str = self.cleaned_data["stage"]
        if stage and stage not in stage_names():
            raise forms.ValidationError(f"There is no stage “{stage}”.")
        return stage

    def clean_month(self) -> str:
        text: str = self.cleaned_data["month"]
        first = day_or_none(f"{text}-01") if text else None
        if text and first is None:
            raise forms.ValidationError("Enter the month as year-month, for example 2026-05.")
        if first and first > today_anywhere():
            raise forms.ValidationError(
                f"There is nothing yet of {text}. Choose this month or an earlier one."
            )
        if first and first < FIRST_DAY:
            raise forms.ValidationError(f"{text} is too early. Choose a month from {FIRST_DAY:%Y-%m} on.")
        return text


class DelayRowsExportForm(DelayRowsForm):
    """The same as parameters of an export, which has its day apart."""

    as_of = None  # type: ignore[assignment]
    page = None  # type: ignore[assignment]


def asked_of(data: Mapping[str, Any], as_of: date) -> Asked:
    """What is looked at, from cleaned data; of what could not be read nothing."""
    return Asked(
        as_of=as_of,
        office=data.get("office") or "",
        model=data.get("model") or "",
        year=data.get("year"),
    )


def behind_of(data: Mapping[str, Any]) -> Behind:
    """Which number, from the cleaned data of a valid form."""
    names = ("part", "stage", "owner", "low", "high", "days")
    month = day_or_none(f"{data['month']}-01") if data["month"] else None
    return Behind(**{name: data[name] for name in names}, month=month)
