"""Forms that correct a request's history or take a part of it back, and those of holds."""

from __future__ import annotations

from typing import Any

from django import forms

from itinstall.forms.common import VersionForm, party_field
from itinstall.forms.fields import note_field, reason_field
from itinstall.models import Hold, HoldReason, Stage, StageTransition
from oversight.console.form_fields import NOT_A_CHOICE, day_field, today_field

__all__ = ["CorrectForm", "HoldBeginForm", "HoldCorrectForm", "HoldEndForm", "TakeBackForm"]


class CorrectForm(VersionForm):
    """Another day, and for a stage another stage."""

    on = day_field("On")

    def __init__(self, *args: Any, entry: StageTransition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = entry.on
        if entry.stage is not None:
            self.fields["stage"] = forms.ModelChoiceField(
                queryset=Stage.objects.all(),
                label="Stage",
                initial=entry.stage,
                empty_label=None,
                error_messages={"required": "Choose a stage.", "invalid_choice": NOT_A_CHOICE},
            )
        self.fields["reason"] = reason_field(required=True)


class TakeBackForm(VersionForm):
    reason = reason_field(
        "Why it should not have been entered. It stays readable in the history.", required=True
    )


def _why_field(rows: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(
        queryset=rows,
        label="Why work stops",
        error_messages={"required": "Choose a reason.", "invalid_choice": NOT_A_CHOICE},
    )


class HoldBeginForm(VersionForm):
    why = _why_field(HoldReason.objects.filter(is_active=True))
    owner = party_field()
    on = today_field("On hold from", "The first day on which work stopped.")
    until = day_field(
        "Until", "Only for a hold that is over: the first day on which work went on.", required=False
    )
    note = note_field("What it waits for. No names of officers.", max_length=500)


class HoldEndForm(VersionForm):
    on = today_field("Work goes on from", "The first day no longer on hold.")
    note = note_field("How it was settled.", max_length=500)


class HoldCorrectForm(VersionForm):
    why = _why_field(HoldReason.objects.all())
    owner = party_field()
    begins_on = day_field("On hold from")
    ends_on = day_field("Until", "The first day no longer on hold. Empty: still.", required=False)
    reason = reason_field(required=True)

    def __init__(self, *args: Any, hold: Hold, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("why", "owner", "begins_on", "ends_on"):
            self.fields[name].initial = getattr(hold, name)
