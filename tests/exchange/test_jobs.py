"""Jobs: one claim, one result; a dead worker's job is resumed, a lost one is told; nothing is done twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from oversight.access.actors import person, system
from oversight.access.permissions import NotAllowed
from oversight.exchange import heartbeat, jobs, tasks
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job
from tests.factories import UserFactory

KIND = "tests.job"


@pytest.fixture
def handle(monkeypatch):
    """Sets the handler of KIND for one test."""

    def use(handler: Any) -> None:
        monkeypatch.setitem(jobs._handlers, KIND, handler)

    use(lambda progress: {})
    return use


def waiting(**values: Any) -> Job:
    return Job.objects.create(kind=KIND, **values)


def quiet_for(job: Job, seconds: float, **values: Any) -> None:
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=seconds), **values)


@pytest.mark.django_db
class TestRun:
    def test_the_handler_gets_parameters_and_person_and_its_result_is_kept(self, handle) -> None:
        user = UserFactory()
        handle(lambda progress: {"said": progress.params["say"], "by": progress.actor.user.pk})
        job = jobs.run_now(actor=person(user), kind=KIND, params={"say": "hello"})
        assert (job.state, job.result) == (JobState.DONE, {"said": "hello", "by": user.pk})
        assert job.attempts == 1
        assert job.finished_at >= job.started_at

    def test_a_job_that_is_over_is_not_done_again(self, handle) -> None:
        ran: list[int] = []
        handle(lambda progress: ran.append(1))
        job = jobs.run_now(actor=system("tests"), kind=KIND, params={})
        assert jobs.run(job_id=job.pk) is False
        assert ran == [1]

    def test_an_unknown_kind_is_refused_when_asked_for(self) -> None:
        with pytest.raises(KeyError):
            jobs.enqueue(actor=system("tests"), kind="no.such", params={})

    def test_a_kind_that_went_with_an_upgrade_fails_in_plain_words(self) -> None:
        job = Job.objects.create(kind="tests.gone")
        assert jobs.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.error) == (
            JobState.FAILED,
            "This kind of job no longer exists. Start again from its page.",
        )

    def test_an_expected_failure_keeps_its_sentence(self, handle) -> None:
        def fail(progress: jobs.Progress) -> None:
            raise jobs.JobError("The file has no rows. Choose another one.")

        handle(fail)
        job = jobs.run_now(actor=system("tests"), kind=KIND, params={})
        assert (job.state, job.error) == (JobState.FAILED, "The file has no rows. Choose another one.")

    def test_a_role_lost_meanwhile_fails_in_plain_words(self, handle) -> None:
        def fail(progress: jobs.Progress) -> None:
            raise NotAllowed("export.create")

        handle(fail)
        job = jobs.run_now(actor=system("tests"), kind=KIND, params={})
        assert (job.state, job.error) == (
            JobState.FAILED,
            "Your role no longer allows this. Ask an administrator.",
        )

    def test_a_bug_tells_no_internals_but_a_number_to_ask_with(self, handle, caplog) -> None:
        def fail(progress: jobs.Progress) -> None:
            raise ZeroDivisionError("/srv/secret/path")

        handle(fail)
        job = jobs.run_now(actor=system("tests"), kind=KIND, params={})
        assert job.state == JobState.FAILED
        assert str(job.pk)[:8] in job.error
        assert "secret" not in job.error
        assert "ZeroDivisionError" in caplog.text

    def test_a_database_that_goes_away_leaves_the_job_to_the_sweep(self, handle) -> None:
        def fail(progress: jobs.Progress) -> None:
            raise OperationalError("server closed the connection")

        handle(fail)
        job = waiting()
        with pytest.raises(OperationalError):
            jobs.run(job_id=job.pk)
        job.refresh_from_db()
        assert job.state == JobState.RUNNING
        quiet_for(job, 61)
        assert jobs.stale_job_ids() == [job.pk]


@pytest.mark.django_db
class TestSweep:
    def test_a_fresh_job_is_left_alone(self, handle) -> None:
        running, queued = waiting(state=JobState.RUNNING, attempts=1), waiting()
        quiet_for(running, 59, state=JobState.RUNNING)
        assert jobs.stale_job_ids() == []
        queued.refresh_from_db()
        assert queued.state == JobState.QUEUED

    def test_a_quiet_job_waits_again_and_is_sent(self, handle) -> None:
        running, queued = waiting(state=JobState.RUNNING, attempts=1), waiting()
        for job in (running, queued):
            quiet_for(job, 61)
        assert set(jobs.stale_job_ids()) == {running.pk, queued.pk}
        running.refresh_from_db()
        assert (running.state, running.attempts) == (JobState.QUEUED, 1)
        assert jobs.stale_job_ids() == []  # claimed for sending: the next sweep is not due yet

    def test_a_job_tried_too_often_fails_in_plain_words(self, handle, settings) -> None:
        job = waiting(state=JobState.RUNNING, attempts=settings.JOB_MAX_ATTEMPTS)
        quiet_for(job, 61)
        assert jobs.stale_job_ids() == []
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        assert job.error.startswith("The worker stopped several times")

    def test_a_job_that_is_over_stays_over(self, handle) -> None:
        for state in (JobState.DONE, JobState.FAILED):
            quiet_for(waiting(state=state), 100_000)
        assert jobs.stale_job_ids() == []

    def test_the_sweep_runs_what_was_never_sent(
        self, handle, monkeypatch, django_capture_on_commit_callbacks
    ) -> None:
        def unreachable(*args: object, **kwargs: object) -> None:
            raise ConnectionError("queue")

        with monkeypatch.context() as broken:
            broken.setattr(tasks.run_job, "apply_async", unreachable)
            with django_capture_on_commit_callbacks(execute=True):
                job = jobs.enqueue(actor=system("tests"), kind=KIND, params={})
        job.refresh_from_db()
        assert job.state == JobState.QUEUED  # nobody was told, and nothing broke
        quiet_for(job, 61)
        assert tasks.sweep() == 1
        job.refresh_from_db()
        assert job.state == JobState.DONE


@pytest.mark.django_db
class TestTakenOver:
    """A run thought dead comes back: the one that took over must not notice."""

    def taken_over_in(self, handle) -> Job:
        def slow(progress: jobs.Progress) -> dict[str, int]:
            quiet_for(progress.job, 61)
            assert jobs.stale_job_ids() == [progress.job.pk]
            Job.objects.filter(pk=progress.job.pk).update(
                state=JobState.RUNNING, attempts=2, message="second"
            )
            self.act(progress)
            return {"run": 1}

        handle(slow)
        job = waiting()
        jobs.run(job_id=job.pk)
        job.refresh_from_db()
        return job

    def act(self, progress: jobs.Progress) -> None:
        """What the first run still does."""

    def test_its_result_is_dropped(self, handle) -> None:
        job = self.taken_over_in(handle)
        assert (job.state, job.result, job.attempts) == (JobState.RUNNING, {}, 2)

    def test_its_report_stops_it(self, handle, monkeypatch) -> None:
        reached: list[str] = []

        def act(progress: jobs.Progress) -> None:
            progress.report(done=1, total=2, message="first")
            reached.append("after the report")

        monkeypatch.setattr(self, "act", act)
        job = self.taken_over_in(handle)
        assert (job.state, job.message, reached) == (JobState.RUNNING, "second", [])


@pytest.mark.django_db
class TestProgress:
    def reports_written(self, handle, steps: int, django_assert_max_num_queries, expected: int) -> Job:
        def count(progress: jobs.Progress) -> None:
            with django_assert_max_num_queries(expected) as captured:
                for step in range(steps + 1):
                    progress.report(done=step, total=steps, message=f"Row {step}")
            assert len(captured) == expected

        handle(count)
        return jobs.run_now(actor=system("tests"), kind=KIND, params={})

    def test_ten_thousand_steps_write_only_the_first_and_the_last(
        self, handle, django_assert_max_num_queries, monkeypatch
    ) -> None:
        monkeypatch.setattr(jobs, "monotonic", lambda: 100.0)
        job = self.reports_written(handle, 10_000, django_assert_max_num_queries, expected=2)
        assert (job.state, job.done, job.total) == (JobState.DONE, 10_000, 10_000)
        assert job.share_done == 1.0

    def test_a_second_later_it_writes_again(self, handle, django_assert_max_num_queries, monkeypatch) -> None:
        clock = iter(100.0 + 0.5 * step for step in range(100))
        monkeypatch.setattr(jobs, "monotonic", lambda: next(clock))
        # 7 reports, one each half second: 0.0, 1.0, 2.0 and the last, 3.0
        self.reports_written(handle, 6, django_assert_max_num_queries, expected=4)


@pytest.mark.django_db(transaction=True)
class TestManyWorkers:
    def in_threads(self, n: int, work: Any) -> list[Any]:
        results: list[Any] = []
        barrier = threading.Barrier(n)

        def one() -> None:
            try:
                barrier.wait()
                results.append(work())
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_one_of_six_workers_gets_the_job(self, handle) -> None:
        ran: list[int] = []
        handle(lambda progress: ran.append(1))
        job = waiting()
        assert sorted(self.in_threads(6, lambda: jobs.run(job_id=job.pk))) == [False] * 5 + [True]
        assert ran == [1]

    def test_two_sweeps_send_a_stale_job_once(self, handle) -> None:
        job = waiting()
        quiet_for(job, 61)
        sent = self.in_threads(4, jobs.stale_job_ids)
        assert sorted(map(len, sent)) == [0, 0, 0, 1]

    def test_the_heart_beats_while_a_handler_is_silent(self, handle, settings, monkeypatch) -> None:
        settings.JOB_STALE_SECONDS = 1
        beats: list[Any] = []

        def silent(progress: jobs.Progress) -> None:
            row = Job.objects.filter(pk=progress.job.pk)
            for _ in range(12):
                beats.append(row.values_list("heartbeat_at", flat=True).get())
                over.wait(0.1)
            assert jobs.stale_job_ids() == []

        over = threading.Event()
        handle(silent)
        job = jobs.run_now(actor=system("tests"), kind=KIND, params={})
        assert job.state == JobState.DONE, job.error
        assert len(set(beats)) >= 3

    def test_a_handler_that_hangs_loses_its_heartbeat(self, handle, settings, monkeypatch) -> None:
        settings.JOB_STALE_SECONDS, settings.JOB_MAX_SECONDS = 1, 0
        job = waiting(state=JobState.RUNNING, attempts=1)
        before = job.heartbeat_at
        with heartbeat.beating(job):
            threading.Event().wait(0.6)
        job.refresh_from_db()
        assert job.heartbeat_at == before
