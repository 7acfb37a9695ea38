"""After the sample is loaded the first page has its figures, and a worker computes the other days."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command

from oversight.access.actors import system
from oversight.exchange import jobs
from oversight.exchange.choices import JobState
from oversight.metrics import calendar
from oversight.metrics.selectors import days_without_snapshots, newest_filled_day
from staffing.management.commands import load_sample
from staffing.sample import sample_figures_start
from tests.factories import PublicationFactory

pytestmark = pytest.mark.django_db
NEWEST, TODAY = dt.date(2026, 5, 18), dt.date(2026, 5, 25)


@time_machine.travel(dt.datetime(2026, 5, 25, 16, tzinfo=dt.UTC), tick=False)
def test_today_and_the_newest_list_have_figures_at_once_and_all_other_days_by_a_job(monkeypatch):
    monkeypatch.setattr(jobs, "_send", lambda job_id: None)
    for day in (dt.date(2026, 4, 30), NEWEST):
        PublicationFactory(published_on=day)
    job = sample_figures_start(actor=system("tests"))
    assert job is not None
    assert (job.state, newest_filled_day(), newest_filled_day(on_or_before=NEWEST)) == (
        JobState.QUEUED,
        TODAY,
        NEWEST,
    )
    missing = days_without_snapshots(days=calendar.days_to_keep(today=TODAY))
    assert sorted(job.params["days"]) == [day.isoformat() for day in missing]
    assert {"2026-04-30", "2026-05-17", "2026-05-19"} <= set(job.params["days"])
    assert sample_figures_start(actor=system("tests")) == job  # asked again: the same one
    jobs.run(job_id=job.pk)
    assert sample_figures_start(actor=system("tests")) is None


def test_the_folder_of_the_queue_is_there_before_a_part_of_the_sample_leaves_work_to_a_worker(
    monkeypatch, settings, tmp_path
):
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    settings.QUEUE_DIR = tmp_path / "queue"
    there = []
    monkeypatch.setattr(
        load_sample, "sample_parts_load", lambda actor: there.append(settings.QUEUE_DIR.is_dir()) or []
    )
    monkeypatch.setattr(load_sample.sample, "sample_lists_load", lambda actor: [])
    settings.DEBUG = False
    call_command("load_sample")
    assert there == [True]
