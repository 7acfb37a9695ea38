"""The panels of agreements on the home page.

National figures come from snapshots; lists, the trend and one's own records are read beside them
(selectors/dashboard).
"""

from __future__ import annotations

from agreements.panels.pending import pending
from agreements.panels.places import by_office, by_state, places_mark
from agreements.panels.program import program, start
from agreements.panels.trend import last_lists, over_time, over_time_mark
from oversight.console.panels import Panel, register_panel

__all__ = ["register_panels"]

VIEW = "aggregates.view"


def register_panels() -> None:
    """Called once, when the app is ready."""
    folder = "agreements/panels"
    chart = ("vendor/echarts/echarts.min.js", "js/charts.js")
    for panel in (
        Panel("agreements.start", "Start here", 0, VIEW, start, f"{folder}/start.html"),
        Panel("agreements.program", "Program now", 10, VIEW, program, f"{folder}/program.html"),
        Panel("agreements.over_time", "Listed agreements over time", 30, VIEW, over_time,
              f"{folder}/over_time.html", "wide", chart, over_time_mark),
        Panel("agreements.pending", "Pending", 40, VIEW, pending, f"{folder}/pending.html", "narrow"),
        Panel("agreements.last_lists", "What the last lists changed", 60, VIEW, last_lists,
              f"{folder}/last_lists.html"),
        Panel("agreements.by_state", "By state", 70, VIEW, by_state, f"{folder}/by_state.html",
              mark=places_mark),
        Panel("agreements.by_office", "By field office", 80, VIEW, by_office, f"{folder}/by_office.html",
              mark=places_mark),
    ):  # fmt: skip
        register_panel(panel)
