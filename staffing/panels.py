"""The panel of program managers on the home page, from snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agreements.metrics import OFFICE_UNKNOWN
from agreements.selectors.reference import place_names
from oversight.console.figures import Shown
from oversight.console.panels import Panel, PanelRequest, register_panel
from oversight.console.tiles import Tile
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level

__all__ = ["register_panels"]


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """A field office: program managers on board, what each answers for, who has none."""

    label: str
    managers: int
    per_pm: Shown | None
    median: Shown | None
    largest: Shown | None
    without: Shown | None


def program_managers(request: PanelRequest) -> dict[str, Any] | None:
    """Tiles and the table by office; None while the figures are not computed, or nothing is listed."""
    figures = request.figures()
    per_pm = figures.get("staffing.agencies_per_pm")
    if per_pm is None or not (per_pm.numerator or per_pm.denominator):
        return None
    names = place_names().offices
    lines = []
    for subject in figures.subjects("staffing.agencies_per_pm", Level.OFFICE):
        if subject.key == OFFICE_UNKNOWN:
            continue
        lines.append(_line(request, subject, names.get(subject.key, subject.key)))
    lines.sort(key=lambda line: line.label)
    return {
        "figures": figures,
        "tiles": [
            Tile("Agencies per program manager", per_pm, note="program managers on board"),
            Tile("Agencies without one", figures.get("staffing.agencies_without_pm"), note="no primary"),
            Tile("Span, median", figures.get("staffing.span_median"), note="agencies as primary"),
            Tile("Span, 90th percentile", figures.get("staffing.span_p90")),
            Tile("Span, maximum", figures.get("staffing.span_max")),
        ],
        "rows": lines,
    }


def _line(request: PanelRequest, subject: Subject, label: str) -> OfficeLine:
    figures = request.figures()
    per_pm = figures.get("staffing.agencies_per_pm", subject)
    return OfficeLine(
        label=label,
        managers=int(per_pm.denominator or 0) if per_pm else 0,
        per_pm=per_pm,
        median=figures.get("staffing.span_median", subject),
        largest=figures.get("staffing.span_max", subject),
        without=figures.get("staffing.agencies_without_pm", subject),
    )


def register_panels() -> None:
    """Called once, when the app is ready."""
    register_panel(
        Panel(
            "staffing.program_managers", "Program managers", 50, "aggregates.view", program_managers,
            "staffing/panels/program_managers.html",
        )
    )  # fmt: skip
