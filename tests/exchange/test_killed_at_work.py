"""With real processes: the power goes while figures are computed or a list is applied; Redis goes away."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation

# What the workers run: the product, but for one step in the middle of a transaction that says that it was
# reached, and waits to be allowed on.
APP = """
import os, time
from pathlib import Path
from oversight.celery import app
import django
django.setup()
from agreements.services import register
from oversight.metrics import calendar
from oversight.metrics.registry import get_metric

calendar._providers.clear()  # no days but those asked for
FOLDER = Path(os.environ["KILL_TEST_FOLDER"])

def held(name, own):
    def step(*args, **values):
        result = own(*args, **values)
        if (FOLDER / name).exists():
            with (FOLDER / "begun").open("a") as log:
                log.write(name + "\\n")
            while not (FOLDER / "go").exists():
                time.sleep(0.05)
        return result
    return step

metric = get_metric("staffing.span_median")
own = metric.figures
metric.figures = lambda facts: held(f"hold-{facts.as_of}", own)(facts)
register.decisions_sync = held("hold-apply", register.decisions_sync)
"""
SET_UP = """
import kill_test_app, sys, datetime as dt
from tests.factories import AgreementStatusFactory, AgreementFactory, PublicationFactory
list_ = PublicationFactory(sequence=None)
for n in range(3):
    AgreementStatusFactory(agreement=AgreementFactory(first_publication=list_))
from oversight.access.actors import system
from oversight.metrics.services import days_compute_start
days_compute_start(actor=system("tests"), days=[dt.date(2025, 6, n) for n in range(1, 7)])
"""


@pytest.fixture
def installation(tmp_path: Path, migrated_database: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, app=APP, database=migrated_database)
    yield made
    made.stop()


def job_of(installation: Installation, kind: str) -> Any:
    """State and attempts of the newest job of a kind."""
    sql = "SELECT state, attempts FROM exchange_job WHERE kind = '{}' ORDER BY created_at DESC LIMIT 1"
    return installation.query(sql.format(kind))[0]


def days_done(installation: Installation) -> list[str]:
    return installation.query(
        "SELECT DISTINCT as_of FROM metrics_dayfill WHERE state = 'done' ORDER BY as_of"
    )


def days_kept(installation: Installation) -> list[str]:
    return installation.query("SELECT DISTINCT as_of FROM metrics_snapshot ORDER BY as_of")


def hold(installation: Installation, name: str) -> None:
    (installation.folder / name).touch()


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker and its child, as when the power goes."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_figures_whose_worker_was_killed_in_the_middle_of_a_day_are_completed_and_none_is_doubled(
    installation: Installation,
) -> None:
    hold(installation, "hold-2025-06-04")
    installation.python("-c", SET_UP)
    first = installation.worker()
    installation.until(lambda: installation.attempts_begun() == ["hold-2025-06-04"], "the third day")
    kill(first)
    assert job_of(installation, "metrics.backfill") == ("running", 1)
    # The newest first; of the day in the middle nothing is left.
    assert days_done(installation) == days_kept(installation) == ["2025-06-05", "2025-06-06"]
    time.sleep(1.1)  # its heart is silent for longer than OVERSIGHT_JOB_STALE_SECONDS
    (installation.folder / "go").touch()
    installation.worker()
    installation.until(
        lambda: job_of(installation, "metrics.backfill") == ("done", 2), "the second worker to finish"
    )
    assert days_done(installation) == days_kept(installation) == [f"2025-06-0{n}" for n in range(1, 7)]
    figures = installation.query("SELECT metric, level, subject, as_of FROM metrics_snapshot")
    assert len(set(figures)) == len(figures)
    assert installation.query("SELECT SUM(n_appended) FROM metrics_dayfill") == [len(figures)]
    listed = "SELECT value FROM metrics_snapshot WHERE metric = 'agreements.listed' AND level = 'nation'"
    assert installation.query(listed) == [3] * 6


APPLY = """
import kill_test_app, json, datetime as dt
from pathlib import Path
from django.core.files.base import ContentFile
from agreements.services.imports import roster_preview
from agreements.tasks import APPLY
from oversight.access.actors import system
from oversight.exchange.jobs import enqueue, run_now
from oversight.exchange.models import Upload
from tests.agreements.workbooks import row, rows, workbook
actor = system("tests")

def preview(data, name):
    upload = Upload(name=name, sha256="0" * 64, size=len(data))
    upload.file.save(name, ContentFile(data))
    return roster_preview(actor=actor, upload=upload, kind="auto")

first = preview(workbook(rows(10)), "one.xlsx")
assert run_now(actor=actor, kind=APPLY, params={"import": first.pk}).state == "done"
(kill_test_app.FOLDER / "hold-apply").touch()
second = preview(workbook(rows(12)[2:], on=dt.date(2025, 3, 10)), "two.xlsx")
enqueue(actor=actor, kind=APPLY, params={"import": second.pk})
print(json.dumps([second.hash_before, second.hash_after]))
"""
LOOK_AT_REGISTER = """
import kill_test_app, json
from agreements.models import Agreement, AgreementStatus, Publication, RegisterState, RosterImport
from agreements.services.verification import register_verify
print(json.dumps({
    "whole": register_verify().is_whole,
    "hash": RegisterState.objects.get().hash,
    "lists": Publication.objects.count(),
    "agreements": Agreement.objects.count(),
    "imports": sorted(RosterImport.objects.values_list("state", flat=True)),
}))
"""


def test_a_list_whose_worker_was_killed_while_applying_it_is_applied_once_and_the_register_is_whole(
    installation: Installation,
) -> None:
    before, after = json.loads(installation.python("-c", APPLY).splitlines()[-1])
    first = installation.worker()
    installation.until(lambda: installation.attempts_begun() == ["hold-apply"], "the list to be half applied")
    kill(first)
    assert job_of(installation, "roster.apply") == ("running", 1)
    assert json.loads(installation.python("-c", LOOK_AT_REGISTER)) == {
        "whole": True,
        "hash": before,
        "lists": 1,
        "agreements": 10,
        "imports": ["applied", "previewed"],
    }
    time.sleep(1.1)
    (installation.folder / "go").touch()
    installation.worker()
    installation.until(
        lambda: job_of(installation, "roster.apply") == ("done", 2), "the second worker to finish"
    )
    assert json.loads(installation.python("-c", LOOK_AT_REGISTER)) == {
        "whole": True,
        "hash": after,
        "lists": 2,
        "agreements": 12,
        "imports": ["applied", "applied"],
    }


PAGES = """
import kill_test_app, json, sys
from django.test import Client
from oversight.access.models import User
from oversight.exchange.models import Job
user, _ = User.objects.get_or_create(username="admin", role="hq", is_administrator=True)
client = Client(headers={"host": "localhost"})
client.force_login(user, backend="oversight.access.backends.PeopleBackend")
answers = [client.get(path).status_code for path in ("/", "/agencies/", "/operations/", "/healthz")]
import datetime as dt
from oversight.access.actors import person
from oversight.metrics.services import days_compute_start
job = days_compute_start(actor=person(user), days=[dt.date(2025, 6, int(sys.argv[1]))])
print(json.dumps([answers, str(job.pk), job.state]))
"""


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
def test_while_redis_is_away_pages_work_and_what_was_asked_for_meanwhile_is_done_afterwards(
    installation: Installation,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    installation.environment.update(
        REDIS_URL=f"redis://127.0.0.1:{port}/0",
        DEBUG="true",  # pages without collected static files
    )

    def redis() -> subprocess.Popen[bytes]:
        """Empty each time: what waited in it is lost, as when its machine is."""
        command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(installation.folder)]
        with (installation.folder / "redis.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, start_new_session=True)
        installation.workers.append(process)
        installation.until(lambda: _answers(port), "Redis to answer")
        return process

    worker = installation.worker()  # it waits for Redis
    server = redis()
    assert installation.python("-c", PAGES, "1").startswith("[[200, 200, 200, 200]")
    installation.until(lambda: job_of(installation, "metrics.backfill") == ("done", 1), "the first job")
    kill(server)
    answers, _, state = json.loads(installation.python("-c", PAGES, "2").splitlines()[-1])
    assert (answers, state) == ([200, 200, 200, 200], "queued")
    redis()
    time.sleep(1.1)
    installation.python("-c", "import kill_test_app; from oversight.exchange.tasks import sweep; sweep()")
    installation.until(
        lambda: job_of(installation, "metrics.backfill") == ("done", 1),
        "the job that was asked for while Redis was away",
    )
    assert days_kept(installation) == ["2025-06-01", "2025-06-02"]
    assert worker.poll() is None  # the same worker: it found Redis again by itself


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
