"""Copy just what is served from node_modules to static/vendor.

The whole of the packages is 110 MB; what pages use is about 3 MB. Nothing of it is committed.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from tools.geometry import build_shapes

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

# A page names the minified file; its source map is neither served nor needed, and a comment that
# names a missing file stops `collectstatic` (the manifest storage follows it).
SOURCE_MAP = re.compile(r"(/\*|//)[#@]\s*sourceMappingURL=[^\s*]+\s*(\*/)?\s*$")
CSS_URL = re.compile(r"""url\(\s*["']?\.\./([^"')?#]+)""")

USWDS_TEXT = ("css/uswds.min.css", "js/uswds.min.js", "js/uswds-init.min.js")
# Named by templates, not by the style sheet.
USWDS_MORE = ("img/sprite.svg",)
SINGLE_FILES = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "echarts/LICENSE": "echarts/LICENSE",
    "echarts/NOTICE": "echarts/NOTICE",
    "uswds/LICENSE.md": "@uswds/uswds/LICENSE.md",
    "geo/LICENSE": "us-atlas/LICENSE",
}


def main() -> int:
    """Make static/vendor anew."""
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    copy_uswds(NODE_MODULES / "@uswds" / "uswds" / "dist", fresh / "uswds")
    for target, source in SINGLE_FILES.items():
        copy_text(NODE_MODULES / source, fresh / target)
    for name, step in (("states", 0.1), ("counties", 1.0)):
        topology = json.loads((NODE_MODULES / "us-atlas" / f"{name}-albers-10m.json").read_text())
        shapes = build_shapes(topology, name, step=step)
        (fresh / "geo" / f"{name}.json").write_text(json.dumps(shapes, separators=(",", ":")))
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    return 0


def copy_uswds(source: Path, target: Path) -> None:
    """The style sheet, the scripts, and the fonts and images that the style sheet names."""
    for name in USWDS_TEXT:
        copy_text(source / name, target / name)
    css = (target / "css/uswds.min.css").read_text()
    for name in sorted({*CSS_URL.findall(css), *USWDS_MORE}):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target / name)


def copy_text(source: Path, target: Path) -> None:
    """Copy a text file without the comment that names its source map."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(SOURCE_MAP.sub("", source.read_text()))


if __name__ == "__main__":
    sys.exit(main())
