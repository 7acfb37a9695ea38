"""Which days have figures, and that no day is lost: missed days, stale days, metrics with a defect."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import OperationalError, transaction

from oversight.access.actors import system
from oversight.exchange import jobs
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job
from oversight.metrics import calendar, services, tasks
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.selectors import days_without_snapshots, newest_filled_day
from tests.factories import PublicationFactory

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 6, 1)
LISTED = [get_metric("agreements.listed")] if all_metrics() else []


def days(*numbers: int) -> list[dt.date]:
    return [DAY + dt.timedelta(days=number) for number in numbers]


@pytest.fixture
def facts(monkeypatch):
    """Days of facts of this test only."""
    found: list[dt.date] = []
    monkeypatch.setattr(calendar, "_providers", {"tests": lambda: found})
    return found


def test_nothing_is_kept_while_there_are_no_facts(facts):
    assert calendar.days_to_keep(today=DAY) == []
    facts.append(dt.date(2999, 1, 1))  # a list dated ahead of the clock is no reason either
    assert calendar.days_to_keep(today=DAY) == []


def test_days_of_facts_ends_of_months_and_five_weeks_up_to_the_newest_and_to_today_are_kept(facts):
    facts += [dt.date(2024, 11, 15), dt.date(2025, 2, 10)]
    kept = calendar.days_to_keep(today=DAY)
    late = [
        *(DAY - dt.timedelta(days=n) for n in range(35)),
        *(facts[1] - dt.timedelta(days=n) for n in range(35)),
    ]
    ends = [dt.date(2024, 11, 30), dt.date(2024, 12, 31), dt.date(2025, 1, 31), dt.date(2025, 2, 28)]
    ends += [dt.date(2025, 3, 31), dt.date(2025, 4, 30), dt.date(2025, 5, 31)]
    assert kept == sorted({*facts, *ends, *late})


def test_every_day_since_the_newest_with_figures_is_kept(facts):
    facts.append(dt.date(2025, 1, 1))
    services.day_fill(as_of=days(-60)[0])
    kept = calendar.days_to_keep(today=DAY)
    assert set(days(*range(-60, 1))) <= set(kept)
    assert days(-61)[0] not in kept


def test_the_days_of_published_lists_are_days_of_facts():
    PublicationFactory(published_on=DAY)
    PublicationFactory(published_on=DAY)
    PublicationFactory(published_on=days(5)[0], sequence=None)
    assert calendar.fact_days() == [DAY]


@time_machine.travel(dt.datetime(2025, 6, 1, 16, tzinfo=dt.UTC), tick=False)
def test_days_that_nobody_computed_are_computed_by_one_job(facts, django_capture_on_commit_callbacks):
    facts.append(days(-3)[0])
    for metric_day in days(-5, -4):
        services.day_fill(as_of=metric_day, metrics=LISTED)
    with django_capture_on_commit_callbacks(execute=True):
        asked = tasks.fill_missing()
    job = Job.objects.get()
    assert job.state == JobState.DONE
    assert asked == len(job.params["days"]) == len(calendar.days_to_keep(today=DAY))
    assert job.params["days"][0] == "2025-06-01"  # the newest first: it is what people look at
    assert newest_filled_day() == DAY
    assert tasks.fill_missing() == 0
    assert Job.objects.count() == 1


def test_days_of_an_older_definition_are_computed_by_the_new_one_without_being_asked_for(
    facts, monkeypatch, django_capture_on_commit_callbacks
):
    for day in days(0, 1):
        services.day_fill(as_of=day)
    number = DayFill.objects.count()
    assert services.outdated_mark_stale() == 0
    monkeypatch.setattr(type(LISTED[0]), "version", 2)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.fill_missing()
    fills = DayFill.objects.filter(metric="agreements.listed")
    assert set(fills.values_list("version", "state")) == {(2, FillState.DONE)}
    assert DayFill.objects.filter(state=FillState.DONE).count() == number
    assert set(Snapshot.objects.filter(version=2).values_list("as_of", flat=True)) == set(days(0, 1))
    assert services.outdated_mark_stale() == 0


def test_a_metric_with_a_defect_stays_stale_and_the_others_are_kept(monkeypatch, caplog):
    broken = get_metric("staffing.span_max")
    monkeypatch.setattr(broken, "figures", lambda facts: 1 / 0)
    result = services.day_fill(as_of=DAY)
    assert (result.failed, result.n_metrics) == (("staffing.span_max",), len(all_metrics()) - 1)
    assert DayFill.objects.get(state=FillState.STALE).stale_reason == "failed: ZeroDivisionError"
    assert "figures of staffing.span_max for 2025-06-01" in caplog.text
    assert days_without_snapshots(days=[DAY]) == [DAY]
    monkeypatch.undo()
    assert services.day_fill(as_of=DAY) == services.FillResult(
        DAY, 1, Snapshot.objects.filter(metric="staffing.span_max").count()
    )


def test_a_job_with_a_metric_that_fails_does_the_others_and_says_which(monkeypatch):
    monkeypatch.setattr(get_metric("staffing.span_max"), "figures", lambda facts: 1 / 0)
    job = jobs.run_now(actor=system("tests"), kind=services.BACKFILL, params={"days": ["2025-06-01"]})
    assert job.state == JobState.FAILED
    assert "staffing.span_max" in job.error
    assert DayFill.objects.filter(state=FillState.DONE).count() == len(all_metrics()) - 1


def test_a_database_that_goes_away_is_no_defect_of_a_metric(monkeypatch):
    def away(facts):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(get_metric("staffing.span_max"), "figures", away)
    with pytest.raises(OperationalError), transaction.atomic():
        services.day_fill(as_of=DAY)
    assert not Snapshot.objects.exists()


def test_days_with_a_defect_do_not_keep_others_waiting(monkeypatch):
    for day in days(0, 1, 2):
        services.day_fill(as_of=day, metrics=LISTED)
    services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    DayFill.objects.filter(as_of=days(2)[0]).update(stale_reason="failed: ValueError")
    assert [result.as_of for result in services.stale_days_fill(most=2)] == [days(1)[0], DAY]
    assert services.stale_days_fill(seconds=0) == []
    assert [result.as_of for result in services.stale_days_fill()] == days(2)


def test_a_worker_that_does_not_get_done_in_its_time_goes_on_with_the_next_message(monkeypatch):
    for day in days(0, 1, 2):
        services.day_fill(as_of=day, metrics=LISTED)
    services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    sent = []
    monkeypatch.setattr(tasks, "stale_days_fill", lambda seconds: services.stale_days_fill(most=2))
    monkeypatch.setattr(tasks, "fill_soon", lambda: sent.append(1))
    assert (tasks.fill_stale(), len(sent)) == (2, 1)
    assert (tasks.fill_stale(), len(sent)) == (1, 1)
    assert (tasks.fill_stale(), len(sent)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_marking_outside_the_transaction_of_the_change_is_refused():
    with pytest.raises(RuntimeError):
        services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    assert services.days_mark_stale(ranges=[], reason="test") == 0


def test_marked_days_are_filled_as_soon_as_the_change_is_in(django_capture_on_commit_callbacks):
    services.day_fill(as_of=DAY, metrics=LISTED)
    with django_capture_on_commit_callbacks(execute=True) as sent:
        services.days_mark_stale(ranges=[(DAY, None)], reason="test")
        assert DayFill.objects.get().state == FillState.STALE
    assert (len(sent), DayFill.objects.get(metric="agreements.listed").state) == (1, FillState.DONE)
    with django_capture_on_commit_callbacks(execute=True) as sent:
        services.days_mark_stale(ranges=[(days(1)[0], None)], reason="test")
    assert sent == []


def test_a_queue_that_is_away_leaves_marked_days_to_the_schedule(
    monkeypatch, django_capture_on_commit_callbacks, caplog
):
    def away(*args, **kwargs):
        raise ConnectionError("queue")

    services.day_fill(as_of=DAY, metrics=LISTED)
    monkeypatch.setattr(tasks.fill_stale, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    assert "queue not reachable" in caplog.text
    assert DayFill.objects.get().state == FillState.STALE
    monkeypatch.undo()
    assert tasks.fill_stale() == 1


def test_metrics_can_be_marked_by_key_or_by_the_beginning_of_it():
    services.day_fill(as_of=DAY)
    mark = services.days_mark_stale
    assert mark(ranges=[(DAY, None)], reason="x", metrics=["agreements.listed", "agreements.pending"]) == 2
    n_staffing = sum(metric.key.startswith("staffing.") for metric in all_metrics())
    assert mark(ranges=[(DAY, days(1)[0])], reason="x", prefix="staffing.") == n_staffing
    assert mark(ranges=[(days(-9)[0], DAY)], reason="x") == 0


def test_only_the_metrics_that_were_marked_are_computed_again():
    services.day_fill(as_of=DAY)
    services.days_mark_stale(ranges=[(DAY, None)], reason="x", metrics=["agreements.listed"])
    assert services.day_fill(as_of=DAY).n_metrics == 1
