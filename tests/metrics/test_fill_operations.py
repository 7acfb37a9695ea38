"""Looking after the figures: what administrators and Prometheus are told, and the button that computes."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from oversight.access.actors import person
from oversight.access.permissions import NotAllowed
from oversight.exchange import jobs
from oversight.exchange.models import Job
from oversight.metrics import calendar, operations, services
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill
from oversight.metrics.registry import get_metric
from tests.factories import AgreementStatusFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2025, 6, 2)
NOON = dt.datetime(2025, 6, 2, 16, tzinfo=dt.UTC)  # at headquarters


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr(calendar, "_providers", {})
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(UserFactory(role="", is_administrator=True))
    return client


def measured() -> dict[str, float | None]:
    found = operations.figures_measured()
    return {m.name.removeprefix("oversight_figures_"): m.samples[0][1] if m.samples else None for m in found}


def stale(reason: str = "test") -> None:
    services.days_mark_stale(ranges=[(TODAY, None)], reason=reason, metrics=["staffing.span_max"])


def test_prometheus_learns_ages_counts_and_the_last_fill(django_assert_num_queries):
    assert measured() == {
        "newest_day_age_seconds": None,
        "stale_days": 0,
        "failed_metrics": 0,
        "last_fill_age_seconds": None,
        "last_fill_seconds": None,
        "last_fill_appended": None,
    }
    AgreementStatusFactory()
    result = services.day_fill(as_of=TODAY - dt.timedelta(days=1))
    stale()
    with django_assert_num_queries(3):
        found = measured()
    assert found["newest_day_age_seconds"] == 36 * 3600  # since yesterday's midnight at headquarters
    assert (found["stale_days"], found["last_fill_age_seconds"]) == (0, 0)
    assert found["last_fill_appended"] == result.n_appended > 0
    assert found["last_fill_seconds"] >= 0


def test_stale_days_and_failed_metrics_are_counted(monkeypatch):
    monkeypatch.setattr(get_metric("staffing.span_max"), "figures", lambda facts: 1 / 0)
    for day in (TODAY, TODAY + dt.timedelta(days=1)):
        services.day_fill(as_of=day)
    assert (measured()["stale_days"], measured()["failed_metrics"]) == (2, 1)
    problems = operations.figures_panel().problems
    assert any("staffing.span_max" in problem for problem in problems)


def test_the_page_says_what_is_missing_and_when_all_is_well():
    assert operations.figures_panel().problems[0].startswith("No day has figures yet.")
    services.day_fill(as_of=TODAY - dt.timedelta(days=1))
    assert operations.figures_panel().problems == [
        "Figures of 2025-06-02 are missing. Check that worker and scheduler run."
    ]
    with time_machine.travel(NOON - dt.timedelta(hours=11, minutes=30), tick=False):
        assert operations.figures_panel().problems == []  # half past midnight: not due yet
    services.day_fill(as_of=TODAY)
    panel = operations.figures_panel()
    assert (panel.newest, panel.stale_days, panel.problems) == (TODAY, 0, [])
    assert [fill["as_of"] for fill in panel.fills] == [TODAY, TODAY - dt.timedelta(days=1)]


def test_the_button_starts_a_job_for_what_is_stale_and_missing(admin, monkeypatch):
    monkeypatch.setattr(jobs, "_send", lambda job_id: None)
    services.day_fill(as_of=TODAY)
    stale()
    assert 'action="/operations/figures/"' in admin.get("/operations/").content.decode()
    answer = admin.post(reverse("metrics:refill"))
    job = Job.objects.get()
    assert answer["Location"] == reverse("exchange:job", args=[job.pk])
    assert job.params == {"days": ["2025-06-02"]}
    assert admin.post(reverse("metrics:refill"))["Location"] == answer["Location"]  # pressed twice: one job
    jobs.run(job_id=job.pk)
    assert not DayFill.objects.filter(state=FillState.STALE).exists()
    answer = admin.post(reverse("metrics:refill"), follow=True)
    assert "the figures of every day are up to date" in answer.content.decode()
    assert Job.objects.count() == 1


def test_only_administrators_compute_everything_again():
    with pytest.raises(NotAllowed):
        services.figures_refill_start(actor=person(UserFactory()))


def test_the_fingerprint_is_of_the_newest_figures_only():
    AgreementStatusFactory()
    empty = operations.figures_fingerprint().value
    services.day_fill(as_of=TODAY)
    filled = operations.figures_fingerprint().value
    assert len({empty, filled}) == 2
    stale()
    services.stale_days_fill()
    assert operations.figures_fingerprint().value == filled  # computed again, and the same
    AgreementStatusFactory()
    services.days_mark_stale(ranges=[(TODAY, None)], reason="test")
    services.stale_days_fill()
    assert operations.figures_fingerprint().value != filled
