"""SVG paths of states and counties from us-atlas (TopoJSON, already projected to 975 x 610, y down).

The maps are drawn by the server: small, accessible, printable, the same in a PDF.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

WIDTH, HEIGHT = 975, 610
# A shape that a coarse grid would flatten (Virginia's independent cities) is drawn on this one.
FINE_STEP = 0.1

Point = tuple[int, int]
Ring = list[Point]


def build_shapes(topology: dict[str, Any], name: str, *, step: float) -> dict[str, Any]:
    """Paths by FIPS code: {"width", "height", "shapes": {"48": {"name", "d", "x", "y"}}}.

    `step` is the grid in pixels that points are rounded to; borders that two shapes share stay
    shared. `x` and `y` are a point inside the largest part, for a label.
    """
    coarse, fine = decode_arcs(topology, step), decode_arcs(topology, FINE_STEP)
    shapes = {}
    for geometry in sorted(topology["objects"][name]["geometries"], key=lambda item: item["id"]):
        used, rings = step, list(rings_of(geometry, coarse))
        if not rings:
            used, rings = FINE_STEP, list(rings_of(geometry, fine)) or [mark_of(geometry, fine)]
        largest = max(rings, key=lambda ring: abs(double_area(ring)))
        x, y = center(largest)
        shapes[geometry["id"]] = {
            "name": geometry["properties"]["name"],
            "d": "".join(path_of(ring, used) for ring in rings),
            "x": round(x * used, 1),
            "y": round(y * used, 1),
        }
    return {"width": WIDTH, "height": HEIGHT, "shapes": shapes}


def decode_arcs(topology: dict[str, Any], step: float) -> list[Ring]:
    """The topology's lines as whole multiples of `step`."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((round((x * kx + dx) / step), round((y * ky + dy) / step)))
        arcs.append(points)
    return arcs


def rings_of(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[Ring]:
    """The rings of a polygon or several, without repeated points and without rings of no area."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        for indexes in polygon:
            ring: Ring = []
            for index in indexes:
                # TopoJSON: ~index is the same line, backwards.
                ring.extend(arcs[index] if index >= 0 else arcs[~index][::-1])
            ring = without_repeats(ring)
            if len(ring) > 2 and double_area(ring):
                yield ring


def mark_of(geometry: dict[str, Any], arcs: list[Ring]) -> Ring:
    """A square of one pixel where the source has flattened a shape to a line (three cities in Virginia)."""
    while isinstance(geometry["arcs"][0], list):
        geometry = {"arcs": geometry["arcs"][0]}
    index = geometry["arcs"][0]
    x, y = arcs[index if index >= 0 else ~index][0]
    half = round(0.5 / FINE_STEP)
    return [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]


def without_repeats(ring: Ring) -> Ring:
    """The ring without points that equal the one before, and without the closing point."""
    kept = [point for index, point in enumerate(ring) if index == 0 or point != ring[index - 1]]
    return kept[:-1] if len(kept) > 1 and kept[0] == kept[-1] else kept


def double_area(ring: Ring) -> int:
    """Twice the signed area (shoelace)."""
    following = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True))


def center(ring: Ring) -> tuple[float, float]:
    """The center of gravity of a ring."""
    following = [*ring[1:], ring[0]]
    area, x, y = double_area(ring), 0.0, 0.0
    for a, b in zip(ring, following, strict=True):
        cross = a[0] * b[1] - b[0] * a[1]
        x, y = x + (a[0] + b[0]) * cross, y + (a[1] + b[1]) * cross
    return x / (3 * area), y / (3 * area)


def path_of(ring: Ring, step: float) -> str:
    """One closed SVG sub-path with relative lines: "M10,20l1,0 0,-1z"."""
    first, previous, parts = ring[0], ring[0], []
    for point in ring[1:]:
        parts.append(f"{_number(point[0] - previous[0], step)},{_number(point[1] - previous[1], step)}")
        previous = point
    return f"M{_number(first[0], step)},{_number(first[1], step)}l{' '.join(parts)}z"


def _number(multiple: int, step: float) -> str:
    return f"{multiple * step:.1f}".rstrip("0").rstrip(".") if step < 1 else str(round(multiple * step))
