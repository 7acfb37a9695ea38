"""With real processes: a worker is killed in the middle of a job, another one finishes it, once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation

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
LOOK = "SELECT state, attempts, done, message, error FROM exchange_job"


@pytest.fixture
def installation(tmp_path: Path, migrated_database: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, app=APP, database=migrated_database)
    yield made
    made.stop()


def test_a_job_whose_worker_was_killed_is_finished_once_by_the_next(installation: Installation) -> None:
    installation.python("-c", ENQUEUE)
    first = installation.worker()
    installation.until(lambda: installation.attempts_begun() == ["1"], "the first worker to begin")

    os.killpg(first.pid, signal.SIGKILL)  # the worker and its child: as when the power goes
    first.wait()
    assert installation.query(LOOK) == [("running", 1, 1, "half way", "")]
    time.sleep(1.1)  # its heart is silent for longer than OVERSIGHT_JOB_STALE_SECONDS

    (installation.folder / "go").touch()
    installation.worker()
    done = installation.folder / "done"
    installation.until(done.exists, "the second worker to finish")
    installation.until(lambda: installation.query(LOOK)[0][0] == "done", "the job to be done")
    assert installation.query(LOOK) == [("done", 2, 1, "", "")]
    assert installation.attempts_begun() == ["1", "2"]
    time.sleep(1.5)  # long enough for a message sent twice to be taken
    assert done.read_text() == "once\n"
