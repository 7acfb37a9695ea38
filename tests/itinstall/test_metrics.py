"""Figures of installations equal a slow recomputation, the records behind them, and what was known."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from itinstall.facts import Day, cases_of_day
from itinstall.models import InstallationRequest
from oversight.metrics import probes
from oversight.metrics.base import NATION, Facts, Kind, Subject
from oversight.metrics.choices import Part
from oversight.metrics.movement import movement
from oversight.metrics.probes import ProbeItem
from oversight.metrics.registry import all_metrics, get_metric
from tests.itinstall.histories import (
    SLOW,
    TODAY,
    ZERO,
    day,
    enter,
    expected,
    now,
    plans,
    values,
    world,
)  # fmt: skip

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC)),
]
METRICS = [metric for metric in all_metrics() if metric.key.startswith("itinstall.")]
days = st.integers(-30, (TODAY - ZERO).days).map(day)


@settings(max_examples=7, **SLOW)
@given(plan=plans, looked_at=st.lists(days, min_size=1, max_size=2))
def test_figures_equal_a_slow_recomputation_and_the_records_behind_them(plan, looked_at) -> None:
    with transaction.atomic():
        enter(plan, world())
        for on in [*looked_at, TODAY]:
            told = expected(on)
            for metric in METRICS:
                figures = metric.compute(as_of=on)
                if metric.key in told:
                    found = {s: v for s, v in values(figures).items() if v != 0 or s in told[metric.key]}
                    wanted = {s: v for s, v in told[metric.key].items() if v != 0 or s in found}
                    assert found == wanted, (metric.key, on)
                for figure in (figures[0], figures[-1]):
                    _check_rows(metric, figure, on)
        transaction.set_rollback(True)


def _check_rows(metric, figure, on) -> None:
    parts = metric.part_rows(as_of=on, subject=figure.subject)
    if metric.kind == Kind.COUNT:
        n = parts[Part.VALUE].count()
        assert n == (figure.value or 0), (metric.key, figure.subject, on)
    elif metric.kind == Kind.RATIO:
        assert parts[Part.NUMERATOR].count() == (figure.numerator or 0)
        assert parts[Part.DENOMINATOR].count() == (figure.denominator or 0)
    elif metric.key != "itinstall.officer_days_lost":
        rows = set(parts[Part.VALUE].values_list("pk", flat=True))
        assert len(rows) == figure.n, (metric.key, figure.subject, on)
        amounts = metric.amounts(as_of=on, subject=figure.subject)
        assert amounts is None or set(amounts) == rows
        shown = metric.row_table(as_of=on, subject=figure.subject)
        if shown is not None:
            prepared = {row.pk: row for row in shown.prepare(parts[Part.VALUE])}
            assert set(prepared) == rows
            if amounts is not None:
                assert {pk: row.days for pk, row in prepared.items()} == amounts


def _by_subject(figures):
    return {figure.subject: figure for figure in figures}


@settings(max_examples=7, **SLOW)
@given(plan=plans, more=plans, on=days)
def test_figures_can_be_told_as_they_were_known(plan, more, on) -> None:
    with transaction.atomic():
        made = world()
        enter(plan, made)
        known = now()
        before = {metric.key: metric.compute(as_of=on) for metric in METRICS}
        enter(more, made)
        for metric in METRICS:
            then = metric.compute(as_of=on, known_at=known)
            assert sorted(then, key=lambda f: f.subject) == sorted(
                before[metric.key], key=lambda f: f.subject
            )
            if metric.kind == Kind.COUNT:
                rows = metric.rows(as_of=on, subject=NATION, known_at=known)
                assert rows.count() == (values(then)[NATION] or 0)
        transaction.set_rollback(True)


@settings(max_examples=8, **SLOW)
@given(plan=plans, first=days, last=days)
def test_what_moved_a_figure_adds_up_and_every_line_has_its_reason(plan, first, last) -> None:
    first, last = sorted([first, last])
    with transaction.atomic():
        enter(plan, world())
        for metric in METRICS:
            if metric.kind == Kind.STATISTIC:
                continue
            found = movement(metric=metric.key, subject=NATION, first=first, last=last)
            assert not any(line.label in ("entered", "left") for line in found.lines), metric.key
            if found.difference is not None:
                assert sum(line.effect for line in found.lines) == found.difference
        for stage in ("request", "bids", "isa"):
            found = movement(metric="itinstall.open", subject=Subject("stage", stage), first=first, last=last)
            assert not any(line.label in ("entered", "left") for line in found.lines)
        transaction.set_rollback(True)


@settings(max_examples=8, **SLOW)
@given(plan=plans, on=days)
def test_stages_add_up_to_the_whole_difference_between_late_and_timely_installations(plan, on) -> None:
    with transaction.atomic():
        enter(plan, world())
        figures = values(get_metric("itinstall.bottleneck_days").compute(as_of=on))
        whole = figures.pop(NATION)
        if whole is not None:
            assert abs(sum(figures.values()) - whole) < Decimal("0.0001")
        found = Day(on).durations[NATION]
        sums = {False: 0, True: 0}
        for item in Day(on).sums:
            sums[item.is_late] += item.days
        assert sum(sums.values()) == sum(found.elapsed)
        transaction.set_rollback(True)


@settings(max_examples=8, **SLOW)
@given(plan=plans, on=days)
def test_the_records_behind_a_stage_say_the_days_that_its_figure_was_computed_from(plan, on) -> None:
    with transaction.atomic():
        enter(plan, world())
        metric = get_metric("itinstall.bottleneck_days")
        sums: dict[tuple[str, bool], int] = {}
        for item in Day(on).sums:
            sums[item.stage, item.is_late] = item.days
        for figure in metric.compute(as_of=on):
            if figure.subject == NATION:
                continue
            shown = metric.row_table(as_of=on, subject=figure.subject)
            told = {False: 0, True: 0}
            for row in shown.prepare(metric.rows(as_of=on, subject=figure.subject)):
                told[row.elapsed - row.stopped > row.policy.target_days] += row.days_there
            for is_late, total in told.items():
                assert total == sums.get((figure.subject.key, is_late), 0)
        transaction.set_rollback(True)


def test_a_site_without_a_clock_has_no_duration_and_is_never_counted_as_zero_days() -> None:
    made = world()
    enter([("run", 2, 50, 0), ("complete", 2, 10, 0)], made)
    on = day(100)
    case = next(case for case in cases_of_day(on) if case.pk == made.requests[2].pk)
    assert (case.state, case.elapsed, case.counted, case.net, case.is_late) == (
        "completed",
        None,
        None,
        None,
        False,
    )
    unknown = Subject("office", "unknown")
    figures = {figure.subject: figure for figure in get_metric("itinstall.days_median").compute(as_of=on)}
    assert figures[unknown].value is None
    assert figures[unknown].reason == "no clock ran"
    assert figures[NATION].value is None
    assert values(get_metric("itinstall.completed_30d").compute(as_of=on))[unknown] == 1


def test_open_requests_without_a_clock_are_not_told_to_be_within_their_target() -> None:
    InstallationRequest.objects.exclude(pk=world().requests[2].pk).update(state="cancelled", closed_on=ZERO)
    on = day(100)
    (figure,) = [f for f in get_metric("itinstall.open_past_target").compute(as_of=on) if f.subject == NATION]
    assert figure.value is None
    assert figure.reason == "no clock runs"
    (age,) = [f for f in get_metric("itinstall.open_age_median").compute(as_of=on) if f.subject == NATION]
    assert (age.value, age.reason) == (None, "no clock runs")


def test_without_any_request_counts_are_zero_and_durations_have_no_value() -> None:
    for metric in METRICS:
        (figure,) = metric.compute(as_of=TODAY)
        assert figure.subject == NATION
        if metric.kind == Kind.COUNT:
            assert figure.value == 0
        else:
            assert figure.value is None
            assert figure.reason


def test_officer_days_are_unknown_until_officers_are_recorded(monkeypatch) -> None:
    metric = get_metric("itinstall.officer_days_lost")
    monkeypatch.setattr(probes, "_probes", {})
    (figure,) = metric.compute(as_of=TODAY)
    assert (figure.value, figure.reason) == (None, "officers are not recorded yet")

    def waiting(*, office, model, on, adds):
        assert (office, model, adds) == (None, "", 0)
        return [
            ProbeItem("officers", "Officers without access", Decimal(3), "officers"),
            ProbeItem("officer_days", "Days they wait", Decimal((on - ZERO).days), "officer-days"),
        ]

    probes.register_probe("training.officers_without_access", "Officers without access", waiting)
    (figure,) = metric.compute(as_of=TODAY)
    assert figure.value == (TODAY - ZERO).days


def _statements() -> int:
    with CaptureQueriesContext(connection) as captured:
        facts = Facts(day(300))
        for metric in METRICS:
            list(metric.figures(facts))
    return len(captured)


def test_all_figures_of_a_day_take_the_same_statements_whatever_there_is() -> None:
    made = world()
    few = _statements()
    enter([("run", n, 30, 0) for n in range(6)] + [("complete", n, 100, 0) for n in range(6)], made)
    assert _statements() == few <= 11
