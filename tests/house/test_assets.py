"""What is copied from the front-end packages is complete, and the outlines are right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.assets import SOURCE_MAP
from tools.geometry import build_shapes

VENDOR = Path(__file__).resolve().parent.parent.parent / "static" / "vendor"

# Two squares of 10 x 10 side by side that share a border, and a third shape of half a pixel.
TOPOLOGY = {
    "transform": {"scale": [0.5, 0.5], "translate": [100, 50]},
    "arcs": [
        [[20, 0], [0, 20]],  # the shared border, downwards
        [[20, 20], [-20, 0], [0, -20], [20, 0]],  # round the left square
        [[20, 0], [20, 0], [0, 20], [-20, 0]],  # round the right one
        [[60, 0], [1, 0], [0, 1], [-1, 0], [0, -1]],
    ],
    "objects": {
        "counties": {
            "geometries": [
                {"type": "Polygon", "id": "48003", "properties": {"name": "Tiny"}, "arcs": [[3]]},
                {"type": "Polygon", "id": "48001", "properties": {"name": "Left"}, "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "id": "48002", "properties": {"name": "Right"}, "arcs": [[[2, ~0]]]},
            ]
        }
    },
}


def test_shapes_share_their_borders_and_keep_their_names() -> None:
    shapes = build_shapes(TOPOLOGY, "counties", step=1.0)["shapes"]
    assert list(shapes) == ["48001", "48002", "48003"]
    assert shapes["48001"] == {"name": "Left", "d": "M110,50l0,10 -10,0 0,-10z", "x": 105.0, "y": 55.0}
    assert shapes["48002"] == {"name": "Right", "d": "M110,50l10,0 0,10 -10,0z", "x": 115.0, "y": 55.0}


def test_a_shape_smaller_than_the_grid_is_drawn_finer_instead_of_vanishing() -> None:
    tiny = build_shapes(TOPOLOGY, "counties", step=5.0)["shapes"]["48003"]
    assert tiny["d"] == "M130,50l0.5,0 0,0.5 -0.5,0z"


def test_a_shape_that_the_source_has_flattened_to_a_line_is_a_square() -> None:
    flat = {**TOPOLOGY, "arcs": [*TOPOLOGY["arcs"][:3], [[60, 0], [1, 0], [-1, 0]]]}
    shape = build_shapes(flat, "counties", step=1.0)["shapes"]["48003"]
    assert shape["d"] == "M129.5,49.5l1,0 0,1 -1,0z"


@pytest.mark.parametrize(("name", "count", "some"), [("states", 51, "48"), ("counties", 3142, "48201")])
def test_every_outline_is_there(name: str, count: int, some: str) -> None:
    drawn = json.loads((VENDOR / "geo" / f"{name}.json").read_text())
    assert (drawn["width"], drawn["height"]) == (975, 610)
    assert len(drawn["shapes"]) == count
    assert drawn["shapes"][some]["name"] == {"48": "Texas", "48201": "Harris"}[some]
    for shape in drawn["shapes"].values():
        assert re.fullmatch(r"(M-?[\d.]+,-?[\d.]+l(-?[\d.]+,-?[\d.]+ ?)+z)+", shape["d"]), shape["name"]


def test_states_lie_where_they_belong() -> None:
    """y grows downwards: Maine is above Texas, Texas above Florida."""
    states = json.loads((VENDOR / "geo" / "states.json").read_text())["shapes"]
    texas, maine, florida = states["48"], states["23"], states["12"]
    assert texas["x"] < florida["x"] < maine["x"]
    assert maine["y"] < texas["y"] < florida["y"]


def test_whatever_the_style_sheet_names_is_there() -> None:
    css = VENDOR / "uswds/css/uswds.min.css"
    named = re.findall(r"""url\(["']?([^"')]+)""", css.read_text())
    missing = {name for name in named if not name.startswith("data:") and not (css.parent / name).is_file()}
    assert len(named) > 50
    assert missing == set()


def test_no_file_names_a_source_map_that_is_not_served() -> None:
    files = [path for path in VENDOR.rglob("*") if path.suffix in {".css", ".js"}]
    assert len(files) >= 5
    assert [path.name for path in files if "sourceMappingURL" in path.read_text()[-500:]] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a{}\n/*# sourceMappingURL=x.min.css.map */\n", "a{}\n"),
        ("f();\n//# sourceMappingURL=x.min.js.map", "f();\n"),
        ("f('sourceMappingURL=kept');", "f('sourceMappingURL=kept');"),
    ],
)
def test_only_the_comment_is_removed(text: str, left: str) -> None:
    assert SOURCE_MAP.sub("", text) == left


def test_what_is_served_stays_small() -> None:
    total = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    assert total < 4_000_000
