"""What installers do between visits, who comes later, and whether forecasts hold where both happen."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itinstall.forecast import NEVER, Minimums, WhatIf, simulate
from itinstall.forecast.backtest import backtest, together
from itinstall.forecast.newcomers import ARRIVAL_DAYS, MOST_COMING, Coming, streams_of
from itinstall.forecast.words import assumptions_of, samples_of
from tests.itinstall.forecasting import MONDAY, STAGES, Line, Story, crew_of
from tests.itinstall.traveling import UNTIL, crew_known, traveling

INSTALL, ACCESS = 2, 3
LONG_AGO, EVE = MONDAY - 420, MONDAY - 1  # both a Monday's and a Sunday's distance from MONDAY
FEW = Minimums(visits=2, tail=1)


def visited(ref: str, *, ready: int, begins: int, days: int = 1, installer: int = 0, **more) -> Line:
    """Waited for an installer from `ready` on, who came at `begins`; days from LONG_AGO, a Monday."""
    visits = [(0, 0, 1), (1, 1, ready), (INSTALL, ready, begins + days), (ACCESS, begins + days, begins + 60)]
    return Line(
        ref,
        [(stage, LONG_AGO + first, LONG_AGO + end) for stage, first, end in visits],
        visit=(LONG_AGO + begins, LONG_AGO + begins + days, days),
        installer=installer,
        **more,
    )


def situation_of(*lines: Line, as_of: int = EVE, **more):
    return Story(list(lines), **more).history().situation(as_of, min_visits=2, tail=1, window=1000)


class TestBetweenVisits:
    def test_working_days_to_the_next_visit_count_while_somebody_waits(self) -> None:
        # Visits on Monday, Wednesday and the Tuesday after: between them Tuesday, then Thursday to Monday.
        lines = [visited("A", ready=7, begins=7), visited("B", ready=7, begins=9)]
        assert situation_of(*lines, visited("C", ready=8, begins=15)).rest.tolist() == [1, 3]

    def test_an_installer_who_had_nothing_to_do_did_not_rest(self) -> None:
        lines = [visited("A", ready=7, begins=7), visited("B", ready=20, begins=21)]
        assert situation_of(*lines).rest.tolist() == []

    def test_who_is_on_hold_is_nobody_an_installer_could_go_to(self) -> None:
        first = visited("A", ready=7, begins=7)
        held = visited("B", ready=7, begins=21, holds=[(LONG_AGO + 7, LONG_AGO + 20)])
        assert situation_of(first, held).rest.tolist() == []
        ended = replace(held, holds=[(LONG_AGO + 2, LONG_AGO + 8)])
        assert situation_of(first, ended).rest.tolist() == [9]

    def test_another_installer_has_visits_of_its_own(self) -> None:
        lines = [visited("A", ready=7, begins=7), visited("B", ready=7, begins=9, installer=1)]
        assert situation_of(*lines, visited("C", ready=7, begins=10)).rest.tolist() == [2]

    def test_known_absences_are_no_rest(self) -> None:
        lines = [visited("A", ready=7, begins=7), visited("B", ready=7, begins=15)]
        assert situation_of(*lines).rest.tolist() == [5]
        away = [(0, LONG_AGO + 8, LONG_AGO + 11), (1, LONG_AGO + 11, LONG_AGO + 12)]
        assert situation_of(*lines, away=away).rest.tolist() == [2]

    def test_a_visit_that_had_not_begun_tells_nothing_yet(self) -> None:
        lines = [visited("A", ready=7, begins=7), visited("B", ready=7, begins=15)]
        assert situation_of(*lines, as_of=LONG_AGO + 14).rest.tolist() == []
        assert situation_of(*lines, as_of=LONG_AGO + 15).rest.tolist() == [5]

    @pytest.mark.parametrize("day", [dt.date(2025, 10, 1), dt.date(2026, 4, 15)])
    def test_a_past_day_knows_nothing_of_what_came_after(self, day) -> None:
        as_of, (story, _) = day.toordinal(), traveling(seed=3, n=300)
        cut = replace(story, lines=[seen for line in story.lines if (seen := until(line, as_of))])
        whole, then = (
            one.history().situation(as_of, min_visits=5, tail=2, window=1000) for one in (story, cut)
        )
        assert len(whole.rest) > 20
        assert whole.rest.tolist() == then.rest.tolist()
        assert whole.service.tolist() == then.service.tolist()
        assert whole.coming == then.coming

    @settings(max_examples=100, deadline=None)
    @given(data=st.data())
    def test_those_who_wait_are_counted_as_one_would_by_hand(self, data) -> None:
        lines = []
        for number in range(data.draw(st.integers(1, 6))):
            ready = data.draw(st.integers(1, 30))
            begins = ready + data.draw(st.integers(0, 20))
            line = visited(f"R{number}", ready=ready, begins=begins)
            edges = sorted(data.draw(st.sets(st.integers(0, 60), max_size=4)))
            line.holds = [
                (LONG_AGO + first, LONG_AGO + end)
                for first, end in zip(edges[::2], edges[1::2], strict=False)
            ]
            if data.draw(st.booleans()):
                line.visits, line.visit = [*line.visits[:2], (INSTALL, LONG_AGO + ready, None)], None
            lines.append(line)

        def waits(line: Line, day: int) -> bool:
            (_, first, _) = line.visits[INSTALL]
            was_visited = line.visit is not None and line.visit[0] < day
            held = any(begins <= day < ends for begins, ends in line.holds)
            return first <= day and not was_visited and not held

        days = np.arange(LONG_AGO, LONG_AGO + 70)
        found = Story(lines).history().n_waiting(days)
        assert found.tolist() == [sum(waits(line, day) for line in lines) for day in days.tolist()]


def until(line: Line, day: int) -> Line | None:
    """What of it was there when `day` ended."""
    visits = [
        (stage, begins, end if end is not None and end <= day else None)
        for stage, begins, end in line.visits
        if begins <= day
    ]
    holds = [(begins, end if end <= day else None) for begins, end in line.holds if begins <= day]
    visit = line.visit if line.visit and line.visit[0] <= day else None
    gone = line.given_up and line.visits[-1][2] <= day
    return replace(line, visits=visits, holds=holds, visit=visit, given_up=gone) if visits else None


def past_and(*lines: Line, rest: int = 1) -> list[Line]:
    """Three of the past with two days of work each, `rest` working days apart, and `lines`."""
    begins = {0: (7, 9, 11), 1: (7, 10, 15)}[rest]  # Monday, Wednesday, Friday; Monday, Thursday, Tuesday
    past = [visited(f"P{number}", ready=7, begins=day, days=2) for number, day in enumerate(begins)]
    for line in past:  # accounts take five days
        (_, begins, _) = line.visits[ACCESS]
        line.visits[ACCESS] = (ACCESS, begins, begins + 5)
    return [*past, *lines]


def waiting(ref: str, *, clock: int = LONG_AGO, since: int = LONG_AGO, **more) -> Line:
    return Line(ref, [(0, LONG_AGO, LONG_AGO + 1), (INSTALL, since, None)], clock=clock, **more)


class TestForecast:
    def test_the_next_request_waits_until_the_installer_has_rested(self) -> None:
        lines = past_and(waiting("A"), waiting("B", clock=LONG_AGO + 1), rest=0)
        without = replace(situation_of(*lines), coming=Coming({}, 1))
        assert without.rest.tolist() == [0, 0]
        with_rest = replace(without, rest=np.asarray([1, 1]))
        found = [
            (simulate(one, seed=1, runs=4, crew=crew_of(1), minimums=FEW).done - MONDAY).tolist()
            for one in (without, with_rest)
        ]
        # Monday and Tuesday, then Wednesday and Thursday or Thursday and Friday; five days more for accounts.
        assert found == [[[2 + 5, 4 + 5]] * 4, [[2 + 5, 5 + 5]] * 4]

    def test_a_what_if_on_the_length_of_visits_leaves_what_lies_between_them(self) -> None:
        lines = past_and(waiting("A"), waiting("B", clock=LONG_AGO + 1))
        situation = replace(situation_of(*lines), coming=Coming({}, 1))
        what_if = WhatIf(scales={"install": 0.5})
        done = simulate(situation, seed=1, runs=2, crew=crew_of(1), minimums=FEW, what_if=what_if).done
        assert (done - MONDAY).tolist() == [[1 + 5, 3 + 5]] * 2

    def test_sample_and_assumptions_say_what_was_seen_between_visits(self) -> None:
        situation = situation_of(*past_and(waiting("A")))
        assert samples_of(situation)[INSTALL]["rest"] == [2, 1.0]
        said = " ".join(assumptions_of(situation, FEW, WhatIf()))
        assert "while somebody waited (1.0 on the average of 2)" in said
        nothing = replace(situation, rest=np.empty(0, np.int64))
        assert samples_of(nothing)[INSTALL]["rest"] == [0, None]
        assert "can begin the next visit at once" in " ".join(assumptions_of(nothing, FEW, WhatIf()))


class TestWhoComesLater:
    def world(self, **more):
        lines = [waiting(f"N{n:02d}", clock=LONG_AGO + n) for n in range(40)]
        situation = situation_of(*past_and(*lines, waiting("L", priority=4)))
        return replace(situation, **more)

    def test_as_many_are_expected_as_were_submitted_in_the_half_year_before(self) -> None:
        lines = [
            Line(f"S{n}", [(0, EVE - 100 + n, None)], priority=priority)
            for n, priority in enumerate((1, 2, 2, 3))
        ]
        assert situation_of(*lines).coming == Coming({1: 1, 2: 2, 3: 1}, 101)
        old = Line("OLD", [(0, EVE - 500, None)], priority=1)
        assert situation_of(*lines, old).coming == Coming({1: 1, 2: 2, 3: 1}, 182)
        assert situation_of(*lines, as_of=EVE - 99).coming == Coming({1: 1, 2: 1}, 2)

    def test_only_those_who_go_before_somebody_are_simulated(self) -> None:
        situation = self.world(coming=Coming({1: 10, 3: 100, 4: 10}, 365))
        streams = streams_of(situation, new_per_month=None, by_clock=False)
        assert [(one.priority, one.is_asked) for one in streams] == [(1, False), (3, False)]
        nobody_low = replace(situation, priority=np.minimum(situation.priority, 3))
        assert [one.priority for one in streams_of(nobody_low, new_per_month=None, by_clock=False)] == [1]
        assert streams_of(situation, new_per_month=None, by_clock=True) == []
        asked = streams_of(situation, new_per_month=30, by_clock=False)
        assert [(one.priority, one.is_asked) for one in asked] == [(1, False), (3, True)]
        none = streams_of(situation, new_per_month=0, by_clock=False)
        assert [(one.priority, one.is_asked) for one in none] == [(1, False)]
        said = assumptions_of(situation, FEW, WhatIf(new_per_month=0))
        assert "No new agreement of normal priority comes." in said
        past_install = replace(situation, stage=np.full(41, ACCESS))
        assert streams_of(past_install, new_per_month=None, by_clock=False) == []

    def test_very_many_are_simulated_for_fewer_days(self) -> None:
        situation = self.world(coming=Coming({1: 36_500, 2: 36}, 365))
        many, few = streams_of(situation, new_per_month=None, by_clock=False)
        assert (many.days, few.days) == (MOST_COMING // 100, ARRIVAL_DAYS)
        said = assumptions_of(situation, FEW, WhatIf())
        assert any("urgent priority" in one and f"for {many.days} days" in one for one in said)

    def test_nobody_is_expected_while_a_stage_was_never_seen_to_end(self) -> None:
        situation = self.world(coming=Coming({1: 10}, 365), durations={})
        assert streams_of(situation, new_per_month=None, by_clock=False) == []

    def test_urgent_ones_delay_normal_ones_and_normal_ones_only_low_ones(self) -> None:
        base, urgent, normal = (
            simulate(self.world(coming=coming), seed=5, runs=40, crew=crew_of(1), minimums=FEW).done
            for coming in (Coming({}, 1), Coming({1: 100}, 365), Coming({3: 300}, 365))
        )
        at = self.world().refs.index("L")
        ahead = [number for number in range(41) if number != at]
        assert urgent[:, ahead].mean() > base[:, ahead].mean()
        assert (normal[:, ahead] == base[:, ahead]).all()
        assert (normal[:, at] > base[:, at]).mean() > 0.9

    def test_they_come_as_often_as_they_did(self) -> None:
        situation = self.world(coming=Coming({1: 73}, 365))
        (stream,) = streams_of(situation, new_per_month=None, by_clock=False)
        u = np.random.Generator(np.random.PCG64(1)).random((200, stream.most))
        days = stream.arrivals(u, np.full(200, 0.2), EVE)
        per_run = (days < NEVER).sum(axis=1)
        assert per_run.mean() == pytest.approx(0.2 * ARRIVAL_DAYS, rel=0.03)
        assert per_run.max() < stream.most
        assert days[days < NEVER].min() > EVE
        assert days[days < NEVER].max() <= EVE + ARRIVAL_DAYS

    @pytest.mark.parametrize("n", [1, 4, 100])
    def test_few_that_were_seen_leave_the_rate_uncertain(self, n) -> None:
        (stream,) = streams_of(self.world(coming=Coming({1: n}, 100)), new_per_month=None, by_clock=False)
        rates = stream.rates((np.arange(2000) + 0.5) / 2000)
        assert rates.mean() == pytest.approx((n + 0.5) / 100, rel=0.01)
        assert rates.std() == pytest.approx((n + 0.5) ** 0.5 / 100, rel=0.02)
        u = np.random.Generator(np.random.PCG64(n)).random((2000, stream.most))
        all_come = (stream.arrivals(u, rates, EVE) < NEVER).sum(axis=1) < stream.most
        assert all_come.mean() > 0.998
        (asked, *_) = streams_of(self.world(coming=Coming({}, 1)), new_per_month=30.4375, by_clock=False)
        assert set(asked.rates(np.asarray([0.1, 0.9]))) == {1.0}

    def test_months_of_the_backlog_count_only_what_is_open_or_asked_for(self) -> None:
        situation = self.world(coming=Coming({1: 100}, 365))
        outcome = simulate(situation, seed=5, runs=3, crew=crew_of(1), minimums=FEW)
        assert outcome.new_begun.shape == outcome.new_done.shape == (3, 0)
        what_if = WhatIf(new_per_month=30)
        asked = simulate(situation, seed=5, runs=3, crew=crew_of(1), minimums=FEW, what_if=what_if)
        signed = (asked.new_begun < NEVER).sum(axis=1)
        assert signed.mean() == pytest.approx(30 * 36, rel=0.1)


def test_stages_are_those_of_the_made_up_stories() -> None:
    assert STAGES[INSTALL].needs_installer


def months(first: dt.date, n: int) -> list[int]:
    places = [first.year * 12 + first.month - 1 + number for number in range(n)]
    return [dt.date(place // 12, place % 12 + 1, 1).toordinal() for place in places]


@pytest.mark.parametrize(("n", "p80_about", "within"), [(230, 0.80, 0.04), (400, 0.85, 0.09)])
def test_p80_holds_where_installers_travel_fall_out_and_urgent_requests_come(n, p80_about, within) -> None:
    """Not made as the forecast assumes it: tests/itinstall/traveling.py.

    Of 24 such histories with 12 days each P80 held for 79.7 % where installers are idle at times (230
    requests; one history scatters by 2.5 points), and for 85.2 % where the queue grows for a year (400; by
    6.4 points), P50 for 53 % and 62 %. The latter is too late by a little: an absence that is known ahead is
    kept free and also part of what was seen between visits. Three standard deviations of six histories.
    Without the days between visits P80 held for less than a third of the long queue.
    """
    lines = []
    for seed in range(6):
        story, away = traveling(seed=seed, n=n)
        lines += backtest(
            story.history(),
            days=months(dt.date(2025, 10, 1), 12)[::2],
            today=UNTIL.toordinal(),
            seed=287,
            runs=60,
            minimums=Minimums(),
            crew_on=crew_known(away),
        )
    _, p80 = together(lines)
    assert p80.n > 1500
    assert p80.share == pytest.approx(p80_about, abs=within)
