"""An installation of the product in a folder, with real processes: for tests that kill them."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds


def migrate_in(folder: Path) -> Path:
    """A SQLite database with all tables and reference data, in `folder`."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    environment |= {"DJANGO_SETTINGS_MODULE": "oversight.settings", "OVERSIGHT_VAR_DIR": str(folder)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return folder / "oversight.sqlite3"


class Installation:
    """A folder with its own database and queue, as on a laptop.

    `app` is the source of kill_test_app, the module that its workers run; `database` is copied.
    """

    def __init__(self, folder: Path, *, app: str, database: Path) -> None:
        self.folder = folder
        (folder / "kill_test_app.py").write_text(app)
        kept = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        self.environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "oversight.settings",
            "DEBUG": "false",
            "SECRET_KEY": "x" * 60,
            "OVERSIGHT_VAR_DIR": str(folder / "var"),
            "OVERSIGHT_JOB_STALE_SECONDS": "1",
            "KILL_TEST_FOLDER": str(folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        for name in ("queue", "queue-control"):
            (folder / "var" / name).mkdir(parents=True)
        self.database = folder / "var" / "oversight.sqlite3"
        shutil.copy(database, self.database)

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def query(self, sql: str) -> list[Any]:
        """Read beside the workers, without a process of its own; single columns bare."""
        with closing(sqlite3.connect(self.database)) as database:
            rows = database.execute(sql).fetchall()
        return [row[0] if len(row) == 1 else row for row in rows]

    def worker(self) -> subprocess.Popen[bytes]:
        command = (
            "-m celery -A kill_test_app worker -c1 --without-gossip --without-mingle --without-heartbeat"
        )
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command.split()],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.workers.append(process)
        return process

    def until(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            log = (self.folder / "worker.log").read_text()[-3000:]
            assert time.monotonic() < end, f"waited in vain for {what}\n{log}"
            time.sleep(0.1)

    def attempts_begun(self) -> list[str]:
        begun = self.folder / "begun"
        return begun.read_text().split() if begun.exists() else []

    def stop(self) -> None:
        for process in self.workers:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
