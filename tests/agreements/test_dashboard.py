"""The home page's figures, against a slow recomputation in plain Python."""

from __future__ import annotations

import datetime as dt
import statistics

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from agreements.choices import ChangeKind, DecisionState, ListKind, Origin, Status, SupportModel
from agreements.models import Agreement, AgreementStatus, Decision, Duplicate, RegisterChange
from agreements.selectors import dashboard
from agreements.selectors.dashboard import Count
from oversight.access.choices import Role
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    StateFactory,
    UserFactory,
)

TODAY = dt.date(2025, 10, 1)
FIRST = dt.date(2025, 3, 1)
N_LISTS = 6
DAYS = [FIRST + dt.timedelta(days=9 * n) for n in range(N_LISTS)]
LIST_STATUSES = [Status.ACTIVE, Status.MISSING, Status.REMOVED, Status.PENDING, Status.SUPERSEDED]


@st.composite
def a_life(draw):
    """One agreement: model, and what each list says of it (None: not there yet)."""
    begins = draw(st.integers(0, N_LISTS - 1))
    says = [None] * begins + draw(
        st.lists(st.sampled_from(LIST_STATUSES), min_size=N_LISTS - begins, max_size=N_LISTS - begins)
    )
    return {
        "model": draw(st.sampled_from([*SupportModel.values, ""])),
        "agency": draw(st.integers(0, 4)),
        "says": says,
        "staff": draw(st.sampled_from([None, None, None, Status.SUSPENDED, Status.TERMINATED])),
    }


def spans_of(says):
    """(status, first day, first day no longer) of runs of one status."""
    spans, n = [], 0
    while n < len(says):
        end = n
        while end < len(says) and says[end] == says[n]:
            end += 1
        if says[n] is not None:
            spans.append((says[n], DAYS[n], DAYS[end] if end < len(says) else None))
        n = end
    return spans


def build(lives):
    """A register with these lives: five agencies in three states, two offices, one office not known."""
    lists = [PublicationFactory(published_on=day, sequence=n + 1) for n, day in enumerate(DAYS)]
    states = [StateFactory(code=code) for code in ("TX", "FL", "OH")]
    offices = [FieldOfficeFactory(slug="houston"), FieldOfficeFactory(slug="miami")]
    agencies = [AgencyFactory(state=states[n % 3]) for n in range(5)]
    for n, agency in enumerate(agencies[:4]):
        AgencyOfficeFactory(agency=agency, office=offices[n % 2])
    for life in lives:
        spans = spans_of(life["says"])
        last = spans[-1]
        agreement = AgreementFactory(
            agency=agencies[life["agency"]],
            model=life["model"],
            list_status=last[0],
            status=life["staff"] or last[0],
            status_on=last[1],
            first_publication=lists[0],
        )
        for status, begins, ends in spans:
            AgreementStatusFactory(agreement=agreement, status=status, begins_on=begins, ends_on=ends)
        if life["staff"]:
            AgreementStatusFactory(
                agreement=agreement, status=life["staff"], begins_on=last[1],
                origin=Origin.STAFF, publication=None,
            )  # fmt: skip
    return agencies, offices


def slow_figures(reached, **where):
    """Counts by walking over every agreement."""
    total = {name: [0, 0] for name in ("listed", "missing", "in_force")}
    agencies, in_force_agencies = set(), set()
    for row in Agreement.objects.select_related("agency"):
        span = next((s for s in row.agency.offices.all() if s.valid_from <= TODAY), None)
        facts = {"model": row.model, "state": row.agency.state_id, "office": span.office_id if span else ""}
        if row.merged_into_id or any(facts[name] != value for name, value in where.items()):
            continue
        holds = {
            "listed": row.list_status == "active",
            "missing": row.status == "missing",
            "in_force": row.status in ("active", "missing"),
        }
        for name, does in holds.items():
            total[name][0] += does
            total[name][1] += does and row.agency_id in reached
        agencies |= {row.agency_id} if holds["listed"] else set()
        in_force_agencies |= {row.agency_id} if holds["in_force"] else set()
    return dashboard.Figures(
        **{name: Count(*counts) for name, counts in total.items()},
        agencies=Count(len(agencies), len(agencies & reached)),
        agencies_in_force=Count(len(in_force_agencies), len(in_force_agencies & reached)),
    )


def check_program(user, reached):
    found = dashboard.program(user=user, today=TODAY, lists=dashboard.published_lists())
    models = [{}, *({"model": model} for model in [*SupportModel.values, ""])]
    places = [{}, *({"state": state} for state in ("TX", "FL", "OH"))]
    places += [{"office": office} for office in ("houston", "miami", "")]
    for model in models:
        for place in places:
            assert found.of(**model, **place) == slow_figures(reached, **model, **place), (model, place)
    total = found.of()
    assert total.listed + total.missing + total.by_staff == total.in_force
    assert set(found.states()) == {s for s in ("TX", "FL", "OH") if slow_figures(reached, state=s).listed}


def check_over_time():
    found = dashboard.listed_over_time(lists=dashboard.published_lists())
    assert [point.day for point in found.points] == DAYS
    spans = list(AgreementStatus.objects.filter(origin="list").select_related("agreement"))
    for point in found.points:
        holding = [
            s for s in spans if s.begins_on <= point.day and (s.ends_on is None or s.ends_on > point.day)
        ]
        for model in [*SupportModel.values, ""]:
            expected = sum(s.status == "active" and s.agreement.model == model for s in holding)
            assert point.listed.get(model, 0) == expected
        assert point.missing == sum(s.status == "missing" for s in holding)
    now = dashboard.program(user=UserFactory(), today=TODAY, lists=dashboard.published_lists())
    assert found.points[-1].total == now.of().listed.n


class RandomHistories(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(a_life(), max_size=9))
    def test_figures_equal_a_walk_over_every_record(self, lives):
        agencies, offices = build(lives)
        check_program(UserFactory(role=Role.HQ), {agency.pk for agency in agencies})
        pm = ProgramManagerFactory(office=offices[0]).user
        check_program(pm, {agencies[0].pk, agencies[2].pk})
        check_over_time()


def test_two_lists_of_one_day_are_one_point(db):
    day = dt.date(2025, 5, 1)
    early = PublicationFactory(published_on=day, sequence=1)
    late = PublicationFactory(published_on=day, sequence=2)
    agreement = AgreementFactory(first_publication=early)
    AgreementStatusFactory(agreement=agreement, begins_on=day, publication=late)

    found = dashboard.listed_over_time(lists=dashboard.published_lists())

    assert [(point.day, point.publication, point.total) for point in found.points] == [(day, late.pk, 1)]


def test_a_double_is_not_counted(db):
    publication = PublicationFactory()
    root = AgreementFactory(first_publication=publication)
    double = AgreementFactory(first_publication=publication, agency=root.agency, merged_into=root)
    AgreementStatusFactory(agreement=root)
    AgreementStatusFactory(agreement=double)
    lists = dashboard.published_lists()

    assert dashboard.program(user=UserFactory(), today=TODAY, lists=lists).of().listed == Count(1, 1)
    assert dashboard.listed_over_time(lists=lists).points[0].total == 1


def test_rows_of_the_list_are_listed_agreements_plus_repeats(db):
    publication = PublicationFactory(row_count=4)
    _once, thrice = AgreementFactory.create_batch(2, first_publication=publication)
    Duplicate.objects.create(publication=publication, agreement=thrice, rows=[3, 4, 5], identical=True)

    found = dashboard.program(user=UserFactory(), today=TODAY, lists=dashboard.published_lists())

    assert found.of().listed.n + found.repeated_rows == publication.row_count


def test_gaps_name_the_stretches_without_a_list(db):
    for n, day in enumerate([dt.date(2024, 1, 1), dt.date(2024, 2, 1), dt.date(2024, 3, 4)]):
        PublicationFactory(published_on=day, sequence=n + 1)

    found = dashboard.listed_over_time(lists=dashboard.published_lists())

    assert found.gaps(longer_than_days=31) == [(dt.date(2024, 2, 1), dt.date(2024, 3, 4), 32)]


def test_last_changes_are_those_of_the_last_lists_newest_first(db):
    lists = [PublicationFactory(published_on=day, sequence=n + 1) for n, day in enumerate(DAYS)]
    PublicationFactory(kind=ListKind.PENDING, published_on=DAYS[-1], sequence=1)
    office = FieldOfficeFactory(slug="houston")
    mine, other = AgencyFactory(), AgencyFactory()
    AgencyOfficeFactory(agency=mine, office=office)
    for publication, agency, kind in [
        (lists[0], mine, ChangeKind.ADDED),
        (lists[-1], mine, ChangeKind.ADDED),
        (lists[-1], other, ChangeKind.ADDED),
        (lists[-1], other, ChangeKind.REMOVED),
        (lists[-1], None, ChangeKind.RENAMED),
    ]:
        RegisterChange.objects.create(publication=publication, agency=agency, kind=kind)
    pm = ProgramManagerFactory(office=office).user

    found = dashboard.last_changes(user=pm, lists=dashboard.published_lists(), how_many=2)

    assert [item.published.pk for item in found] == [lists[-1].pk, lists[-2].pk]
    assert found[0].counts == {"added": Count(2, 1), "removed": Count(1, 0), "renamed": Count(1, 0)}
    assert found[0].total == Count(4, 1)
    assert found[1].counts == {}


def a_pending_agreement(*, since, publication, ends=None, status=Status.PENDING, **fields):
    agreement = AgreementFactory(
        status=status, status_on=ends or since, first_publication=publication, signed_on=None, **fields
    )
    AgreementStatusFactory(agreement=agreement, status=Status.PENDING, begins_on=since, ends_on=ends)
    if status == Status.ACTIVE:
        AgreementStatusFactory(agreement=agreement, begins_on=ends)
    return agreement


@pytest.mark.parametrize("waited", [[], [3], [1, 2, 9, 30], [0, 5, 5]])
def test_days_pending_run_to_the_last_pending_list(db, waited):
    as_of = dt.date(2025, 12, 31)
    first = PublicationFactory(kind=ListKind.PENDING, published_on=as_of - dt.timedelta(days=30), sequence=1)
    PublicationFactory(kind=ListKind.PENDING, published_on=as_of, sequence=2)
    later = as_of + dt.timedelta(days=100)
    PublicationFactory(published_on=later, sequence=1)
    for n, days in enumerate(waited):
        since = as_of - dt.timedelta(days=days)
        if n == 0:
            a_pending_agreement(since=since, publication=first, ends=later, status=Status.ACTIVE)
        else:
            a_pending_agreement(since=since, publication=first)
    a_pending_agreement(since=first.published_on, ends=as_of, publication=first, status=Status.ACTIVE)

    found = dashboard.pending(user=UserFactory(), lists=dashboard.published_lists())

    assert found is not None
    assert found.n == Count(len(waited), len(waited))
    assert found.still.n == max(len(waited) - 1, 0)
    waits = [30, *(days + 100 for days in waited[:1])]
    assert (found.n_waits, found.median_wait_days) == (len(waits), statistics.median(waits))
    assert found.median_days == (statistics.median(waited) if waited else None)
    assert found.longest_days == (max(waited) if waited else None)
    assert [row.days for row in found.longest] == sorted(waited, reverse=True)
    assert [row.days for row in found.longest if row.at_least] == [30] * waited.count(30)


def test_a_field_pm_sees_the_nation_pending_but_only_own_rows(db):
    publication = PublicationFactory(kind=ListKind.PENDING, published_on=DAYS[1], sequence=1)
    office = FieldOfficeFactory(slug="houston")
    mine, other = AgencyFactory(), AgencyFactory()
    AgencyOfficeFactory(agency=mine, office=office)
    for agency in (mine, other):
        a_pending_agreement(since=DAYS[0], publication=publication, agency=agency)
    pm = ProgramManagerFactory(office=office).user

    found = dashboard.pending(user=pm, lists=dashboard.published_lists())

    assert found is not None
    assert (found.n, found.still) == (Count(2, 1), Count(2, 1))
    assert [row.agency for row in found.longest] == [mine.name]


def test_no_pending_list_is_not_zero_pending(db):
    PublicationFactory()
    assert dashboard.pending(user=UserFactory(), lists=dashboard.published_lists()) is None


def test_open_reviews_count_open_and_put_off_but_not_answered(db):
    for n, state in enumerate([DecisionState.OPEN, DecisionState.LATER, DecisionState.SAME]):
        Decision.objects.create(subject="agency", rule="typo", left_key=f"a{n}", right_key="b", state=state)
    Decision.objects.create(
        subject="agency",
        rule="typo",
        left_key="x",
        right_key="b",
        state=DecisionState.OPEN,
        is_standing=False,
    )

    found = dashboard.open_reviews()

    assert (found.n, found.put_off) == (2, 1)
    assert found.oldest_at == Decision.objects.get(left_key="a0").created_at
