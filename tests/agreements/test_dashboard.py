"""What the home page and the map read beside snapshots, against a slow recomputation in plain Python."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from agreements.choices import ChangeKind, DecisionState, ListKind, Origin, Status, SupportModel
from agreements.metrics import OFFICE_UNKNOWN
from agreements.models import Agreement, AgreementStatus, Decision, RegisterChange
from agreements.selectors import dashboard, register
from agreements.selectors.dashboard import Count, Mine
from agreements.selectors.places import places_of_day
from oversight.access.choices import Role
from oversight.metrics.base import Subject
from oversight.metrics.registry import get_metric
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


def slow_reach(user):
    """One's own share by walking over every agreement."""
    mine = set(register.agencies(user=user).values_list("pk", flat=True))
    found = defaultdict(Mine)
    for row in Agreement.objects.select_related("agency").filter(merged_into=None, agency__in=mine):
        span = next((s for s in row.agency.offices.all() if s.valid_from <= TODAY), None)
        office = span.office_id if span else OFFICE_UNKNOWN
        subjects = {("nation", ""), ("office", office), ("state", row.agency.state_id), ("model", row.model)}
        for subject in subjects - {("model", "")}:
            cell = found[Subject(*subject)]
            cell.listed += row.status == "active"
            cell.in_force += row.status in ("active", "missing")
            cell.pending += row.status == "pending"
            cell.without_moa += row.status == "active" and not row.moa_url
            cell.agencies |= {row.agency_id} if row.status == "active" else set()
            cell.printed |= {row.agency_id} if row.list_status == "active" else set()
    return found


def check_reach(user):
    found = dashboard.reach(user=user, today=TODAY)
    assert found is not None
    slow = slow_reach(user)
    for subject in {*slow, *found.cuts}:
        assert found.of(subject) == slow[subject], subject


def check_places(day):
    """The map's figures are the metric's, state by state, and counties add up to their state."""
    found = places_of_day(on=day)
    figures = {item.subject: item.value for item in get_metric("agreements.listed").compute(as_of=day)}
    agencies = {
        item.subject: item.value for item in get_metric("agreements.agencies_listed").compute(as_of=day)
    }
    states = {subject.key: n for subject, n in figures.items() if subject.level == "state" and n}
    assert {code: place.agreements for code, place in found.states.items() if code} == states
    for code, place in found.states.items():
        assert place.agencies == agencies[Subject("state", code)]
        assert sum(county.agreements for county in found.of_state(code)) == place.agreements
        assert sum(county.agencies for county in found.of_state(code)) == place.agencies
        assert sum(place.by_model.values()) == place.agreements


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


class RandomHistories(TestCase):
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(a_life(), max_size=9))
    def test_figures_equal_a_walk_over_every_record(self, lives):
        _, offices = build(lives)
        with time_machine.travel(dt.datetime(2025, 10, 1, 16, tzinfo=dt.UTC)):
            check_reach(ProgramManagerFactory(office=offices[0]).user)
        check_over_time()
        check_places(DAYS[2])
        check_places(DAYS[-1])


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

    assert dashboard.listed_over_time(lists=lists).points[0].total == 1


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


def waiting_of(user, *, near=None, how_many=10):
    lists = dashboard.published_lists()
    return dashboard.waiting(user=user, today=TODAY, lists=lists, near=near, how_many=how_many)


def test_the_longest_pending_come_first_and_those_of_the_first_list_may_have_waited_longer(db):
    first = PublicationFactory(kind=ListKind.PENDING, published_on=DAYS[0], sequence=1)
    for n, since in enumerate([DAYS[2], DAYS[0], DAYS[1]]):
        AgreementFactory(status=Status.PENDING, status_on=since, first_publication=first, key=f"k{n}")
    AgreementFactory(status=Status.MISSING, status_on=DAYS[1], first_publication=first)

    found = waiting_of(UserFactory(), how_many=2)

    pending, missing = found[Status.PENDING], found[Status.MISSING]
    assert (pending.n, missing.n) == (3, 1)
    assert [(row.since, row.days, row.at_least) for row in pending.longest] == [
        (DAYS[0], (TODAY - DAYS[0]).days, True),
        (DAYS[1], (TODAY - DAYS[1]).days, False),
    ]
    assert [row.at_least for row in missing.longest] == [False]


def test_a_field_pm_sees_only_own_pending_agreements(db):
    office = FieldOfficeFactory(slug="houston")
    mine = AgencyFactory()
    AgencyOfficeFactory(agency=mine, office=office)
    for agency in (mine, AgencyFactory()):
        AgreementFactory(status=Status.PENDING, status_on=DAYS[0], agency=agency)

    found = waiting_of(ProgramManagerFactory(office=office).user)[Status.PENDING]

    assert found.n == 1
    assert [row.agency for row in found.longest] == [mine.name]


def test_what_waits_is_the_same_from_the_rows_within_reach(db, django_assert_num_queries):
    """The home page of a field PM has read them already."""
    office = FieldOfficeFactory(slug="houston")
    user = ProgramManagerFactory(office=office).user
    first = PublicationFactory(kind=ListKind.PENDING, published_on=DAYS[0], sequence=1)
    for n in range(9):
        agency = AgencyFactory(name=f"Agency {n * 4 % 9}")
        AgencyOfficeFactory(agency=agency, office=office)
        status = [Status.PENDING, Status.MISSING, Status.ACTIVE][n % 3]
        since = DAYS[n // 3 % 2]
        AgreementFactory(status=status, status_on=since, agency=agency, first_publication=first, key=f"k{n}")
    AgreementFactory(status=Status.PENDING, status_on=DAYS[0])  # of another office
    lists = dashboard.published_lists()
    asked = {"user": user, "today": TODAY, "lists": lists, "near": DAYS[0]}
    reach = dashboard.reach(user=user, today=TODAY)

    for how_many in (2, 10):
        with django_assert_num_queries(0):
            found = dashboard.waiting(**asked, reach=reach, how_many=how_many)
        assert found == dashboard.waiting(**asked, how_many=how_many)
    assert (found[Status.PENDING].n, found[Status.MISSING].n_near) == (3, 2)


@pytest.mark.parametrize(("absent", "is_near"), [(1, False), (2, True), (3, True)])
def test_a_missing_agreement_is_near_its_end_when_the_next_list_completes_the_rule(db, absent, is_near):
    """Removed after three lists without it: absent from two, the next one removes it."""
    lists = [PublicationFactory(published_on=day, sequence=n + 1) for n, day in enumerate(DAYS)]
    AgreementFactory(status=Status.MISSING, status_on=DAYS[-absent], first_publication=lists[0])
    near = dashboard.removed_next(
        lists=dashboard.published_lists(), parameters={"roster.missing_lists": Decimal(3)}
    )

    assert waiting_of(UserFactory(), near=near)[Status.MISSING].n_near == int(is_near)


def test_who_sees_everything_has_no_share_of_ones_own(db):
    assert dashboard.reach(user=UserFactory(role=Role.AUDITOR), today=TODAY) is None


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
    assert dashboard.published_lists().reviews == found
    PublicationFactory()
    assert dashboard.published_lists().reviews == found
