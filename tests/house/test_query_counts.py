"""The guard on query counts notices what it is there for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oversight.access.models import User
from tests.factories import UserFactory
from tests.support import queries

# ruff: noqa: PT012 - the block is what is counted
from tests.support.queries import baseline_queries, shape_of


@pytest.fixture
def baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "query_counts.json"
    monkeypatch.setattr(queries, "BASELINES", path)
    monkeypatch.delenv(queries.WRITE, raising=False)
    path.write_text('{"known": 1}')
    return path


@pytest.mark.django_db
def test_a_count_as_recorded_passes_and_another_fails(baselines: Path) -> None:
    with baseline_queries("known"):
        User.objects.count()
    with pytest.raises(AssertionError, match="known: 1 queries recorded, 2 made"), baseline_queries("known"):
        User.objects.count()
        User.objects.filter(username="x").count()
    with pytest.raises(AssertionError, match="known: 1 queries recorded, 0 made"), baseline_queries("known"):
        pass


@pytest.mark.django_db
def test_a_name_without_a_baseline_fails_until_it_is_recorded(
    baselines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssertionError, match="new: None queries recorded, 1 made"), baseline_queries("new"):
        User.objects.count()
    monkeypatch.setenv(queries.WRITE, "1")
    with baseline_queries("new"):
        User.objects.count()
    assert json.loads(baselines.read_text()) == {"known": 1, "new": 1}
    monkeypatch.delenv(queries.WRITE)
    with baseline_queries("new"):
        User.objects.count()


@pytest.mark.django_db
def test_a_query_in_a_loop_fails_even_when_recording(
    baselines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [UserFactory().pk for _ in range(3)]
    monkeypatch.setenv(queries.WRITE, "1")
    with pytest.raises(AssertionError, match="3 x SELECT"), baseline_queries("loop"):
        for pk in ids:
            User.objects.get(pk=pk)
    assert json.loads(baselines.read_text()) == {"known": 1}


def test_statements_that_differ_in_values_have_one_shape() -> None:
    assert shape_of("SELECT a1 FROM t WHERE x IN (1, 2, 3) AND n = 'it''s'") == shape_of(
        "SELECT a1 FROM t WHERE x IN (4) AND n = ''"
    )
    assert shape_of("SELECT a FROM t") != shape_of("SELECT b FROM t")
