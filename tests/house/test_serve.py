"""One command serves the product, keeps it running, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Container, Iterator
from pathlib import Path

import pytest

from oversight.console.management.commands import serve

ROOT = Path(__file__).resolve().parent.parent.parent


class Served:
    """`manage.py serve` in a folder of its own: on a copy of `database`, else on one that it makes itself."""

    def __init__(self, folder: Path, database: Path | None = None) -> None:
        if database:
            (folder / "var").mkdir()
            shutil.copy(database, folder / "var" / "oversight.sqlite3")
        self.log = folder / "serve.log"
        environment = {
            k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
        }
        environment |= {
            "DJANGO_SETTINGS_MODULE": "oversight.settings",
            "OVERSIGHT_VAR_DIR": str(folder / "var"),
            "DEBUG": "true",
            "PYTHONUNBUFFERED": "1",
        }
        self.port = unused_port()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--migrate", f"--port={self.port}"],
            cwd=ROOT,
            env=environment,
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        self.wait_for(lambda: "Serving at" in self.output())

    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.1)

    def children(self) -> dict[int, str]:
        """Ids and commands of all processes that descend from it."""
        found, todo = {}, [self.process.pid]
        while todo:
            parent = todo.pop()
            for task in Path(f"/proc/{parent}/task").glob("*/children"):
                for pid in map(int, task.read_text().split()):
                    found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
                    todo.append(pid)
        return found

    def child(self, name: str, *, besides: Container[int] = ()) -> int:
        """The lowest id among processes whose command has `name`, but for those `besides`; 0 for none."""
        ids = (pid for pid, command in self.children().items() if f" {name} " in command)
        return min((pid for pid in ids if pid not in besides), default=0)

    def get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def serve_in(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts it, and stops it when the test ends before it did."""
    started: list[Served] = []

    def start(database: Path | None = None) -> Served:
        started.append(Served(tmp_path, database))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(30)


def test_it_serves_restarts_what_dies_and_ends_cleanly(serve_in: Callable[..., Served]) -> None:
    served = serve_in()
    assert served.get("/healthz") == "ok"
    assert '"ready": true' in served.get("/readyz")
    served.wait_for(lambda: served.child("worker") > 0)
    time.sleep(5.5)  # one that dies within seconds of its start is given up
    before = set(served.children())

    os.kill(served.child("worker"), signal.SIGKILL)

    served.wait_for(lambda: "The worker stopped (status -9); starting it again." in served.output())
    served.wait_for(lambda: served.child("worker", besides=before) > 0)
    assert served.get("/healthz") == "ok"

    children = served.children()
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(30) == 0
    assert [command for pid, command in children.items() if is_alive(pid)] == []
    assert served.output().rstrip().endswith("Stopped.")


def test_nothing_stays_behind_when_it_is_killed(
    serve_in: Callable[..., Served], migrated_database: Path
) -> None:
    served = serve_in(migrated_database)
    served.wait_for(lambda: served.child("worker") > 0)
    children = served.children()
    assert len(children) >= 3

    served.process.kill()
    served.process.wait(10)

    served.wait_for(lambda: not any(map(is_alive, children)), seconds=30)


def test_a_child_that_cannot_start_ends_it_with_a_sentence(tmp_path: Path) -> None:
    script = (
        "from oversight.console.processes import Child, Supervisor; import sys;"
        "sys.exit(Supervisor([Child('worker', [sys.executable, '-c', 'raise SystemExit(3)']),"
        "Child('web server', [sys.executable, '-c', 'import time; time.sleep(60)'])],"
        "environment={}, say=print, is_ready=lambda: False, ready='').run())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert done.stdout == "The worker stopped right after its start; the lines above say why.\n"


def test_a_taken_port_is_named_and_the_next_free_one_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(serve.CommandError, match=f"Port {taken} is taken by another program"):
            serve.free_port("127.0.0.1", taken)
        monkeypatch.setattr(serve, "DEFAULT_PORT", taken)
        assert taken < serve.free_port("127.0.0.1", None) < taken + serve.PORTS_TRIED


@pytest.mark.parametrize("text", ["eighty", "0", "70000"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(serve.CommandError, match=re.escape(repr(text))):
        serve._port_from_environment()


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(
    settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    settings.VAR_DIR = tmp_path
    first = serve.secret_key()
    assert len(first) >= 50
    assert serve.secret_key() == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600

    monkeypatch.setenv("SECRET_KEY", "given")
    assert serve.secret_key() == "given"


def test_a_damaged_secret_key_is_not_used(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    settings.VAR_DIR = tmp_path
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(serve.CommandError, match="is damaged"):
        serve.secret_key()
