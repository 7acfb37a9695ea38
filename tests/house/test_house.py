"""Rules of the house that no single part would notice."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock", "package-lock.json"]
PRODUCT = ["oversight", "agreements", "training", "staffing", "itinstall", "recommendations", "tools"]


@pytest.mark.parametrize("name", [*LOCKS, ".npmrc", "pyproject.toml"])
def test_no_address_of_an_index_is_written_down(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert '"resolved"' not in text


@pytest.mark.parametrize("name", LOCKS[:3])
def test_every_python_package_is_pinned_with_hashes(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_tests_run_on_the_versions_that_the_product_runs_on() -> None:
    product, tests = pins("requirements.lock"), pins("requirements-dev.lock")
    assert product.items() <= tests.items()


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_every_front_end_package_is_pinned_with_a_hash() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in package for path, package in locked.items() if path)


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_third_party_code_is_not_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=False, capture_output=True, text=True)
    if listed.returncode:
        files = [str(path.relative_to(ROOT)) for path in ROOT.glob("static/vendor/*") if path.is_symlink()]
    else:
        files = listed.stdout.split("\n")
    foreign = [name for name in files if name.startswith(("static/vendor/", "node_modules/", ".venv/"))]
    assert foreign == []


# --- Configuration -----------------------------------------------------------------------------------


def test_every_environment_variable_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    only_tests = {"PYTHON", "CHROMIUM", "QUERY_COUNTS_WRITE"}
    assert variables_read() == documented - only_tests


def variables_read() -> set[str]:
    """Names given to env.str(…), os.environ.get(…), os.environ[…] anywhere in the product."""
    found: set[str] = set()
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                found |= set(variable_of(node))
    return found - {"DJANGO_SETTINGS_MODULE", "PATH"}


def variable_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        owner, name = ast.unparse(node.func.value), node.args[0]
        read = owner == "env" or (owner == "os.environ" and node.func.attr == "get")
        read = read or (owner == "os" and node.func.attr == "getenv")
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        read, name = isinstance(node.ctx, ast.Load), node.slice
    else:
        return []
    return [name.value] if read and isinstance(name, ast.Constant) else []


def test_the_example_environment_holds_no_secret() -> None:
    lines = (ROOT / ".env.example").read_text().split("\n")
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {"SECRET_KEY", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"} <= values.keys()
    assert {name: value for name, value in values.items() if value} == {"BEHIND_PROXY": "true"}


# --- Docker --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_runs_every_part_with_a_health_check(compose: dict) -> None:
    services = compose["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    lasting = set(services) - {"migrate"}
    assert {name for name in services if services[name].get("healthcheck", {}).get("test")} == lasting


def test_the_database_counts_as_ready_when_it_answers_over_the_network_only(compose: dict) -> None:
    """While a new volume is set up a server answers on its socket, and goes away again under `migrate`."""
    assert "--host=localhost" in compose["services"]["postgres"]["healthcheck"]["test"]


def test_all_processes_of_web_count_requests_together_and_prometheus_may_ask(compose: dict) -> None:
    web = compose["services"]["web"]
    assert web["environment"]["METRICS_TOKEN"] == "${METRICS_TOKEN:-}"
    # Emptied at each start, and writable although the rest is not.
    assert web["environment"]["PROMETHEUS_MULTIPROC_DIR"] in web["tmpfs"]
    assert web["environment"]["SECRET_KEY"] == compose["services"]["worker"]["environment"]["SECRET_KEY"]


def test_compose_takes_every_secret_from_the_environment(compose: dict) -> None:
    required = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert required == {"SECRET_KEY", "ALLOWED_HOSTS", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"}
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable or "SECRET" in variable:
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), (name, variable)


def test_only_migrate_signs_in_as_the_owner(compose: dict) -> None:
    owners = {
        name
        for name, service in compose["services"].items()
        if "oversight_owner" in str(service.get("environment", {}).get("DATABASE_URL"))
    }
    assert owners == {"migrate"}
    for name in ("web", "worker", "beat"):
        service = compose["services"][name]
        assert service["environment"]["DATABASE_URL"].startswith("postgresql://oversight_app:")
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_image_does_not_run_as_root() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER oversight$", last_stage, re.MULTILINE)


# --- Set-up --------------------------------------------------------------------------------------------


def test_markers_and_settings_of_pytest_are_ours() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    assert options["DJANGO_SETTINGS_MODULE"] == "tests.settings"


@pytest.mark.parametrize("script", [".ci/run", "docker/roles.sh"])
def test_scripts_are_executable_and_parse(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    shell = path.read_text().split("\n", 1)[0].split("/")[-1].split()[-1]
    subprocess.run([shell, "-n", str(path)], check=True, capture_output=True)


def test_commands_work_in_a_fresh_clone_and_say_what_is_missing(tmp_path: Path) -> None:
    def manage(*args: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "OVERSIGHT_VAR_DIR": str(tmp_path / "none" / "var")}
        command = [sys.executable, "manage.py", *args]
        return subprocess.run(
            command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )

    early = manage("export", "agencies", "--format", "csv", "--out", str(tmp_path / "agencies.csv"))
    assert early.returncode == 1
    assert early.stderr == "The database is not up to date. Run `manage.py migrate`, then this again.\n"
    assert not (tmp_path / "agencies.csv").exists()

    assert manage("migrate", "--verbosity=0").returncode == 0
    assert manage("export", "agencies", "--format", "csv", "--out", str(tmp_path / "a.csv")).returncode == 0
