"""Pin what requirements*.in and package.json ask for: versions and hashes, and no address.

A lock that names an index would send everybody there; which index to use is the machine's business.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ("requirements", "requirements-dev", "requirements-node")
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    "--upgrade",
    "--quiet",
)


def main() -> int:
    """Write the lock files. Exit status 1 when one of them still holds an address."""
    uv, npm = shutil.which("uv"), shutil.which("npm")
    if not uv or not npm:
        print("uv and npm are needed to write the lock files.", file=sys.stderr)
        return 1
    for name in PINS:
        command = [uv, "pip", "compile", f"{name}.in", *OPTIONS, "-o", f"{name}.lock"]
        if name == "requirements-dev":
            # The tests run on the very versions that the product runs on.
            command += ["-c", "requirements.lock"]
        subprocess.run(command, cwd=ROOT, check=True)
    subprocess.run([npm, "install", "--package-lock-only"], cwd=ROOT, check=True)
    locks = [*(ROOT / f"{name}.lock" for name in PINS), ROOT / "package-lock.json"]
    telling = [path.name for path in locks if "://" in path.read_text()]
    for name in telling:
        print(
            f"{name} holds an address. Remove it from the package manager's settings and lock again.",
            file=sys.stderr,
        )
    return 1 if telling else 0


if __name__ == "__main__":
    sys.exit(main())
