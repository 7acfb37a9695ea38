"""What lists count in SQL equals what `itinstall.history` says of each request, over random histories."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itinstall.choices import EntryKind, Party, RequestState
from itinstall.models import Hold, InstallationPolicy, InstallationRequest, Stage, StageTransition
from itinstall.selectors.listing import request_list, stuck_list
from itinstall.selectors.requests import clocks_of_request, standing_steps
from itinstall.selectors.usual import FEWEST, WINDOW_DAYS, usual_days
from oversight.access.models import User
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill
from oversight.metrics.registry import get_metric
from oversight.metrics.services import day_fill
from tests.factories import AgencyFactory, AgreementFactory, SiteFactory, UserFactory
from tests.support.cache import begin_test

TODAY = dt.date(2026, 6, 15)
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine(dt.datetime.combine(TODAY, dt.time(16), tzinfo=dt.UTC), tick=False),
]
STAGES = ("request", "bids", "isa", "equipment", "install", "access")
ANY_HISTORY = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
GAPS = st.lists(st.integers(0, 90), min_size=1, max_size=6)
HISTORY = st.fixed_dictionaries(
    {
        "signed": st.none() | st.integers(0, 600),  # days before today; None: no agreement
        "began": st.integers(0, 500),
        "gaps": GAPS,
        "ends": st.sampled_from(["", EntryKind.COMPLETED, EntryKind.CANCELLED]),
        "holds": st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60), st.booleans()), max_size=3),
        "corrects": st.none() | st.integers(0, 5),
    }
)


def written(history: dict, number: int) -> InstallationRequest:
    """A request with this history, put down row by row as services would leave it."""
    agency = AgencyFactory()
    signed, pausing = history["signed"], InstallationPolicy.objects.earliest("valid_from")
    agreement = None
    if signed is not None:
        agreement = AgreementFactory(agency=agency, signed_on=TODAY - dt.timedelta(days=signed))
    day = TODAY - dt.timedelta(days=history["began"])
    request = InstallationRequest.objects.create(
        ref=f"ITR-L{number:07d}",
        site=SiteFactory(agency=agency),
        agreement=agreement,
        policy=pausing,
        stage_id="request",
        stage_on=day,
    )
    begun = []
    for place, (gap, stage) in enumerate(zip([0, *history["gaps"]], STAGES, strict=False), start=1):
        if day + dt.timedelta(days=gap) > TODAY:
            break
        day += dt.timedelta(days=gap)
        begun.append(enter(request, place, day, stage=stage))
    if history["corrects"] is not None and history["corrects"] < len(begun):
        old = begun[history["corrects"]]
        enter(request, old.sequence, old.on, stage=old.stage_id, corrects=old)
    request.stage_id, request.stage_on = begun[-1].stage_id, day
    if history["ends"]:
        enter(request, len(begun) + 1, day, kind=history["ends"])
        request.state, request.closed_on = RequestState(history["ends"]), day
    put_on_hold(request, begun[0].on, history["holds"])
    request.save()
    return request


def enter(request, place: int, on: dt.date, *, kind=EntryKind.STAGE, stage=None, corrects=None):
    return StageTransition.objects.create(
        request=request, sequence=place, kind=kind, stage_id=stage, on=on, corrects=corrects
    )


def put_on_hold(request: InstallationRequest, first: dt.date, holds: list) -> None:
    """One after the other; the last lasts when it reaches beyond today and the request is open."""
    day, limit = first, request.closed_on or TODAY
    for wait, length, stops in holds:
        begins = day + dt.timedelta(days=wait)
        ends = begins + dt.timedelta(days=length)
        if begins >= limit or (request.closed_on and ends > limit):
            break
        hold = Hold.objects.create(
            request=request,
            why_id="bids" if stops else "site",
            owner=Party.VENDOR,
            begins_on=begins,
            ends_on=None if ends > limit else ends,
        )
        if hold.ends_on is None:
            request.hold = hold
            break
        day = ends


@given(histories=st.lists(HISTORY, min_size=1, max_size=5), target=st.integers(1, 300))
@settings(max_examples=40, **ANY_HISTORY)
def test_figures_of_lists_are_those_of_the_pure_history(histories, target) -> None:
    with transaction.atomic():
        policy = InstallationPolicy.objects.earliest("valid_from")
        policy.target_days = target
        policy.save()
        policy.pausing.set(["bids"])
        user = UserFactory()
        for number, history in enumerate(histories):
            written(history, number)
        for row in request_list(user=user):
            clocks = clocks_of_request(request=row)
            steps = standing_steps(request=row)
            assert row.counted_days == clocks.counted_days
            assert row.over_days == clocks.over_days
            assert row.until == clocks.until
            last = steps.spans[-1]
            assert row.stage_days == last.days(clocks.until)
            assert row.submitted_on == steps.submitted_on
            if clocks.counted_days is not None:
                assert row.due_on == row.until + dt.timedelta(days=target - clocks.counted_days)
            acting = row.hold.owner if row.hold else row.stage.owner
            since = row.hold.begins_on if row.hold else row.stage_on
            assert (row.acting, row.acting_since) == (acting, since)
        transaction.set_rollback(True)


def usual_now() -> dict[str, tuple[int, int | None]]:
    """With an empty cache."""
    begin_test()
    return {key: (usual.n, usual.days) for key, usual in usual_days(on=TODAY).items() if usual.n}


def slow_usual(requests: list[InstallationRequest]) -> dict[str, tuple[int, int | None]]:
    """The same by hand: every finished visit that ended in the 365 days before today."""
    days = defaultdict(list)
    for request in requests:
        for span in standing_steps(request=request).spans:
            if span.ends_on and TODAY - dt.timedelta(days=WINDOW_DAYS) <= span.ends_on < TODAY:
                days[span.stage].append((span.ends_on - span.begins_on).days)
    return {
        stage: (
            len(found),
            sorted(found)[math.ceil(len(found) * 9 / 10) - 1] if len(found) >= FEWEST else None,
        )
        for stage, found in days.items()
    }


@given(histories=st.lists(HISTORY, min_size=9, max_size=14))
@settings(max_examples=15, **ANY_HISTORY)
def test_usual_days_are_the_nearest_rank_of_finished_visits(histories) -> None:
    with transaction.atomic():
        rows = [written(history, number) for number, history in enumerate(histories)]
        assert usual_now() == slow_usual(rows)
        day_fill(as_of=TODAY - dt.timedelta(days=1), metrics=[get_metric("itinstall.stage_days_p90")])
        assert usual_now() == slow_usual(rows), "the figures of the day before say the same"
        transaction.set_rollback(True)


def test_usual_days_are_those_of_the_figures_of_the_day_before_unless_they_wait(
    django_assert_num_queries,
) -> None:
    visits(FEWEST, 20)
    day, metric = TODAY - dt.timedelta(days=1), get_metric("itinstall.stage_days_p90")
    day_fill(as_of=day, metrics=[metric])
    visits(1, 40)  # not in the figures
    begin_test()
    with django_assert_num_queries(1):
        assert usual_days(on=TODAY)["request"].n == FEWEST
    DayFill.objects.filter(metric=metric.key, as_of=day).update(state=FillState.STALE)
    assert usual_now()["request"] == (FEWEST + 1, 20)


def visits(n: int, days: int) -> None:
    """`n` completed requests that were `days` in their first stage."""
    for number in range(n):
        plain = {"signed": None, "ends": EntryKind.CANCELLED, "holds": [], "corrects": None}
        written({**plain, "began": 200, "gaps": [days]}, 1000 * days + number)


def stuck(user: User) -> dict[str, tuple[int, int | None]]:
    return {row.ref: (row.beyond_days, row.usual_days) for row in stuck_list(user=user)}


def test_of_fewer_than_ten_visits_nothing_is_said() -> None:
    visits(FEWEST - 1, 20)
    assert (usual_days(on=TODAY)["request"].n, usual_days(on=TODAY)["request"].days) == (FEWEST - 1, None)
    visits_ref = {"signed": None, "began": 30, "gaps": [100], "ends": "", "holds": [], "corrects": None}
    written(visits_ref, 1)
    assert stuck(UserFactory()) == {}


def test_a_request_is_stuck_beyond_the_usual_days_or_beyond_its_target_by_the_larger() -> None:
    visits(FEWEST, 20)
    plain = {"gaps": [100], "ends": "", "holds": [], "corrects": None}
    written({**plain, "signed": None, "began": 20}, 1)  # as long as usual
    written({**plain, "signed": None, "began": 25}, 2)
    written({**plain, "signed": 183, "began": 25}, 3)  # 3 days late, 5 more than usual
    written({**plain, "signed": 190, "began": 5}, 4)
    written({**plain, "signed": 180, "began": 5}, 5)  # due today
    assert stuck(UserFactory()) == {
        "ITR-L0000002": (5, 20),
        "ITR-L0000003": (5, 20),
        "ITR-L0000004": (10, 20),
    }


def test_stages_are_the_ones_that_tests_write() -> None:
    assert tuple(Stage.objects.order_by("place").values_list("key", flat=True)) == STAGES
