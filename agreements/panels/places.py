"""Figures by state, with the map, and by field office: from snapshots, one's own beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from agreements.choices import Status
from agreements.metrics import OFFICE_UNKNOWN
from agreements.panels.common import agreements_page, lists_of, mark_of, reach_of
from agreements.selectors.reference import place_names
from oversight.console.figures import DayFigures, Shown
from oversight.console.panels import PanelRequest
from oversight.console.tiles import Rows
from oversight.console.usmap import MapPlace, us_map
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level

__all__ = ["Line", "by_office", "by_state", "places_mark"]

TOP_STATES = 10
LISTED = "agreements.listed"


@dataclass(frozen=True, slots=True)
class Line:
    """A state or an office. `rows`: the person's own listed agreements in it."""

    key: str
    label: str
    listed: Shown | None
    in_force: Shown | None
    agencies: Shown | None
    pending: Shown | None
    additions: Shown | None
    exits: Shown | None
    rows: Rows | None = None

    @property
    def n(self) -> int:
        return int(self.listed.value) if self.listed and self.listed.value is not None else 0


def _line(request: PanelRequest, subject: Subject, label: str, **where: str) -> Line:
    figures = request.figures()
    found = reach_of(request)
    n = found.of(subject).listed if found else 0
    return Line(
        key=subject.key,
        label=label,
        listed=figures.get(LISTED, subject),
        in_force=figures.get("agreements.in_force", subject),
        agencies=figures.get("agreements.agencies_listed", subject),
        pending=figures.get("agreements.pending", subject),
        additions=figures.get("agreements.additions_30d", subject),
        exits=figures.get("agreements.exits_30d", subject),
        rows=Rows(agreements_page(status=Status.ACTIVE.value, **where), n) if n else None,
    )


def places_mark(request: PanelRequest) -> str:
    """Both panels show figures and names, and nothing before the first list or while nothing is computed."""
    figures, names = request.figures(), place_names()
    if figures.as_of is None or lists_of(request).last is None:
        return ""
    return mark_of(request, figures.mark, list(names.states.items()), list(names.offices.items()))


def _largest_first(line: Line) -> tuple[int, str]:
    return -line.n, line.label


def by_state(request: PanelRequest) -> dict[str, Any] | None:
    """The map and the table; None before the first list, or while the figures are not computed."""
    figures = request.figures()
    if lists_of(request).last is None or figures.get(LISTED) is None:
        return None
    names = place_names().states
    lines = [
        _line(request, subject, names.get(subject.key, subject.key), state=subject.key)
        for subject in figures.subjects(LISTED, Level.STATE)
    ]
    lines = sorted((line for line in lines if line.n), key=_largest_first)
    return {
        "rows": lines,
        "top": lines[:TOP_STATES],
        "largest": max((line.n for line in lines), default=0),
        "map": us_map([_on_map(line) for line in lines], nothing="none listed"),
        "unread": _unread(figures, lines),
        "figures": figures,
    }


def _unread(figures: DayFigures, lines: list[Line]) -> int:
    """Listed agreements whose state was not read: counted in the nation only."""
    nation = figures.get(LISTED)
    return int(nation.value or 0) - sum(line.n for line in lines) if nation else 0


def _on_map(line: Line) -> MapPlace:
    """A state opens its counties on the map over time, which is national: everyone may."""
    label = f"{line.label}: {line.n:,} listed"
    if line.rows and line.rows.n and line.rows.n < line.n:
        label += f", {line.rows.n:,} of them yours"
    return MapPlace(line.label, line.n, label, f"{reverse('agreements:map')}?level=county&state={line.key}")


def by_office(request: PanelRequest) -> dict[str, Any] | None:
    """The table by field office, the unknown one last; None as for states."""
    figures = request.figures()
    if lists_of(request).last is None or figures.get(LISTED) is None:
        return None
    lines = [
        _line(request, Subject(Level.OFFICE, slug), name, office=slug)
        for slug, name in place_names().offices.items()
    ]
    lines.sort(key=_largest_first)
    lines.append(
        _line(request, Subject(Level.OFFICE, OFFICE_UNKNOWN), "Office not known", office=OFFICE_UNKNOWN)
    )
    return {"rows": lines, "largest": max(line.n for line in lines), "figures": figures}
