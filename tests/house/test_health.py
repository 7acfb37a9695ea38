"""Whoever watches the service learns whether it answers and whether it can work, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from oversight.console import health


@pytest.fixture(autouse=True)
def _forget() -> None:
    health._applied_before.cache_clear()


def test_healthz_answers_without_the_database(client: Client) -> None:
    # Without the mark `django_db` every query would fail this test.
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_readyz_is_ready_when_everything_answers(client: Client, queue: Path) -> None:
    response = client.get("/readyz")
    assert response.json() == {"ready": True, "checks": {"database": "ok", "migrations": "ok", "queue": "ok"}}
    assert response.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("n", "words"), [(1, "1 migration waits"), (2, "2 migrations wait")])
def test_readyz_says_that_migrations_wait(n, words, client: Client, queue: Path, monkeypatch) -> None:
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [object()] * n)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == f"{words}. Run: manage.py migrate"


@pytest.mark.django_db
def test_readyz_says_that_the_database_is_away(client: Client, queue: Path, monkeypatch) -> None:
    def away() -> None:
        raise DatabaseError("secret details")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "The database does not answer."
    assert "secret" not in response.text


@pytest.mark.django_db
def test_readyz_says_that_redis_is_away(client: Client, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["queue"] == "Redis does not answer."


@pytest.mark.django_db
def test_readyz_says_that_the_local_queue_is_missing(client: Client, settings, tmp_path: Path) -> None:
    settings.REDIS_URL = ""
    settings.QUEUE_DIR = tmp_path / "none"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["queue"].startswith("The queue's folder is missing.")


def test_they_are_only_read(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


@pytest.fixture
def queue(settings, tmp_path: Path) -> Path:
    """The local queue as `serve` makes it; with Redis the real one is asked."""
    settings.QUEUE_DIR = tmp_path / "queue"
    settings.QUEUE_DIR.mkdir()
    return settings.QUEUE_DIR
