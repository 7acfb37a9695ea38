"""The administrators' page of the machinery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oversight.console import operations
from oversight.exchange import tasks
from oversight.exchange.models import Job
from oversight.exchange.operations import backups_panel, jobs_panel, workers_panel
from tests.factories import UserFactory
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
URL = "/operations/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(role="", is_administrator=True))
    return client


def text(client: Client) -> str:
    answer = client.get(URL)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return " ".join(answer.content.decode().split())


def failed(**values: Any) -> Job:
    facts = {"kind": "exchange.export", "state": "failed", "finished_at": timezone.now()}
    return Job.objects.create(**facts | values)


def test_administrators_find_it_and_nobody_else_does(admin: Client) -> None:
    assert f'href="{URL}"' in admin.get(reverse("console:home")).getvalue().decode()
    for role in ("hq", "auditor", "field_pm"):
        other = Client()
        other.force_login(UserFactory(role=role))
        assert other.get(URL).status_code == 403
        assert f'href="{URL}"' not in other.get(reverse("console:home")).getvalue().decode()


def test_an_empty_installation_says_what_is_missing(admin: Client) -> None:
    page = text(admin)
    assert "No jobs in the last 7 days." in page
    assert "No backup was ever made." in page
    assert "No worker has looked for jobs for a while." in page
    for panel in operations.all_operations_panels():
        assert f'id="{panel.anchor}"' in page


def test_a_failure_shows_its_sentence_request_and_link(admin: Client) -> None:
    job = failed(
        error="The <file> is gone. Make it again.", request_id="req-12345678", created_by=UserFactory()
    )
    page = text(admin)
    assert "The &lt;file&gt; is gone. Make it again." in page
    assert "req-12345678" in page
    link = reverse("exchange:job", args=[job.pk])
    assert f'href="{link}"' in page
    assert admin.get(link).status_code == 200


def test_jobs_are_counted_by_kind_and_state() -> None:
    old = timezone.now() - timedelta(days=30)
    for state, number in {"queued": 1, "running": 2, "done": 3, "failed": 4}.items():
        for _ in range(number):
            Job.objects.create(kind="tests.a", state=state)
    Job.objects.create(kind="tests.a", state="done", created_at=old)  # too old to count
    Job.objects.create(kind="tests.b", state="queued", created_at=old)  # still waits
    counts = {row["kind"]: row for row in jobs_panel().counts}
    assert [counts["tests.a"][state] for state in ("queued", "running", "done", "failed")] == [1, 2, 3, 4]
    assert counts["tests.b"]["queued"] == 1


def test_only_the_newest_failures_are_shown() -> None:
    now = timezone.now()
    jobs = [failed(finished_at=now - timedelta(hours=hour)) for hour in range(15)]
    assert [item.job for item in jobs_panel().failures] == jobs[:10]


def test_the_sweep_shows_that_a_worker_lives() -> None:
    assert workers_panel().problem
    tasks.sweep()
    panel = workers_panel()
    assert panel.problem == ""
    assert panel.swept is not None
    assert timezone.now() - panel.swept < timedelta(seconds=30)


def test_an_old_backup_is_a_problem() -> None:
    facts = {"file": "b.tar", "bytes": 1000, "sha256": "a" * 64, "problems": []}
    job = Job.objects.create(
        kind="exchange.backup", state="done", finished_at=timezone.now() - timedelta(days=6), result=facts
    )
    assert (backups_panel().last, backups_panel().problem) == (job, "")
    Job.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert backups_panel().problem == "The last backup is older than 7 days."


@pytest.mark.django_db(transaction=True)
def test_a_backup_appears_on_the_page(admin: Client, tmp_path) -> None:
    call_command("backup", out=tmp_path / "nightly.tar", verbosity=0)
    page = text(admin)
    assert "nightly.tar" in page
    assert '<th scope="row">Backup</th>' in page
    assert "No backup was ever made." not in page


def test_a_full_disk_is_a_problem(monkeypatch) -> None:
    usage = type("Usage", (), {"total": 1000, "used": 950, "free": 50})
    monkeypatch.setattr(operations.shutil, "disk_usage", lambda path: usage)
    assert [(fact.value, fact.problem) for fact in operations.disks_panel()] == [
        ("50 bytes free of 1.0 kB (5%)", True)
    ] * 2


def test_a_part_that_cannot_be_read_leaves_the_page_standing(admin: Client, monkeypatch) -> None:
    def away() -> None:
        raise DatabaseError("away")

    panel = operations.OperationsPanel("tests.away", "Away", 5, away, "console/_operations_facts.html")
    monkeypatch.setitem(operations._panels, panel.key, panel)
    page = text(admin)
    assert "This part cannot be read now." in page
    assert "No jobs in the last 7 days." in page


def test_it_costs_the_same_with_many_jobs(admin: Client) -> None:
    text(admin)  # migrations are checked once per process
    for number in range(40):
        failed(kind=f"tests.{number % 7}", created_by=UserFactory())
    with baseline_queries("operations.page"):
        text(admin)


def test_two_panels_cannot_have_one_key() -> None:
    panel = operations.all_operations_panels()[0]
    with pytest.raises(ValueError, match="Two operations panels"):
        operations.register_operations_panel(panel)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (22_179_840, "22.2 MB"), (3_000_000_000_000, "3,000.0 GB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert operations.size_words(size) == words
