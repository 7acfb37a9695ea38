"""Maps of states and counties as SVG drawn by the server: readable without color, printable, small.

Outlines come from us-atlas, built at set-up into static/vendor/geo/ (tools/geometry.py). They are served
once as one file of shapes (`shapes_svg`, kept by the browser), and a map only says which shape has which
class. Classes have fixed limits, so that maps of two dates compare, and differ by pattern as well as by
shade. Territories have no place in that projection; the table beside the map has them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

__all__ = [
    "COUNTY_BREAKS",
    "LEVELS",
    "STATE_BREAKS",
    "MapPlace",
    "UsMap",
    "county_map",
    "has_county",
    "shapes_digest",
    "shapes_svg",
    "us_map",
]

LEVELS = ("states", "counties")
# Classes of shading: from this figure on. Fixed, so that maps of two dates compare.
STATE_BREAKS = (1, 10, 25, 50, 100)
COUNTY_BREAKS = (1, 2, 3, 5, 10)
MARGIN = 8  # around a state that fills the map, in units of the drawing
# Too small for a figure inside at the width of a page; the table has them.
UNLABELED = frozenset(
    {"Connecticut", "Delaware", "District of Columbia", "Hawaii", "Maryland", "Massachusetts",
     "New Hampshire", "New Jersey", "Rhode Island", "Vermont"}
)  # fmt: skip
# The center of gravity lies beside the land.
MOVED = {"Michigan": (693.0, 205.0), "Florida": (776.0, 516.0), "Louisiana": (566.0, 475.0)}
_POINT = re.compile(r"([Ml ])(-?[\d.]+),(-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class MapPlace:
    """What the map says of one place: a state by its name, a county by its FIPS code.

    `label` in words, e.g. "Texas: 311 listed". `href` "" where nothing can be opened.
    """

    key: str
    value: int
    label: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A place as drawn: its outline in the file of shapes."""

    outline: str
    place: MapPlace


@dataclass(frozen=True, slots=True)
class Group:
    """The places of one class: 0 = none … 5."""

    shade: int
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A figure on the map."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class UsMap:
    """A map. `borders`: outlines of states over counties. `legend`: class and range in words.

    `left_out`: what the places sum up to that the projection has no shape for.
    """

    view_box: str
    scale: float  # of patterns, lines and figures: 1 for the whole country
    groups: tuple[Group, ...]
    borders: tuple[str, ...]
    labels: tuple[Label, ...]
    legend: tuple[tuple[int, str], ...]
    left_out: int

    @property
    def has_links(self) -> bool:
        return any(shape.place.href for group in self.groups for shape in group.shapes)


def us_map(states: Iterable[MapPlace], *, nothing: str) -> UsMap:
    """The country by state; `nothing` says what holds for states that are not given, e.g. "none listed"."""
    given = {state.key: state for state in states}
    shapes, labels = [], []
    for fips, outline in _outlines("states").items():
        name = outline["name"]
        place = given.pop(name, None) or MapPlace(name, 0, f"{name}: {nothing}")
        shapes.append(Shape(_address("states", fips), place))
        if place.value > 0 and name not in UNLABELED:
            x, y = MOVED.get(name, (outline["x"], outline["y"]))
            labels.append(Label(x, y, f"{place.value:,}"))
    return UsMap(
        view_box=f"0 0 {_geometry('states')['width']} {_geometry('states')['height']}",
        scale=1.0,
        groups=_groups(shapes, STATE_BREAKS),
        borders=(),
        labels=tuple(labels),
        legend=_legend(STATE_BREAKS, nothing),
        left_out=sum(place.value for place in given.values()),
    )


def county_map(counties: Sequence[MapPlace], *, nothing: str, state: str = "") -> UsMap:
    """The counties that are given, over the borders of states.

    With `state` (its name) that state fills the map and all its counties are drawn, those without anything
    too. Raises KeyError for a name without a shape.
    """
    outlines, states = _outlines("counties"), _outlines("states")
    given = {county.key: county for county in counties}
    known = {fips: place for fips, place in given.items() if fips in outlines and place.value}
    left_out = sum(place.value for place in given.values()) - sum(place.value for place in known.values())
    borders = list(states)
    box, scale, labels = f"0 0 {_geometry('states')['width']} {_geometry('states')['height']}", 1.0, []
    if state:
        borders = [_fips_of(state)]
        box, scale = _box_of(_outline_box("states", borders[0]))
        for fips, outline in outlines.items():
            if fips.startswith(borders[0]):
                known.setdefault(fips, MapPlace(fips, 0, f"{outline['name']}: {nothing}"))
        labels = [
            Label(outlines[fips]["x"], outlines[fips]["y"], f"{place.value:,}")
            for fips, place in known.items()
            if place.value
        ]
    shapes = [Shape(_address("counties", fips), place) for fips, place in sorted(known.items())]
    return UsMap(
        view_box=box,
        scale=scale,
        groups=_groups(shapes, COUNTY_BREAKS),
        borders=tuple(_address("states", fips) for fips in borders),
        labels=tuple(labels),
        legend=_legend(COUNTY_BREAKS, nothing),
        left_out=left_out,
    )


def has_county(fips: str) -> bool:
    """Whether the projection has a shape for the county."""
    return fips in _outlines("counties")


def _groups(shapes: Iterable[Shape], breaks: Sequence[int]) -> tuple[Group, ...]:
    by_shade: dict[int, list[Shape]] = {}
    for shape in shapes:
        by_shade.setdefault(sum(shape.place.value >= start for start in breaks), []).append(shape)
    return tuple(Group(shade, tuple(found)) for shade, found in sorted(by_shade.items()))


def _legend(breaks: Sequence[int], nothing: str) -> tuple[tuple[int, str], ...]:
    ends = [
        f"{start}" if start == following - 1 else f"{start}–{following - 1}"
        for start, following in pairwise(breaks)
    ]
    return tuple(enumerate([nothing, *ends, f"{breaks[-1]} or more"]))


# --- outlines


def _fips_of(state: str) -> str:
    for fips, outline in _outlines("states").items():
        if outline["name"] == state:
            return fips
    raise KeyError(state)


def _address(level: str, fips: str) -> str:
    return f"{_file_address(level)}#{level[0]}{fips}"


@cache
def _file_address(level: str) -> str:
    return f"{reverse('console:map_shapes', args=[level])}?v={shapes_digest(level)[:12]}"


@cache
def shapes_digest(level: str) -> str:
    """Changes when the shapes do: browsers keep the file until then."""
    return hashlib.sha256(shapes_svg(level)).hexdigest()


@cache
def shapes_svg(level: str) -> bytes:
    """All outlines of a level in one file, to be referred to by "s48" or "c48201"."""
    paths = "".join(f'<path id="{level[0]}{fips}" d="{o["d"]}"/>' for fips, o in _outlines(level).items())
    return f'<svg xmlns="http://www.w3.org/2000/svg"><defs>{paths}</defs></svg>'.encode()


@cache
def _outline_box(level: str, fips: str) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of an outline."""
    x = y = 0.0
    xs, ys = [], []
    for command, first, second in _POINT.findall(_outlines(level)[fips]["d"]):
        if command == "M":
            x = y = 0.0
        x, y = x + float(first), y + float(second)
        xs.append(x)
        ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)


def _box_of(box: tuple[float, float, float, float]) -> tuple[str, float]:
    """The part of the drawing that shows `box`, in the country's proportions; and its scale to the whole."""
    left, top, right, bottom = box
    whole = _geometry("states")
    ratio = whole["height"] / whole["width"]
    width = max(right - left, (bottom - top) / ratio)
    scale = width / (whole["width"] - 2 * MARGIN)
    width, height = whole["width"] * scale, whole["height"] * scale
    x, y = (left + right - width) / 2, (top + bottom - height) / 2
    return f"{x:.1f} {y:.1f} {width:.1f} {height:.1f}", scale


def _outlines(level: str) -> Mapping[str, Any]:
    shapes: Mapping[str, Any] = _geometry(level)["shapes"]
    return shapes


@cache
def _geometry(level: str) -> dict[str, Any]:
    """The outlines, from the folder that serves or collects static files."""
    name = f"vendor/geo/{level}.json"
    found = finders.find(name)
    path = Path(found) if isinstance(found, str) else Path(staticfiles_storage.path(name))
    if not path.exists():
        raise ImproperlyConfigured(f"{name} is missing. Run `make setup`, which builds it.")
    geometry: dict[str, Any] = json.loads(path.read_text())
    return geometry
