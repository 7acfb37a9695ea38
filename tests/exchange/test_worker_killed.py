"""With real processes: a worker is killed in the middle of a job, another one finishes it, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60  # seconds

# What the worker runs: a handler that says when it has begun, waits to be allowed on, and then writes one
# line, unless the line is there: idempotent, as every handler is.
APP = """
import os, time
from pathlib import Path
from oversight.celery import app
import django
django.setup()
from oversight.exchange.jobs import register_job

FOLDER = Path(os.environ["KILL_TEST_FOLDER"])

@register_job("tests.slow")
def slow(progress):
    with (FOLDER / "begun").open("a") as log:
        log.write(f"{progress.job.attempts}\\n")
    progress.report(done=1, total=2, message="half way")
    while not (FOLDER / "go").exists():
        time.sleep(0.05)
    done = FOLDER / "done"
    done.write_text((done.read_text() if done.exists() else "") + "once\\n")
    return {"attempt": progress.job.attempts}
"""
ENQUEUE = """
import kill_test_app
from oversight.access.actors import system
from oversight.exchange.jobs import enqueue
print(enqueue(actor=system("tests"), kind="tests.slow", params={}).pk)
"""
LOOK = """
import kill_test_app
from oversight.exchange.models import Job
job = Job.objects.get()
print(job.state, job.attempts, job.done, job.message or "-", job.error or "-")
"""


class Installation:
    """A folder with its own database and queue, as on a laptop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "kill_test_app.py").write_text(APP)
        kept = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        self.environment = {
            **kept,
            "DJANGO_SETTINGS_MODULE": "oversight.settings",
            "DEBUG": "false",
            "SECRET_KEY": "x" * 60,
            "OVERSIGHT_VAR_DIR": str(folder / "var"),
            "OVERSIGHT_JOB_STALE_SECONDS": "2",
            "KILL_TEST_FOLDER": str(folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        for name in ("queue", "queue-control"):
            (folder / "var" / name).mkdir(parents=True)

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


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.python("manage.py", "migrate", "--verbosity=0")
    yield made
    made.stop()


def test_a_job_whose_worker_was_killed_is_finished_once_by_the_next(installation: Installation) -> None:
    installation.python("-c", ENQUEUE)
    first = installation.worker()
    installation.until(lambda: installation.attempts_begun() == ["1"], "the first worker to begin")

    os.killpg(first.pid, signal.SIGKILL)  # the worker and its child: as when the power goes
    first.wait()
    assert installation.python("-c", LOOK).startswith("running 1 1 half way")
    time.sleep(2.1)  # its heart is silent for longer than OVERSIGHT_JOB_STALE_SECONDS

    (installation.folder / "go").touch()
    installation.worker()
    done = installation.folder / "done"
    installation.until(done.exists, "the second worker to finish")
    installation.until(lambda: installation.python("-c", LOOK).startswith("done"), "the job to be done")
    assert installation.python("-c", LOOK) == "done 2 1 - -"
    assert installation.attempts_begun() == ["1", "2"]
    time.sleep(1.5)  # long enough for a message sent twice to be taken
    assert done.read_text() == "once\n"
