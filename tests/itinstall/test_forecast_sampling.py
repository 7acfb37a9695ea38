"""Durations and the queue, each against the obvious way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itinstall.forecast.queue import NEVER, Crew, serve, serve_by_office
from itinstall.forecast.sampling import Durations, uniforms
from tests.itinstall.forecasting import MONDAY, crew_of, weekdays
from tests.itinstall.plain_queue import serve_plainly

EVERY = np.linspace(0, 1, 1000, endpoint=False)


def at(*offsets: int) -> list[int]:
    return [MONDAY + offset for offset in offsets]


class TestDurations:
    @settings(deadline=None)
    @given(days=st.lists(st.integers(0, 50), min_size=1, max_size=40))
    def test_without_open_visits_each_observed_one_is_drawn_as_often_as_it_occurs(self, days) -> None:
        found = Durations.of(days, [True] * len(days), tail=1)
        u = (np.arange(len(days)) + 0.5) / len(days)
        assert found.draw(u).tolist() == sorted(days)

    def test_open_visits_count_for_as_long_as_they_were_watched(self) -> None:
        # Remissions in weeks under 6-MP, Freireich et al. 1963: the worked example of the textbooks.
        days = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
        ended = [True] * 9 + [False] * 12
        found = Durations.of(days, ended, tail=1)
        still = dict(zip(found.values.tolist(), np.round(1 - found.reached, 3).tolist(), strict=True))
        assert still == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.69, 16: 0.627, 22: 0.538, 23: 0.448}
        assert (found.median, found.longest, round(found.unseen_share, 3)) == (23, 35, 0.448)
        assert found.draw(np.asarray([0.99])).tolist() == [35]

    @settings(deadline=None)
    @given(
        days=st.lists(st.integers(0, 60), min_size=5, max_size=40),
        elapsed=st.integers(0, 80),
        tail=st.integers(1, 5),
    )
    def test_what_is_left_is_drawn_from_visits_that_lasted_longer(self, days, elapsed, tail) -> None:
        found = Durations.of(days, [True] * len(days), tail=tail)
        left = set(found.remaining(EVERY, np.asarray(elapsed)).tolist())
        # Slowly: the latest day that at least `tail` visits outlasted, or what has passed, if that is less.
        passed = max(t for t in range(-1, 81) if sum(day > t for day in days) >= tail)
        passed = min(passed, elapsed)
        assert left == {day - passed for day in days if day > passed}
        assert bool(found.is_beyond(np.asarray(elapsed))) == (sum(day > elapsed for day in days) < tail)

    def test_a_stage_in_which_nobody_ever_left_has_no_durations(self) -> None:
        with pytest.raises(ValueError, match="No visit has ended"):
            Durations.of([3, 4], [False, False], tail=1)

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=3, max_size=30))
    def test_a_larger_number_never_draws_less(self, visits) -> None:
        visits.append((7, True))
        found = Durations.of([d for d, _ in visits], [e for _, e in visits], tail=2)
        for draws in (found.draw(EVERY), found.remaining(EVERY, np.asarray(5))):
            assert (np.diff(draws) >= 0).all()
            assert (draws >= 0).all()


def test_numbers_of_a_part_are_the_same_on_every_machine_and_of_no_other_part() -> None:
    first = uniforms(287, "stage:bids", (2,))
    assert first.tolist() == pytest.approx([0.30272201257128517, 0.05993548409085614], abs=0)
    assert not np.intersect1d(first, uniforms(287, "stage:isa", (2,))).size
    assert not np.intersect1d(first, uniforms(288, "stage:bids", (2,))).size


class TestQueue:
    """MONDAY is day 0; Saturday and Sunday are days 5 and 6."""

    def done(
        self, ready: list[int], service: list[int], crew: Crew, rest: list[int] | None = None
    ) -> list[int]:
        found = serve(
            ready=np.asarray([ready]) + MONDAY,
            service=np.asarray([service]),
            rest=np.asarray([rest or [0] * len(ready)]),
            crew=crew,
        )
        return [NEVER if day >= NEVER else day - MONDAY for day in found[0].tolist()]

    def test_one_installer_takes_three_requests_one_after_the_other(self) -> None:
        # Mon-Tue, Wed-Thu, Fri and the Monday after the weekend.
        assert self.done([0, 0, 0], [2, 2, 2], crew_of(1)) == [2, 4, 8]

    def test_two_installers_take_two_at_once(self) -> None:
        assert self.done([0, 0, 0], [2, 3, 1], crew_of(2)) == [2, 3, 3]

    def test_after_a_request_the_installer_rests_for_free_days_and_the_request_does_not_wait_for_it(
        self,
    ) -> None:
        # Mon-Tue, one day of rest; Thu-Fri, no rest; the Monday after.
        assert self.done([0, 0, 0], [2, 2, 1], crew_of(1), rest=[1, 0, 5]) == [2, 5, 8]
        # Two days of rest around a weekend: Thu-Fri; Mon-Tue; begins on Wednesday.
        assert self.done([3, 3], [2, 1], crew_of(1), rest=[2, 0]) == [5, 10]

    def test_who_rests_leaves_the_next_to_who_is_free(self) -> None:
        assert self.done([0, 0, 0], [1, 2, 1], crew_of(2), rest=[3, 0, 0]) == [1, 2, 3]

    def test_who_is_ready_first_is_not_kept_waiting_for_a_better_rank(self) -> None:
        # Rank 0 is ready on Tuesday: by then the installer is at work for rank 1 until Friday.
        assert self.done([1, 0], [1, 4], crew_of(1)) == [5, 4]

    def test_of_those_who_wait_the_best_rank_goes_first(self) -> None:
        assert self.done([2, 1, 0], [1, 1, 3], crew_of(1)) == [4, 5, 3]

    def test_a_request_that_is_ready_on_a_weekend_begins_on_monday(self) -> None:
        assert self.done([5], [1], crew_of(1)) == [8]

    def test_days_away_are_worked_around(self) -> None:
        away = set(at(1, 2))
        crew = Crew([[day for day in weekdays(MONDAY, 30) if day not in away]], [-1])
        assert self.done([0, 0], [2, 1], crew) == [4, 5]

    def test_who_has_too_few_days_left_takes_nothing_more(self) -> None:
        leaving, staying = at(0, 1), weekdays(MONDAY + 2, 30)
        assert self.done([0, 0], [3, 1], Crew([leaving, staying], [-1, -1])) == [5, 8]
        assert self.done([0], [3], Crew([leaving], [-1])) == [NEVER]

    def test_without_installers_nothing_is_ever_done(self) -> None:
        assert self.done([0], [1], Crew([], [])) == [NEVER]
        assert self.done([0], [1], Crew([[]], [-1])) == [NEVER]

    def test_an_installer_of_one_office_leaves_the_others_to_the_rest(self) -> None:
        crew = Crew([weekdays(MONDAY, 30), weekdays(MONDAY, 30)], [0, -1])
        found = serve_by_office(
            ready=np.full((1, 4), MONDAY),
            service=np.asarray([[2, 2, 2, 2]]),
            rest=np.zeros((1, 4), int),
            crew=crew,
            office=np.asarray([1, 1, 0, -1]),
        )
        # The one of office 0 serves rank 2 alone; the other takes ranks 0, 1 and 3.
        assert (found[0] - MONDAY).tolist() == [2, 4, 2, 8]

    def test_one_more_installer_can_make_a_single_request_later(self) -> None:
        """Nobody is called away: a lower rank that begins earlier may be in the way. It is no error."""
        ready, service = [20, 0, 0, 11, 11], [1, 10, 10, 10, 10]
        days = list(range(MONDAY, MONDAY + 200))
        one, two = (self.done(ready, service, Crew([days] * count, [-1] * count)) for count in (1, 2))
        assert one == [21, 10, 20, 31, 41]
        assert two == [22, 10, 10, 21, 21]  # at day 20 both were at work for the last two

    @settings(max_examples=300, deadline=None)
    @given(data=st.data())
    def test_the_quick_queues_do_what_the_plain_one_does(self, data) -> None:
        n, count = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 4))

        def numbers(low: int, high: int, size: int) -> list[int]:
            return data.draw(st.lists(st.integers(low, high), min_size=size, max_size=size))

        days = st.sets(st.integers(0, 45), max_size=30).map(lambda own: [MONDAY + day for day in sorted(own)])
        crew = Crew([data.draw(days) for _ in range(count)], [-1] * count)
        ready = [MONDAY + day for day in numbers(-3, 40, n)]
        if data.draw(st.booleans()):
            ready[0] = NEVER  # has a planned visit
        service, rest, office = numbers(1, 4, n), numbers(0, 3, n), numbers(-1, 3, n)
        line = {"ready": np.asarray([ready]), "service": np.asarray([service]), "rest": np.asarray([rest])}
        plain = serve_plainly(ready, service, rest, crew, office)
        assert serve(**line, crew=crew)[0].tolist() == plain
        assert serve_by_office(**line, crew=crew, office=np.asarray(office))[0].tolist() == plain
        bound = Crew(crew.days, numbers(-1, 2, count))
        by_office = serve_by_office(**line, crew=bound, office=np.asarray(office))
        assert by_office[0].tolist() == serve_plainly(ready, service, rest, bound, office)

    @settings(deadline=None)
    @given(
        service=st.lists(st.integers(1, 5), min_size=1, max_size=12),
        more=st.lists(st.integers(0, 3), min_size=12, max_size=12),
        rests=st.lists(st.integers(0, 3), min_size=12, max_size=12),
        count=st.integers(1, 4),
    )
    def test_in_order_of_readiness_more_installers_or_shorter_work_make_nothing_later(
        self, service, more, rests, count
    ) -> None:
        ready, rest = np.cumsum(more[: len(service)]).tolist(), rests[: len(service)]
        base = self.done(ready, service, crew_of(count), rest)
        shorter = [max(1, days - 1) for days in service]
        for quicker in (
            self.done(ready, service, crew_of(count + 1), rest),
            self.done(ready, shorter, crew_of(count), rest),
            self.done(ready, service, crew_of(count)),
        ):
            assert all(a <= b for a, b in zip(quicker, base, strict=True))
