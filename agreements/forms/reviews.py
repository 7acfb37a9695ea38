"""Answers in the review queue."""

from __future__ import annotations

from typing import Any

from django import forms

from agreements.choices import DecisionState, VerdictKind
from agreements.models import Decision

__all__ = ["UndoForm", "VerdictForm"]


class VerdictForm(forms.Form):
    """Same, different or later, with a reason; `confirmed` is set by the page that asks once more."""

    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    kind = forms.ChoiceField(choices=VerdictKind.choices, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, decision: Decision, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        reason.help_text = "What you know beyond the evidence. It stays with the decision."
        if decision.state == DecisionState.APPLIED:
            reason.required = True
            reason.help_text = "Why the rule is wrong here. It stays with the decision."
            reason.error_messages["required"] = "Say why the rule is wrong here."


class UndoForm(forms.Form):
    """Why an answer is taken back."""

    reason = forms.CharField(
        label="Why the answer is taken back",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why the answer is taken back."},
    )
