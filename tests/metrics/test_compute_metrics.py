"""The command: figures on stdout, progress on stderr, exit status 0 only when all is computed."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics, get_metric
from tests.factories import AgreementStatusFactory

pytestmark = pytest.mark.django_db


def run(*args: str, **options: Any) -> tuple[list[str], list[str]]:
    """Lines of stdout and of stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command("compute_metrics", *args, stdout=out, stderr=err, **options)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(dt.datetime(2025, 6, 3, 16, tzinfo=dt.UTC), tick=False):
        yield


def test_a_range_is_filled_with_progress_and_a_second_run_finds_nothing_to_do():
    out, err = run("--from", "2025-06-01", "--to", "2025-06-02")
    n = len(all_metrics())
    assert out == []
    assert err[0].startswith(f"2025-06-01 (1 of 2): {n} metrics computed, ")
    assert err[1].startswith("2025-06-02 (2 of 2)")
    _, err = run("--from", "2025-06-01")  # to today
    assert [line.split(" metrics")[0][-2:].strip() for line in err] == ["0", "0", str(n)]


def test_figures_are_json_lines_of_every_snapshot_of_the_day():
    AgreementStatusFactory()
    out, err = run("--as-of", "2025-06-01", json=True)
    figures = [json.loads(line) for line in out]
    assert len(figures) == Snapshot.objects.count()
    assert len(err) == 1
    nation = next(f for f in figures if (f["metric"], f["level"]) == ("agreements.listed", "nation"))
    assert (nation["value"], nation["n"], nation["as_of"]) == ("1", 1, "2025-06-01")
    assert run("--as-of", "2025-06-01", json=True)[0] == out  # filled before: told all the same


def test_today_is_the_default():
    run()
    assert {fill.as_of for fill in DayFill.objects.all()} == {dt.date(2025, 6, 3)}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--as-of", "2025-06-01", "--to", "2025-06-02"], "either --as-of, or --from and --to"),
        (["--from", "2025-06-02", "--to", "2025-06-01"], r"--to \(2025-06-01\) is before --from"),
        (["--to", "2025-06-01"], "needs a first day"),
        (["--as-of", "2025-06-04"], "2025-06-04 is in the future"),
        (["--from", "2025-06-01", "--to", "2025-06-09"], "2025-06-09 is in the future"),
        (["--as-of", "June"], "'June' is no day. Write it as 2026-05-18"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_plain_words(args, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(*args)
    assert not DayFill.objects.exists()


def test_a_metric_that_fails_is_named_and_the_exit_status_says_so(monkeypatch):
    monkeypatch.setattr(get_metric("staffing.span_max"), "figures", lambda facts: 1 / 0)
    with pytest.raises(CommandError, match=r"Could not be computed: staffing\.span_max") as failure:
        run("--as-of", "2025-06-01")
    assert failure.value.returncode == 1
    assert DayFill.objects.filter(state="done").count() == len(all_metrics()) - 1
