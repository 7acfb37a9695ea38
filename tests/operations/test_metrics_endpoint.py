"""What Prometheus is told, and who is told."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from oversight.console import telemetry
from oversight.exchange import tasks
from oversight.exchange.models import Job
from tests.support.queries import baseline_queries

TOKEN = "a-token-of-prometheus"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(autouse=True)
def _token(settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def scrape(client: Client) -> Samples:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def requests(found: Samples, view: str, status: int, method: str = "GET") -> float:
    labels = (("method", method), ("status", str(status)), ("view", view))
    return found.get(("oversight_requests_total", labels), 0)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Token {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"]
)
def test_without_the_token_nothing_is_told(client: Client, header: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert b"oversight_" not in answer.content


@pytest.mark.django_db
def test_when_no_token_is_set_the_address_does_not_exist(client: Client, settings) -> None:
    settings.METRICS_TOKEN = ""
    for header in ({}, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=header).status_code == 404
    settings.DEBUG = True
    assert client.get("/metrics").status_code == 200


@pytest.mark.django_db
def test_requests_are_counted_and_timed_by_name_and_never_by_address(client: Client) -> None:
    before = scrape(client)
    client.get("/healthz")
    client.get("/healthz")
    client.post("/healthz")
    client.get("/jobs/00000000-0000-0000-0000-000000000001/")
    client.get("/no/such/page/12345/")
    after = scrape(client)
    assert requests(after, "healthz", 200) - requests(before, "healthz", 200) == 2
    assert requests(after, "healthz", 405, "POST") - requests(before, "healthz", 405, "POST") == 1
    assert requests(after, "exchange:job", 302) - requests(before, "exchange:job", 302) == 1
    timed = ("oversight_request_seconds_count", (("view", "healthz"),))
    assert after[timed] - before.get(timed, 0) == 3
    told = " ".join(value for _, labels in after for _, value in labels)
    assert "12345" not in told
    assert "00000000" not in told


@pytest.mark.django_db
def test_an_invented_method_makes_no_new_label(client: Client) -> None:
    before = scrape(client)
    client.generic("BREW", "/healthz")
    after = scrape(client)
    assert requests(after, "healthz", 405, "other") - requests(before, "healthz", 405, "other") == 1
    assert not [key for key in after if ("method", "BREW") in key[1]]


@pytest.mark.django_db
def test_jobs_queue_backup_and_sweep_are_measured(client: Client) -> None:
    empty = scrape(client)
    assert empty["oversight_queue_age_seconds", ()] == 0
    assert ("oversight_last_backup_age_seconds", ()) not in empty
    now = timezone.now()
    Job.objects.create(kind="tests.a", created_at=now - timedelta(minutes=5))
    Job.objects.create(kind="tests.a", created_at=now - timedelta(minutes=1))
    Job.objects.create(kind="tests.a", state="failed", finished_at=now - timedelta(hours=1))
    Job.objects.create(kind="exchange.backup", state="done", finished_at=now - timedelta(days=2))
    tasks.sweep()
    with baseline_queries("operations.metrics"):
        found = scrape(client)
    assert found["oversight_jobs", (("kind", "tests.a"), ("state", "queued"))] == 2
    assert found["oversight_jobs", (("kind", "tests.a"), ("state", "failed"))] == 1
    assert found["oversight_queue_age_seconds", ()] == pytest.approx(300, abs=30)
    assert found["oversight_last_job_age_seconds", ()] == pytest.approx(3600, abs=30)
    assert found["oversight_last_backup_age_seconds", ()] == pytest.approx(2 * 86400, abs=30)
    assert found["oversight_last_sweep_age_seconds", ()] < 30
    assert found["oversight_scrape_failures", ()] == 0


@pytest.mark.django_db
def test_a_part_that_cannot_be_read_does_not_hide_the_others(client: Client, monkeypatch) -> None:
    def away() -> list[telemetry.Measurement]:
        raise DatabaseError("away")

    monkeypatch.setitem(telemetry._measures, "agreements", away)
    found = scrape(client)
    assert found["oversight_scrape_failures", ()] == 1
    assert ("oversight_queue_age_seconds", ()) in found


def test_two_parts_cannot_measure_under_one_key() -> None:
    with pytest.raises(ValueError, match="exchange"):
        telemetry.register_measurements("exchange", list)


_COUNT = """
import django; django.setup()
from oversight.console.telemetry import REQUESTS, _requests_of_all_processes
from prometheus_client import generate_latest
REQUESTS.labels("healthz", "GET", "200").inc()
print(generate_latest(_requests_of_all_processes()).decode())
"""


def test_processes_that_share_a_folder_are_counted_together(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "oversight.settings",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
    }
    for expected in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", _COUNT], env=environment, capture_output=True, text=True, check=True
        )
        line = f'oversight_requests_total{{method="GET",status="200",view="healthz"}} {expected}.0'
        assert line in done.stdout, done.stdout
