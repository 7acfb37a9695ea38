"""Figures over the API: definitions, values, series, rows within scope, targets, gaps."""

from __future__ import annotations

import datetime as dt

import pytest
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from agreements.models import AgreementStatus
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.metrics import services
from oversight.metrics.choices import Direction
from oversight.metrics.models import Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.services.targets import NewTarget, target_set
from tests.factories import ProgramManagerFactory, UserFactory
from tests.metrics.test_explain_pages import DAY, LISTED, NATION, listed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch):
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"read": None, "write": None})


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def hq():
    return client_of(UserFactory(role=Role.HQ))


def ask(client, path, status=200):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_every_metric_and_the_versions_of_its_definition(hq):
    services.day_fill(as_of=DAY)
    assert {item["key"] for item in ask(hq, "metrics/")["results"]} == {item.key for item in all_metrics()}
    one = ask(hq, "metrics/agreements.listed/")
    assert (one["version"], [item["version"] for item in one["definitions"]]) == (1, [1])
    ask(hq, "metrics/no.such/", 404)


def test_values_of_a_day_with_names_and_addresses_and_as_they_were_known(hq):
    listed()
    services.day_fill(as_of=DAY)
    known = Snapshot.objects.latest("computed_at").computed_at
    AgreementStatus.objects.update(ends_on=dt.date(2025, 5, 1))
    services.days_mark_stale(ranges=[(dt.date(2025, 5, 1), None)], reason="test")
    services.stale_days_fill()
    path = "metrics/agreements.listed/values/?as_of=2025-06-01&level=office&subject=houston"
    (now,) = ask(hq, path)["results"]
    assert (now["value"], now["name"]) == (None, "Houston field office")
    assert now["address"].endswith("/figures/agreements.listed/v1/office/houston/2025-06-01/")
    (then,) = ask(hq, f"{path}&known_at={known.isoformat().replace('+', '%2B')}")["results"]
    assert then["value"] == "1.000000"
    assert ask(hq, "metrics/agreements.listed/values/")["as_of"] == "2025-06-01"
    ask(hq, "metrics/agreements.listed/values/?as_of=x", 400)
    ask(hq, "metrics/agreements.listed/values/?when=2025-06-01", 400)


def test_a_series_is_in_order_and_cut_to_its_days(hq):
    listed()
    for number in range(3):
        services.day_fill(as_of=DAY + dt.timedelta(days=number))
    found = ask(hq, "metrics/agreements.listed/series/?from=2025-06-02&to=2025-06-03")
    assert [(item["as_of"], item["value"]) for item in found["results"]] == [
        ("2025-06-02", "1.000000"),
        ("2025-06-03", "1.000000"),
    ]
    ask(hq, "metrics/staffing.span_max/series/?level=state&subject=TX", 400)


def test_rows_are_cut_to_ones_scope(hq):
    own = listed()
    listed("miami")
    services.day_fill(as_of=DAY)
    path = "metrics/agreements.listed/rows/?as_of=2025-06-01"
    assert len(ask(hq, path)["results"]) == 2
    pm = client_of(ProgramManagerFactory(office__slug="houston").user)
    (row,) = ask(pm, path)["results"]
    assert (row["type"], row["ref"], row["id"]) == ("agreements.agreement", own.ref, str(own.pk))
    ask(hq, f"{path}&part=denominator", 400)
    ratio = "metrics/staffing.agencies_per_pm/rows/?as_of=2025-06-01&part=denominator"
    assert [row["type"] for row in ask(hq, ratio)["results"]] == ["staffing.programmanager"]


def test_targets_and_gaps_are_read(hq):
    actor = person(UserFactory(role=Role.HQ))
    new = NewTarget(LISTED, NATION, Direction.AT_LEAST, 1, DAY, "Unit Chief", "Memo 7")
    target = target_set(actor=actor, new=new)
    (found,) = ask(hq, "targets/")["results"]
    assert (found["id"], found["owner"], found["value"]) == (target.pk, "Unit Chief", "1.000000")
    assert ask(hq, "gaps/staffing.positions/")["state"] == "open"
    assert len(ask(hq, "gaps/?page_size=500")["results"]) >= 25
    ask(hq, "gaps/no.such/", 404)
