"""Snapshots: filled once, appended only where a figure differs, whole after a crash."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from agreements.choices import Origin, Status
from agreements.models import AgreementStatus
from agreements.services.affected import changed_days, merged
from oversight.metrics import services
from oversight.metrics.base import Facts, Subject, quotient
from oversight.metrics.choices import FillState, Level
from oversight.metrics.models import DayFill, Definition, Snapshot
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.selectors import newest_snapshots, series, snapshot_history
from staffing.metrics import percentile
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    StateFactory,
)

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 6, 1)
NATION = Subject(Level.NATION)


def value(key: str, subject: Subject = NATION, day: dt.date = DAY) -> Decimal | None:
    return newest_snapshots(as_of=day, metrics=[key])[key, subject].value


def listed(*, agency=None, begins=dt.date(2025, 3, 1), **more):
    agreement = AgreementFactory(**({"agency": agency} if agency else {}), **more)
    return AgreementStatusFactory(agreement=agreement, begins_on=begins)


def test_a_day_is_filled_once_and_filling_it_again_appends_nothing():
    listed()
    first = services.day_fill(as_of=DAY)
    assert first.n_metrics == len(all_metrics())
    assert value("agreements.listed") == 1
    before = Snapshot.objects.count()
    assert services.day_fill(as_of=DAY) == services.FillResult(DAY, 0, 0)
    assert Snapshot.objects.count() == before
    assert Definition.objects.count() == len(all_metrics())


def test_a_change_in_the_past_appends_to_the_affected_days_only_and_the_old_figure_stays_readable():
    statement = listed()
    days = [dt.date(2025, 5, 31), DAY, dt.date(2025, 6, 2)]
    for day in days:
        services.day_fill(as_of=day)
    known_before = Snapshot.objects.latest("computed_at").computed_at
    AgreementStatus.objects.filter(pk=statement.pk).update(ends_on=DAY)
    assert services.days_mark_stale(ranges=[(DAY, None)], reason="test") == 2 * len(all_metrics())
    services.stale_days_fill()
    assert [value("agreements.listed", day=day) for day in days] == [1, 0, 0]
    assert snapshot_history(metric="agreements.listed", subject=NATION, as_of=days[0]).count() == 1
    assert [row.value for row in snapshot_history(metric="agreements.listed", subject=NATION, as_of=DAY)] == [
        0,
        1,
    ]
    then = newest_snapshots(as_of=DAY, metrics=["agreements.listed"], known_at=known_before)
    assert then["agreements.listed", NATION].value == 1
    points = series(metric="agreements.listed", subject=NATION, first=days[0], last=days[2])
    assert [point.value for point in points] == [1, 0, 0]


def test_a_fill_that_dies_half_way_leaves_the_day_as_it_was_and_the_next_one_completes_it(monkeypatch):
    listed()
    broken = get_metric("staffing.span_max")

    def die(facts):
        raise KeyboardInterrupt

    monkeypatch.setattr(broken, "figures", die)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        services.day_fill(as_of=DAY)
    assert not Snapshot.objects.exists()
    monkeypatch.undo()
    services.day_fill(as_of=DAY)
    assert not DayFill.objects.exclude(state=FillState.DONE).exists()


def test_snapshots_cannot_be_changed_or_deleted():
    services.day_fill(as_of=DAY)
    for change in (lambda: Snapshot.objects.update(value=5), lambda: Snapshot.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_new_version_of_a_definition_computes_the_day_again_and_keeps_both_definitions(monkeypatch):
    listed()
    services.day_fill(as_of=DAY)
    monkeypatch.setattr(type(get_metric("agreements.listed")), "version", 2)
    assert services.day_fill(as_of=DAY).n_metrics == 1
    assert set(Definition.objects.filter(metric="agreements.listed").values_list("version", flat=True)) == {
        1,
        2,
    }
    assert snapshot_history(metric="agreements.listed", subject=NATION, as_of=DAY).first().version == 2


def test_a_subject_that_has_no_figure_any_more_says_so_and_not_zero():
    statement = listed(agency=AgencyFactory(state=StateFactory(code="FL")))
    services.day_fill(as_of=DAY)
    florida = Subject(Level.STATE, "FL")
    assert value("agreements.listed", florida) == 1
    AgreementStatus.objects.filter(pk=statement.pk).delete()
    services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    services.stale_days_fill()
    newest = newest_snapshots(as_of=DAY, metrics=["agreements.listed"])
    assert newest["agreements.listed", florida].value is None
    assert newest["agreements.listed", florida].reason == services.GONE
    assert services.day_fill(as_of=DAY).n_appended == 0


def test_an_office_without_a_program_manager_has_no_ratio_instead_of_zero_or_infinity():
    agency = listed().agreement.agency
    AgencyOfficeFactory(agency=agency)
    services.day_fill(as_of=DAY)
    row = newest_snapshots(as_of=DAY, metrics=["staffing.agencies_per_pm"])[
        "staffing.agencies_per_pm", Subject(Level.OFFICE, "houston")
    ]
    assert (row.value, row.reason, row.numerator, row.denominator) == (None, "no PM", 1, 0)


def test_program_managers_spans_and_agencies_without_one_are_counted_on_the_day():
    office = FieldOfficeFactory()
    agencies = [listed().agreement.agency for _ in range(4)]
    for agency in agencies:
        AgencyOfficeFactory(agency=agency, office=office)
    busy, idle = ProgramManagerFactory(office=office), ProgramManagerFactory(office=office)
    for agency in agencies[:3]:
        AssignmentFactory(agency=agency, program_manager=busy)
    AssignmentFactory(agency=agencies[3], program_manager=idle, valid_to=DAY)
    services.day_fill(as_of=DAY)
    assert value("staffing.agencies_per_pm") == 2
    assert value("staffing.agencies_without_pm") == 1
    assert (value("staffing.span_median"), value("staffing.span_max")) == (0, 3)
    assert set(get_metric("staffing.agencies_without_pm").rows(as_of=DAY, subject=NATION)) == {agencies[3]}


def test_a_suspension_by_staff_takes_an_agreement_off_the_count_from_its_day_on():
    statement = listed()
    AgreementStatus.objects.create(
        agreement=statement.agreement, status=Status.SUSPENDED, begins_on=DAY, origin=Origin.STAFF, reason="x"
    )
    before = DAY - dt.timedelta(days=1)
    for day in (before, DAY):
        services.day_fill(as_of=day)
    assert (value("agreements.listed", day=before), value("agreements.listed")) == (1, 0)


def test_figures_are_told_as_they_were_known_before_lists_said_otherwise():
    statement = listed()
    known = dt.datetime.now(dt.UTC)
    AgreementStatus.objects.filter(pk=statement.pk).update(replaced_at=known + dt.timedelta(seconds=1))
    metric = get_metric("agreements.listed")
    assert metric.compute(as_of=DAY)[0].value == 0
    assert metric.compute(as_of=DAY, known_at=known)[0].value == 1
    assert metric.rows(as_of=DAY, subject=NATION, known_at=known).count() == 1


@given(
    old=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 8), st.integers(1, 4))),
    new=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 8), st.integers(1, 4))),
)
def test_changed_days_are_the_days_on_which_two_histories_differ(old, new):
    zero = dt.date(2025, 1, 1)

    def history(steps):
        at, result = zero, []
        for status, gap, length in steps:
            begins = at + dt.timedelta(days=gap)
            at = begins + dt.timedelta(days=length)
            result.append((status, begins, at))
        return result

    def on(spans, day):
        return next((status for status, begins, ends in spans if begins <= day < ends), None)

    before, after = history(old), history(new)
    ranges = changed_days(before, after)
    for number in range(130):
        day = zero + dt.timedelta(days=number)
        inside = any(begins <= day and (ends is None or day < ends) for begins, ends in ranges)
        assert inside == (on(before, day) != on(after, day))
    assert ranges == merged(ranges)


@given(st.lists(st.integers(0, 50), min_size=1), st.sampled_from([0.5, 0.9, 1.0]))
def test_a_percentile_is_the_smallest_value_that_enough_values_do_not_exceed(values, share):
    found = percentile(values, share)
    enough = [value for value in values if sum(v <= value for v in values) >= share * len(values)]
    assert found == min(enough)


def test_a_quotient_by_nothing_is_no_figure():
    assert quotient(3, 0) is None
    assert quotient(1, 3) == Decimal("0.333333")


def test_all_metrics_of_a_day_take_a_constant_number_of_statements(django_assert_num_queries):
    for _ in range(3):
        listed()
    with django_assert_num_queries(18):  # of installations 7, staffing 2, agreements 5, lists 3, reviews 2
        facts = Facts(DAY)
        for metric in all_metrics():
            list(metric.figures(facts))
