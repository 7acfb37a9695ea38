"""Tables of the review queue and of the decisions applied by rules."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from agreements.choices import DecisionState
from agreements.models import Decision
from agreements.services.keys import key_from_text
from agreements.wording import explain_rule
from oversight.console.templatetags.console_tags import icon

__all__ = ["DECISION_BADGES", "ReviewTable", "RuleDecisionTable", "pair_names"]

DECISION_BADGES = {
    DecisionState.OPEN: ("badge--missing", "help"),
    DecisionState.LATER: ("badge--pending", "schedule"),
    DecisionState.SAME: ("badge--active", "link"),
    DecisionState.DISTINCT: ("badge--removed", "link_off"),
    DecisionState.APPLIED: ("badge--plain", "settings"),
}


def side_label(key: str) -> str:
    """A key for people: "harris county sheriff office (TX), JEM, 2025-03-01"."""
    if key.startswith("statement:"):
        return "staff statement"
    parts = key_from_text(key)
    rest = [part for part in parts[2:] if part]
    return ", ".join([f"{parts[1]} ({parts[0]})", *rest])


def pair_names(decision: Decision) -> tuple[str, str]:
    """The two as last printed, each with its state, and model and date for agreements."""
    printed = {}
    for side in (decision.evidence or {}).get("sides", ()):
        key = [str(part) for part in side.get("key", ())]
        printed["|".join(key)] = printed["|".join(key[:2])] = str(side.get("name") or "")
    return _name(decision.left_key, printed), _name(decision.right_key, printed)


def _name(key: str, printed: dict[str, str]) -> str:
    if not printed.get(key):
        return side_label(key)
    parts = key_from_text(key)
    rest = [part for part in parts[2:] if part]
    return ", ".join([printed[key], parts[0], *rest])


class RuleDecisionTable(tables.Table):
    """One row per pair."""

    pair = tables.Column("Pair", empty_values=(), orderable=False)
    rule = tables.Column("Rule", order_by=("rule",))
    subject = tables.Column("About", order_by=("subject",))
    publication = tables.Column("Shows on", order_by=("publication__published_on",))

    class Meta:
        model = Decision
        fields = ()
        sequence = ("pair", "rule", "subject", "publication")
        order_by = ("-pk",)

    def render_pair(self, record: Decision) -> Any:
        address = reverse("agreements:review_detail", args=[record.pk])
        left, right = pair_names(record)
        return format_html('<a href="{}">{}</a><span class="cell-sub">and {}</span>', address, left, right)

    def value_pair(self, record: Decision) -> str:
        return " / ".join(pair_names(record))

    def render_rule(self, record: Decision) -> str:
        return explain_rule(record.rule).label

    def render_subject(self, record: Decision) -> str:
        return {"agency": "Agencies", "agreement": "Agreements"}.get(record.subject, record.subject)

    def render_publication(self, record: Decision) -> str:
        return str(record.publication) if record.publication else "–"


class ReviewTable(RuleDecisionTable):
    """With the answer; open questions first."""

    answer = tables.Column("Answer", empty_values=(), order_by=("rank",))

    class Meta:
        model = Decision
        fields = ()
        sequence = ("pair", "answer", "rule", "subject", "publication")
        order_by = ("rank", "-pk")

    def render_answer(self, record: Decision) -> Any:
        css, name = DECISION_BADGES[DecisionState(record.state)]
        return format_html('<span class="badge {}">{}{}</span>', css, icon(name), record.get_state_display())

    def value_answer(self, record: Decision) -> str:
        return str(record.get_state_display())
