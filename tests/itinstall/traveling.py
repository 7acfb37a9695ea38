"""Histories in which installers travel, weeks end, holds, absences and urgent requests come up: made by the
sample's own simulation, which knows nothing of how forecasts are made."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence

from itinstall.forecast import NEVER, StageLine
from itinstall.forecast.queue import Crew
from itinstall.sample import PRIORITIES, STAGES, WEIGHTS
from itinstall.sample.simulation import INSTALLERS, Away, Run, Wish, simulate
from tests.itinstall.forecasting import Line, Story, weekdays

__all__ = ["ENTERED_AHEAD", "UNTIL", "crew_known", "traveling"]

FIRST, UNTIL = dt.date(2025, 2, 1), dt.date(2027, 12, 31)
WISHED_DAYS = 640
ENTERED_AHEAD = 30  # days before an absence, that it is known
STAGE_LINES = tuple(StageLine(key, key, needs_installer=key == "install") for key in STAGES)


def traveling(*, seed: int, n: int) -> tuple[Story, list[Away]]:
    """`n` requests wished for over `WISHED_DAYS`, and the absences. 400 are more than two installers can do:
    the queue grows for a year; 230 leave them idle at times."""
    chance = random.Random(seed)
    away = [one for number, _ in INSTALLERS for one in absences(chance, number)]
    wishes = [
        Wish(
            f"A{number:04d}",
            FIRST + dt.timedelta(days=chance.randrange(WISHED_DAYS)),
            int(chance.choices(PRIORITIES, WEIGHTS)[0]),
        )
        for number in range(n)
    ]
    runs = [run for run in simulate(chance, wishes, away, UNTIL) if run.days]
    return Story([line_of(run) for run in runs], stages=STAGE_LINES, models=(), offices=()), away


def absences(chance: random.Random, number: int) -> list[Away]:
    """One to three weeks, about every four months."""
    found, day = [], FIRST + dt.timedelta(days=chance.randint(30, 150))
    while day < UNTIL:
        end = day + dt.timedelta(days=7 * chance.randint(1, 3))
        found.append(Away(number, "leave", day, end))
        day = end + dt.timedelta(days=chance.randint(60, 180))
    return found


def line_of(run: Run) -> Line:
    reached = [key for key in STAGES if key in run.days]
    closed = run.completed or run.cancelled
    ends = [run.days[key].toordinal() for key in reached[1:]] + [closed.toordinal() if closed else None]
    visits = [
        (STAGES.index(key), run.days[key].toordinal(), end) for key, end in zip(reached, ends, strict=True)
    ]
    line = Line(
        run.wish.key,
        visits,
        given_up=run.cancelled is not None,
        priority=run.wish.priority,
        clock=run.wish.signed.toordinal(),
        holds=[(begins.toordinal(), ends.toordinal()) for _, begins, ends in run.holds],
        model=-1,
        office=-1,
        entered=NEVER,
    )
    if run.visit:
        line.installer, begins, end = run.visit[0], run.visit[1].toordinal(), run.visit[2].toordinal()
        line.visit = (begins, end, max(1, len(weekdays(begins, end - begins))))
    return line


def crew_known(away: Sequence[Away]) -> Callable[[int], Crew]:
    """Who works on a day, and the free days ahead as far as absences had been entered."""

    def on(day: int) -> Crew:
        own = []
        for number, first in INSTALLERS:
            if first.toordinal() <= day:
                gone = {
                    taken
                    for one in away
                    if one.number == number and one.begins_on.toordinal() - ENTERED_AHEAD <= day
                    for taken in range(one.begins_on.toordinal(), one.ends_on.toordinal())
                }
                own.append([free for free in weekdays(day + 1, 6000) if free not in gone])
        return Crew(own, [-1] * len(own))

    return on
