"""Filters of the review queue and of the decisions applied by rules."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.db.models import Q, QuerySet

from agreements.choices import DecisionState
from agreements.models import Decision, State
from agreements.wording import RULES
from oversight.console.list_filters import ListFilterSet, date_filter, scoped_choice

__all__ = ["ReviewFilter", "RuleDecisionFilter"]

SUBJECTS = [("agency", "Agencies"), ("agreement", "Agreements")]
RULE_CHOICES = [(key, text.label) for key, text in RULES.items() if key not in {"canonical_name", "verdict"}]
QUEUE_STATES = [choice for choice in DecisionState.choices if choice[0] != DecisionState.APPLIED]


class RuleDecisionFilter(ListFilterSet):
    """By name, rule, state of the agency, what it is about, and when its list was published."""

    primary: ClassVar[tuple[str, ...]] = ("q", "state", "rule", "us_state")

    q = django_filters.CharFilter(method="by_name", label="Name")
    rule = django_filters.ChoiceFilter(choices=RULE_CHOICES, label="Rule", empty_label="Any")
    us_state = scoped_choice(
        queryset=lambda request: State.objects.all(),
        field_name="left_key",
        label="State of the agency",
        method="by_us_state",
    )
    subject = django_filters.ChoiceFilter(choices=SUBJECTS, label="About", empty_label="Any")
    since = date_filter(field_name="publication__published_on", lookup="gte", label="List from")
    until = date_filter(field_name="publication__published_on", lookup="lte", label="List until")

    class Meta:
        model = Decision
        fields: ClassVar[list[str]] = []

    def by_name(self, rows: QuerySet[Decision], name: str, value: str) -> QuerySet[Decision]:
        """Each word somewhere in one of the two, as printed now or in the name used for matching."""
        for word in value.split():
            rows = rows.filter(
                Q(left_key__icontains=word)
                | Q(right_key__icontains=word)
                | Q(left_agency__name__icontains=word)
                | Q(right_agency__name__icontains=word)
            )
        return rows

    def by_us_state(self, rows: QuerySet[Decision], name: str, value: Any) -> QuerySet[Decision]:
        start = f"{value.pk}|"
        return rows.filter(Q(left_key__startswith=start) | Q(right_key__startswith=start))


class ReviewFilter(RuleDecisionFilter):
    """The same, and by answer."""

    state = django_filters.ChoiceFilter(choices=QUEUE_STATES, label="Answer", empty_label="Any")

    class Meta:
        model = Decision
        fields: ClassVar[list[str]] = []
