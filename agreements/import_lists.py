"""The lists of imports and reviews."""

from __future__ import annotations

from agreements.filters.imports import ImportFilter
from agreements.filters.reviews import ReviewFilter, RuleDecisionFilter
from agreements.selectors.imports import roster_imports
from agreements.selectors.reviews import review_queue, rule_decisions
from agreements.tables.imports import ImportTable
from agreements.tables.reviews import ReviewTable, RuleDecisionTable
from oversight.console.lists import ListSpec, register_list

__all__ = ["register_import_lists"]


def register_import_lists() -> None:
    """Called once, when the app is ready."""
    register_list(
        ListSpec(
            key="imports",
            page="agreements:import_list",
            title="Imports",
            one="import",
            action="imports.view",
            selector=roster_imports,
            filterset=ImportFilter,
            table=ImportTable,
            empty="No list has been imported yet. Headquarters staff upload ICE’s published workbooks here.",
        )
    )
    register_list(
        ListSpec(
            key="reviews",
            page="agreements:review_list",
            title="Reviews",
            one="review",
            action="reviews.view",
            selector=review_queue,
            filterset=ReviewFilter,
            table=ReviewTable,
            empty="Nothing waits for a decision. Questions appear here when a list prints names or dates "
            "that are alike but not surely the same.",
        )
    )
    register_list(
        ListSpec(
            key="rule_decisions",
            page="agreements:rule_decision_list",
            title="Decisions by rules",
            one="decision by a rule",
            action="reviews.view",
            selector=rule_decisions,
            filterset=RuleDecisionFilter,
            table=RuleDecisionTable,
            empty="No rule has joined anything yet. Import a list first.",
        )
    )
