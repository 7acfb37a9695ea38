"""What the newest list changed, and the reviews that wait: against the changes kept with each list."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from agreements.choices import ChangeKind, DecisionState, ListKind, Origin, Status
from agreements.metric_lists import CORRECTIONS
from agreements.models import AgreementStatus, Decision, Publication, RegisterChange, ReviewWait
from agreements.services.reviews import verdict_give, verdict_undo
from agreements.services.waits import review_waits_sync
from oversight.access.actors import person
from oversight.metrics import services
from oversight.metrics.base import Subject
from oversight.metrics.choices import FillState, Level
from oversight.metrics.models import DayFill
from oversight.metrics.registry import get_metric
from tests.agreements.importing import SAMPLE, import_roster
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
NATION = Subject(Level.NATION)
MONTHLY = [path for path in SAMPLE if not path.name.startswith("ParticipatingEntities")]
KEYS = ["agreements.list_added", "agreements.list_left", "agreements.list_corrected"]
REVIEWS = ["agreements.reviews_open", "agreements.review_days_median", "agreements.review_days_oldest"]
EASTERN = ZoneInfo("America/New_York")


def figures(key: str, day: dt.date, known_at: dt.datetime | None = None) -> dict[Subject, Decimal | None]:
    return {figure.subject: figure.value for figure in get_metric(key).compute(as_of=day, known_at=known_at)}


def listed_by_lists(day: dt.date) -> int:
    rows = AgreementStatus.objects.filter(origin=Origin.LIST, status=Status.ACTIVE)
    return sum(1 for row in rows if row.begins_on <= day and (row.ends_on is None or day < row.ends_on))


def test_real_lists_and_their_questions():
    """In one test: importing the lists is what takes the time."""
    assert import_roster(*MONTHLY[:7])[2] == 0
    what_lists_changed_agrees_with_the_changes_kept_with_each_list()
    answering_and_taking_back_moves_the_reviews_of_today_and_of_no_other_day()


def what_lists_changed_agrees_with_the_changes_kept_with_each_list():
    lists = Publication.objects.filter(kind=ListKind.PARTICIPATING).order_by("sequence")
    assert len({one.published_on for one in lists}) == len(lists) >= 4  # one a day: the comparison holds
    before = 0
    for one in lists:
        kinds = Counter(RegisterChange.objects.filter(publication=one).values_list("kind", flat=True))
        for day in (one.published_on, one.published_on + dt.timedelta(days=2)):
            added, left, corrected = (figures(key, day)[NATION] for key in KEYS)
            assert added == kinds[ChangeKind.ADDED] + kinds[ChangeKind.RETURNED]
            assert left == kinds[ChangeKind.MISSING] + kinds[ChangeKind.SUPERSEDED]
            assert corrected == sum(kinds[kind] for kind in CORRECTIONS)
        now = listed_by_lists(one.published_on)
        assert added - left == now - before
        before = now
    assert before > 100
    newest = lists.last()
    for key in KEYS:
        metric = get_metric(key)
        for figure in metric.compute(as_of=newest.published_on):
            assert metric.rows(as_of=newest.published_on, subject=figure.subject).count() == figure.n
        assert figures(key, lists[0].published_on - dt.timedelta(days=1)) == {NATION: None}
        earlier = figures(key, lists[len(lists) - 2].published_on)
        known = newest.imported_at - dt.timedelta(microseconds=1)
        assert figures(key, newest.published_on, known)[NATION] == earlier[NATION]


def question(number: int, state: str = DecisionState.OPEN) -> Decision:
    keys = {"left_key": f"TX|alpha {number}", "right_key": f"TX|alpha so {number}"}
    return Decision.objects.create(subject="agency", rule="typo", state=state, **keys)


def at(day: int, hour: int = 12, minute: int = 0) -> dt.datetime:
    """In March 2025, at headquarters; clocks go forward on the 9th."""
    return dt.datetime(2025, 3, day, hour, minute, tzinfo=EASTERN)


def reviews(day: int, known_at: dt.datetime | None = None) -> list[Decimal | None]:
    return [figures(key, dt.date(2025, 3, day), known_at)[NATION] for key in REVIEWS]


def test_open_reviews_and_their_age_are_told_for_every_past_day():
    with time_machine.travel(at(7, 23, 59), tick=False) as clock:
        first, second = question(1), question(2, DecisionState.LATER)
        review_waits_sync()
        clock.move_to(at(9, 0, 1))
        third = question(3)
        review_waits_sync()
        clock.move_to(at(10))
        Decision.objects.filter(pk=first.pk).update(state=DecisionState.SAME)
        Decision.objects.filter(pk=third.pk).update(is_standing=False)
        review_waits_sync()
        clock.move_to(at(12))
        Decision.objects.filter(pk=third.pk).update(is_standing=True)
        review_waits_sync()
        review_waits_sync()  # again: nothing is doubled
    assert ReviewWait.objects.count() == 4
    told = {day: reviews(day) for day in range(6, 14)}
    assert told == {
        6: [None, None, None],  # nothing was imported here by then: not known, not 0
        7: [2, 0, 0],
        8: [2, 1, 1],
        9: [3, 2, 2],
        10: [1, 3, 3],
        11: [1, 4, 4],
        12: [2, Decimal("2.5"), 5],
        13: [2, Decimal("3.5"), 6],
    }
    for day in range(7, 14):
        rows = get_metric(REVIEWS[0]).rows(as_of=dt.date(2025, 3, day), subject=NATION)
        assert rows.count() == told[day][0]
    assert set(get_metric(REVIEWS[0]).rows(as_of=dt.date(2025, 3, 13), subject=NATION)) == {second, third}
    # As known on the 9th: what was answered later still waited, and the 12th had not come.
    assert reviews(12, known_at=at(9)) == [3, 5, 5]
    assert reviews(9, known_at=at(8)) == [2, 2, 2]


def test_no_open_review_is_none_open_and_no_age():
    with time_machine.travel(at(7), tick=False):
        import_roster(SAMPLE[0])
        Decision.objects.update(is_standing=False)
        review_waits_sync()
    assert reviews(8) == [0, None, None]
    assert reviews(6) == [None, None, None]


def answering_and_taking_back_moves_the_reviews_of_today_and_of_no_other_day():
    asked = Decision.objects.filter(state=DecisionState.OPEN, is_standing=True)
    assert asked.exists()
    assert ReviewWait.objects.filter(ends_at__isnull=True).count() == asked.count()
    today = timezone.localdate()
    yesterday = today - dt.timedelta(days=1)
    for day in (yesterday, today):
        services.day_fill(as_of=day)
    before = figures(REVIEWS[0], today)[NATION]
    actor = person(UserFactory())
    verdict = verdict_give(actor=actor, decision=asked.first(), kind="distinct")
    stale = DayFill.objects.filter(state=FillState.STALE, metric__startswith="agreements.review")
    assert {fill.as_of for fill in stale} == {today}
    assert figures(REVIEWS[0], today)[NATION] == before - 1
    verdict_undo(actor=actor, verdict=verdict, reason="a slip")
    assert figures(REVIEWS[0], today)[NATION] == before
    assert ReviewWait.objects.filter(decision=verdict.decision).count() == 2
