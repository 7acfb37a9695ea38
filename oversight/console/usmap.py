"""The map of states as SVG drawn by the server: a link per state, figures on it, readable without color.

Shapes come from us-atlas, built at set-up into static/vendor/geo/ (tools/geometry.py). Territories have no
place in that projection; the table beside the map has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured

__all__ = ["BREAKS", "MapState", "UsMap", "us_map"]

SHAPES = "vendor/geo/states.json"
# Classes of shading: from this figure on. Fixed, so that maps of two dates compare.
BREAKS = (1, 10, 25, 50, 100)
# Too small for a figure inside at the width of a page; the table has them.
UNLABELED = frozenset(
    {"Connecticut", "Delaware", "District of Columbia", "Hawaii", "Maryland", "Massachusetts",
     "New Hampshire", "New Jersey", "Rhode Island", "Vermont"}
)  # fmt: skip
# The center of gravity lies beside the land.
MOVED = {"Michigan": (693.0, 205.0), "Florida": (776.0, 516.0), "Louisiana": (566.0, 475.0)}


@dataclass(frozen=True, slots=True)
class MapState:
    """What the map says of one state. `href` "" where the rows cannot be opened."""

    name: str
    value: int
    label: str  # in words, e.g. "Texas: 311 listed"
    href: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A state as drawn: its outline, its shade (0 = none … 5), where its figure stands."""

    d: str
    shade: int
    x: float
    y: float
    has_label: bool
    state: MapState


@dataclass(frozen=True, slots=True)
class UsMap:
    """The map, and the words of its legend: shade and range."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    legend: tuple[tuple[int, str], ...]


def us_map(states: Iterable[MapState], *, nothing: str) -> UsMap:
    """The map with `states`; `nothing` says what holds for those that are not given, e.g. "none listed"."""
    given = {state.name: state for state in states}
    geometry = _geometry()
    shapes = []
    for outline in geometry["shapes"].values():
        name = outline["name"]
        state = given.get(name) or MapState(name, 0, f"{name}: {nothing}", "")
        x, y = MOVED.get(name, (outline["x"], outline["y"]))
        has_label = state.value > 0 and name not in UNLABELED
        shapes.append(Shape(outline["d"], _shade(state.value), x, y, has_label, state))
    return UsMap(geometry["width"], geometry["height"], tuple(shapes), _legend(nothing))


def _shade(value: int) -> int:
    return sum(value >= start for start in BREAKS)


def _legend(nothing: str) -> tuple[tuple[int, str], ...]:
    ends = [f"{start}–{following - 1}" for start, following in pairwise(BREAKS)]
    return tuple(enumerate([nothing, *ends, f"{BREAKS[-1]} or more"]))


@cache
def _geometry() -> dict[str, Any]:
    """The outlines, from the folder that serves or collects static files."""
    found = finders.find(SHAPES)
    path = Path(found) if isinstance(found, str) else Path(staticfiles_storage.path(SHAPES))
    if not path.exists():
        raise ImproperlyConfigured(f"{SHAPES} is missing. Run `make setup`, which builds it.")
    geometry: dict[str, Any] = json.loads(path.read_text())
    return geometry
