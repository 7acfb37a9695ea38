"""Forms of targets and of answers to gaps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from oversight.console.form_fields import day_field, today_field
from oversight.metrics.base import Subject
from oversight.metrics.choices import Direction, Level
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.services.targets import NewTarget
from oversight.metrics.subjects import level_names
from oversight.metrics.words import is_share

__all__ = ["EndForm", "GapAnswerForm", "ReopenForm", "TargetForm", "new_target", "where_words"]

EVERY = "*"
HUNDRED = Decimal(100)


def _text(label: str, help_text: str, problem: str, *, most: int = 300) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=most, error_messages={"required": problem}
    )


def _long(label: str, help_text: str = "", problem: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=bool(problem),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": problem} if problem else None,
    )


class TargetForm(forms.Form):
    """A target for one figure of one subject, or of every subject of a level."""

    metric = forms.ChoiceField(
        label="Figure", error_messages={"required": "Choose a figure.", "invalid_choice": "Choose a figure."}
    )
    where = forms.ChoiceField(
        label="For",
        help_text="The nation, one subject, or every subject of a level.",
        error_messages={"required": "Choose whom it is for.", "invalid_choice": "Choose one from the list."},
    )
    direction = forms.ChoiceField(
        label="The figure should be",
        choices=Direction.choices,
        error_messages={"required": "Choose at most or at least."},
    )
    value = forms.DecimalField(
        label="Value",
        max_digits=14,
        decimal_places=4,
        min_value=0,
        help_text="In the unit of the figure; a share in percent, for example 5 for 5 %.",
        error_messages={"required": "Enter a number.", "invalid": "Enter a number, for example 10 or 7.5."},
    )
    valid_from = today_field(
        "From", "The first day on which it holds. A target that runs then ends on that day."
    )
    valid_to = day_field(
        "Until (excluded)", "The first day on which it no longer holds. Empty: open.", required=False
    )
    owner = _text("Owner", "The office or role that answers for it.", "Enter an office or a role.", most=120)
    source = _text(
        "Source", "The decision or document it rests on, with its date.", "Enter what the target rests on."
    )
    note = _long("Note", "What a reader should know. Not required.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["metric"].choices = [("", "Choose"), *((item.key, item.name) for item in all_metrics())]  # type: ignore[attr-defined]
        self.fields["where"].choices = _places()  # type: ignore[attr-defined]


def new_target(data: dict[str, Any]) -> NewTarget:
    """What is to be set, from a valid TargetForm's `cleaned_data`."""
    level, _, key = data["where"].partition(":")
    return NewTarget(
        metric=data["metric"],
        subject=Subject(level, "" if key == EVERY else key),
        for_every=key == EVERY,
        direction=Direction(data["direction"]),
        value=data["value"] / HUNDRED if is_share(get_metric(data["metric"])) else data["value"],
        valid_from=data["valid_from"],
        valid_to=data["valid_to"],
        owner=data["owner"],
        source=data["source"],
        note=data["note"],
    )


def where_words(target: NewTarget) -> str:
    """Example: "Texas", "every field office", "the nation". For a NewTarget."""
    if target.for_every:
        return f"every {Level(target.subject.level).label.lower()}"
    if target.subject.level == Level.NATION:
        return "the nation"
    return level_names(target.subject.level).get(target.subject.key, target.subject.key)


def _places() -> list[Any]:
    """The nation, then per level every subject of it and each one."""
    places: list[Any] = [(f"{Level.NATION}:", "Nation")]
    for level in (Level.OFFICE, Level.STATE, Level.MODEL, Level.YEAR, Level.STAGE):
        names = level_names(level)
        if names:
            each = [(f"{level}:{key}", name) for key, name in names.items()]
            places.append((level.label, [(f"{level}:{EVERY}", f"Every {level.label.lower()}"), *each]))
    return places


class EndForm(forms.Form):
    """From which day a target no longer holds, and why."""

    on = today_field("Until (excluded)", "The first day on which it no longer holds.")
    reason = _long("Reason", "The decision it rests on. It goes into the history.", "Enter the reason.")


class GapAnswerForm(forms.Form):
    """An answer to what was not known."""

    answer = _long("Answer", "In the words of whoever gave it, as far as possible.", "Enter the answer.")
    source = _text(
        "Source",
        "Who said it, or the document and page.",
        "Enter who said it or where it is written.",
    )
    answered_on = today_field("Day of the answer")


class ReopenForm(forms.Form):
    """Why an answer no longer holds."""

    reason = _long("Reason", "It goes into the history.", "Say why the answer no longer holds.")
