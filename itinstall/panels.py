"""The panel of delays on the home page, from snapshots."""

from __future__ import annotations

from typing import Any

from itinstall.metrics.subjects import stage_names
from oversight.console.figures import DayFigures, Shown
from oversight.console.panels import Panel, PanelRequest, register_panel
from oversight.console.tiles import Tile
from oversight.metrics.choices import Level

__all__ = ["register_panels"]


def delays_now(request: PanelRequest) -> dict[str, Any] | None:
    """Tiles and the stage in which late installations lose most; None while the figures are not computed."""
    figures = request.figures()
    is_open = figures.get("itinstall.open")
    if is_open is None:
        return None
    days = figures.get("itinstall.days_median")
    slow = _bottleneck(figures)
    nothing = not is_open.value and (days is None or days.value is None)
    median = figures.get("itinstall.km_median")
    return {
        "figures": figures,
        # Completed long ago, or without a clock: there is something to look at all the same.
        "is_empty": nothing and (median is None or not median.n) and not _ever_completed(figures),
        "tiles": [
            Tile("Open requests", is_open),
            Tile("Past their target", figures.get("itinstall.open_past_target")),
            Tile("Median, open ones counted", median, note="calendar days from the MOA’s signature"),
            Tile("Over target", figures.get("itinstall.over_target_share"), note="completed in 365 days"),
        ],
        "bottleneck": slow,
        "bottleneck_name": stage_names().get(slow.subject.key, slow.subject.key) if slow else "",
    }


def _bottleneck(figures: DayFigures) -> Shown | None:
    """Where late installations spent longest beyond the others; None where nowhere."""
    key = "itinstall.bottleneck_days"
    found = [figures.get(key, subject) for subject in figures.subjects(key, Level.STAGE)]
    known = [shown for shown in found if shown is not None and shown.value is not None and shown.value > 0]
    return max(known, key=lambda shown: shown.value or 0, default=None)


def _ever_completed(figures: DayFigures) -> bool:
    month = figures.get("itinstall.completed_30d")
    return bool(month and month.value)


def register_panels() -> None:
    """Called once, when the app is ready."""
    register_panel(
        Panel(
            "itinstall.delays", "Installations and their delays", 55, "aggregates.view", delays_now,
            "itinstall/panels/delays.html",
        )
    )  # fmt: skip
