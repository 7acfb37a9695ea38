"""Asking for figures of past days: one job, days that have them left out, plain refusals."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from oversight.access.actors import person, system
from oversight.access.choices import Role
from oversight.access.permissions import NotAllowed
from oversight.exchange import jobs, locks
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job
from oversight.metrics import services
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.selectors import days_without_snapshots, newest_filled_day
from oversight.trail.models import TrailEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 6, 1)
ACTOR = system("tests")


def days(*numbers: int) -> list[dt.date]:
    return [DAY + dt.timedelta(days=number) for number in numbers]


@pytest.fixture
def no_worker(monkeypatch):
    """Jobs wait."""
    monkeypatch.setattr(jobs, "_send", lambda job_id: None)


def test_days_are_computed_by_a_job_that_anybody_with_a_role_may_start(django_capture_on_commit_callbacks):
    user = UserFactory(role=Role.FIELD_PM)
    with django_capture_on_commit_callbacks(execute=True):
        job = services.days_compute_start(actor=person(user), days=days(2, 0))
    job.refresh_from_db()
    assert (job.state, job.result["days"], job.done, job.total) == (JobState.DONE, 2, 2, 2)
    assert days_without_snapshots(days=days(0, 1, 2)) == days(1)
    entry = TrailEntry.objects.get(verb="figures.asked_for")
    assert (entry.actor, entry.object_id, entry.after["days"]) == (user, str(job.pk), 2)


def test_whoever_has_no_role_starts_nothing():
    with pytest.raises(NotAllowed):
        services.days_compute_start(actor=person(UserFactory(role="")), days=days(0))
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ([], "No day was given"),
        ([DAY - dt.timedelta(days=number) for number in range(1101)], "1,101 days are too many at once"),
        ([DAY, dt.date(2999, 1, 1)], "2999-01-01 is in the future"),
        ([dt.date(1995, 12, 31)], "1995-12-31 is before the program"),
    ],
)
def test_days_that_cannot_be_computed_are_refused_in_plain_words(asked, sentence):
    with pytest.raises(ValidationError, match=sentence) as refusal:
        services.days_compute_start(actor=ACTOR, days=asked)
    assert list(refusal.value.message_dict) == ["days"]
    assert not Job.objects.exists()


def test_today_may_be_asked_for(no_worker):
    assert services.days_compute_start(actor=ACTOR, days=[timezone.localdate()]).state == JobState.QUEUED


def test_who_asks_for_days_that_wait_or_run_gets_that_job(no_worker):
    first = services.days_compute_start(actor=ACTOR, days=days(0, 1, 2))
    assert services.days_compute_start(actor=ACTOR, days=days(1)) == first
    Job.objects.filter(pk=first.pk).update(state=JobState.RUNNING)
    assert services.days_compute_start(actor=ACTOR, days=days(2, 1, 0)) == first
    assert services.days_compute_start(actor=ACTOR, days=days(2, 3)) != first


def test_a_job_that_is_over_is_not_joined_and_days_that_have_figures_are_left_out(no_worker):
    first = services.days_compute_start(actor=ACTOR, days=days(0, 1))
    Job.objects.filter(pk=first.pk).update(state=JobState.FAILED)
    services.day_fill(as_of=DAY)
    second = services.days_compute_start(actor=ACTOR, days=days(0, 1))
    assert second != first
    assert second.params == {"days": ["2025-06-02"]}


def test_asking_again_for_days_that_have_figures_computes_nothing(django_capture_on_commit_callbacks):
    services.day_fill(as_of=DAY)
    before = Snapshot.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        job = services.days_compute_start(actor=ACTOR, days=days(0))
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"days": 1, "appended": 0})
    assert Snapshot.objects.count() == before


def test_the_newest_filled_day_is_the_newest_on_which_all_metrics_have_figures(django_assert_num_queries):
    assert newest_filled_day() is None
    for day in days(0, 1):
        services.day_fill(as_of=day)
    services.day_fill(as_of=days(2)[0], metrics=[get_metric("agreements.listed")])
    with django_assert_num_queries(1):
        assert newest_filled_day() == days(1)[0]
    assert newest_filled_day(metrics=["agreements.listed"]) == days(2)[0]
    assert newest_filled_day(metrics=["agreements.listed", "agreements.pending"]) == days(1)[0]
    assert newest_filled_day(on_or_before=DAY) == DAY
    assert newest_filled_day(on_or_before=DAY - dt.timedelta(days=1)) is None
    assert newest_filled_day(metrics=[]) is None
    assert days_without_snapshots(days=days(2), metrics=["agreements.listed"]) == []
    assert days_without_snapshots(days=[]) == []


def test_stale_figures_are_figures_but_a_fill_that_was_never_made_is_none():
    services.day_fill(as_of=DAY)
    services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    assert newest_filled_day() == DAY
    DayFill.objects.bulk_create(DayFill(metric=m.key, as_of=days(1)[0]) for m in all_metrics())
    assert newest_filled_day() == DAY
    assert days_without_snapshots(days=days(0, 1)) == days(1)


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused():
    with pytest.raises(RuntimeError):
        locks.one_at_a_time("tests")
