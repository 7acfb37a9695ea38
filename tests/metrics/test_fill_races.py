"""Two at once, and clocks that jump: no figure is lost, doubled or left wrong."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from agreements.models import AgreementStatus
from oversight.access.actors import system
from oversight.exchange import jobs
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job
from oversight.metrics import calendar, services, tasks
from oversight.metrics.base import Subject
from oversight.metrics.choices import FillState, Level
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.selectors import newest_snapshots, snapshot_history
from tests.factories import AgreementStatusFactory

DAY = dt.date(2025, 6, 1)
NATION = Subject(Level.NATION)
LISTED = "agreements.listed"
EASTERN = ZoneInfo("America/New_York")


def shown(day: dt.date = DAY, known_at: dt.datetime | None = None) -> Decimal | None:
    found = newest_snapshots(as_of=day, metrics=[LISTED], known_at=known_at).get((LISTED, NATION))
    return found.value if found else None


def doubled() -> list[tuple[Any, ...]]:
    keys = Snapshot.objects.values_list("metric", "level", "subject", "as_of")
    return [key for key, n in Counter(keys).items() if n > 1]


def in_threads(*works: Any) -> list[Any]:
    """Do them at once; what each returned, in their order."""
    results: list[Any] = [None] * len(works)

    def one(number: int, work: Any) -> None:
        try:
            results[number] = work()
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    return results


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_workers_on_the_same_days_leave_one_set_of_snapshots(self):
        AgreementStatusFactory()
        days = [DAY + dt.timedelta(days=n) for n in range(3)]
        barrier = threading.Barrier(3)

        def work() -> int:
            barrier.wait()
            return sum(services.day_fill(as_of=day).n_appended for day in days)

        appended = in_threads(work, work, work)
        assert sum(appended) == Snapshot.objects.count() > 0
        assert doubled() == []
        assert not DayFill.objects.exclude(state=FillState.DONE).exists()
        assert DayFill.objects.count() == 3 * len(all_metrics())

    def test_jobs_that_ask_for_the_same_days_at_once_are_one(self, monkeypatch):
        monkeypatch.setattr(jobs, "_send", lambda job_id: None)
        barrier = threading.Barrier(4)

        def ask() -> Job:
            barrier.wait()
            return services.days_compute_start(actor=system("tests"), days=[DAY])

        assert len(set(in_threads(ask, ask, ask, ask))) == Job.objects.count() == 1

    @pytest.mark.parametrize("filled_before", [False, True])
    def test_a_change_during_a_fill_leaves_the_day_stale_and_then_right(self, monkeypatch, filled_before):
        """The fill has read the old facts when the change comes; it must not have the last word."""
        statement = AgreementStatusFactory()
        if filled_before:
            services.day_fill(as_of=DAY)
            with transaction.atomic():
                services.days_mark_stale(ranges=[(DAY, None)], reason="so that there is something to fill")
                # The message for a worker that marking sends is not what this is about.
                connection.run_on_commit.clear()
        metric = get_metric(LISTED)
        own, read, changing = metric.figures, threading.Event(), threading.Event()

        def slow(facts):
            figures = list(own(facts))
            read.set()
            changing.wait(10)
            return figures

        def fill() -> None:
            with monkeypatch.context() as patched:
                patched.setattr(metric, "figures", slow)
                services.day_fill(as_of=DAY)

        def change() -> None:
            read.wait(10)
            changing.set()  # on SQLite the transaction below waits for the fill's end, on PostgreSQL the mark
            monkeypatch.setattr(services.marking, "fill_soon", lambda: None)
            with transaction.atomic():
                AgreementStatus.objects.filter(pk=statement.pk).update(ends_on=DAY)
                services.days_mark_stale(ranges=[(DAY, None)], reason="test")

        in_threads(fill, change)
        assert DayFill.objects.get(metric=LISTED).state == FillState.STALE
        assert shown() == 1
        services.stale_days_fill()
        assert shown() == 0

    @pytest.mark.postgresql
    def test_a_fill_waits_for_a_change_that_has_marked_its_day_and_is_not_in_yet(self):
        statement = AgreementStatusFactory()
        services.day_fill(as_of=DAY)
        marked, release = threading.Event(), threading.Event()

        def change() -> None:
            with transaction.atomic():
                AgreementStatus.objects.filter(pk=statement.pk).update(ends_on=DAY)
                services.days_mark_stale(ranges=[(DAY, None)], reason="test")
                connection.run_on_commit.clear()
                marked.set()
                release.wait(10)

        def fill() -> bool:
            marked.wait(10)
            timer = threading.Timer(0.3, release.set)
            timer.start()
            # Another day, new: no row of it is locked, and yet it must not read the old facts.
            services.day_fill(as_of=DAY + dt.timedelta(days=1))
            return release.is_set()

        assert in_threads(change, fill)[1] is True
        assert shown(DAY + dt.timedelta(days=1)) == 0


@pytest.mark.django_db
class TestClocks:
    def test_a_clock_set_back_does_not_reorder_what_was_shown(self):
        statement = AgreementStatusFactory()
        noon = dt.datetime(2025, 6, 2, 12, tzinfo=EASTERN)
        with time_machine.travel(noon, tick=False) as clock:
            services.day_fill(as_of=DAY)
            clock.move_to(noon - dt.timedelta(days=1))
            AgreementStatus.objects.filter(pk=statement.pk).update(ends_on=DAY)
            services.days_mark_stale(ranges=[(DAY, None)], reason="test")
            services.stale_days_fill()
        history = list(snapshot_history(metric=LISTED, subject=NATION, as_of=DAY))
        assert [row.value for row in history] == [0, 1]
        assert history[0].computed_at >= history[1].computed_at
        assert (shown(), shown(known_at=noon - dt.timedelta(hours=1))) == (0, None)

    def test_a_clock_set_back_an_hour_and_a_day_fills_no_day_twice_and_loses_none(self, monkeypatch):
        AgreementStatusFactory()
        monkeypatch.setattr(calendar, "_providers", {"tests": lambda: [DAY]})
        monkeypatch.setattr(jobs, "_send", lambda job_id: jobs.run(job_id=job_id))
        with time_machine.travel(dt.datetime(2025, 6, 2, 0, 15, tzinfo=EASTERN), tick=False) as clock:
            for hours in (0, -1, -24, 0, 24, 72):
                clock.move_to(dt.datetime(2025, 6, 2, 0, 15, tzinfo=EASTERN) + dt.timedelta(hours=hours))
                tasks.fill_today()
        days = set(DayFill.objects.values_list("as_of", flat=True))
        assert days == {dt.date(2025, 6, day) for day in (1, 2, 3, 5)}
        assert doubled() == []

    @pytest.mark.parametrize(
        ("instant", "day"),
        [
            ("2025-06-02T03:59:59+00:00", "2025-06-01"),  # still the day before at headquarters
            ("2025-06-02T04:00:00+00:00", "2025-06-02"),
            ("2025-03-09T04:59:00+00:00", "2025-03-08"),  # the night in which clocks go forward
            ("2025-03-10T03:59:00+00:00", "2025-03-09"),
            ("2025-11-02T05:30:00+00:00", "2025-11-02"),  # half past one, for the first time
            ("2025-11-02T06:30:00+00:00", "2025-11-02"),  # and for the second
            ("2025-11-03T04:59:00+00:00", "2025-11-02"),
            ("2025-01-01T04:59:59+00:00", "2024-12-31"),
        ],
    )
    def test_today_is_the_day_at_headquarters(self, instant, day):
        with time_machine.travel(dt.datetime.fromisoformat(instant), tick=False):
            tasks.fill_today()
            tasks.fill_today()
        assert {str(fill.as_of) for fill in DayFill.objects.all()} == {day}
        assert doubled() == []

    def test_days_without_a_worker_are_caught_up_over_the_change_of_clocks(
        self, monkeypatch, django_capture_on_commit_callbacks
    ):
        monkeypatch.setattr(calendar, "_providers", {"tests": lambda: [dt.date(2025, 3, 1)]})
        monkeypatch.setattr(calendar, "DAYS_OF_LATE", 1)
        with time_machine.travel(dt.datetime(2025, 3, 7, 0, 15, tzinfo=EASTERN), tick=False) as clock:
            tasks.fill_today()
            clock.move_to(dt.datetime(2025, 3, 11, 0, 25, tzinfo=EASTERN))
            with django_capture_on_commit_callbacks(execute=True):
                tasks.fill_missing()
        days = {fill.as_of.day for fill in DayFill.objects.filter(as_of__gte=dt.date(2025, 3, 7))}
        assert days == {7, 8, 9, 10, 11}

    def test_a_person_east_of_headquarters_may_ask_for_their_today(self, monkeypatch):
        monkeypatch.setattr(jobs, "_send", lambda job_id: None)
        with time_machine.travel(dt.datetime(2025, 6, 1, 20, tzinfo=dt.UTC), tick=False):
            with timezone.override(ZoneInfo("Pacific/Guam")):
                job = services.days_compute_start(actor=system("tests"), days=[dt.date(2025, 6, 2)])
            assert job.params == {"days": ["2025-06-02"]}

    def test_a_job_whose_worker_died_before_the_clock_was_set_back_is_sent_again(self, monkeypatch):
        job = Job.objects.create(kind=services.BACKFILL, params={"days": ["2025-06-01"]})
        ahead = timezone.now() + dt.timedelta(hours=1)
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, attempts=1, heartbeat_at=ahead)
        assert jobs.stale_job_ids() == [job.pk]
        assert jobs.stale_job_ids() == []  # its heart beats by the new clock now
        assert jobs.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.attempts) == (JobState.DONE, 2)
