"""A made-up pipeline: requests pass their stages, wait for one of two installers, some are held. Pure.

Stages last as in no published source: the medians below are made up so that about half of the requests miss
180 days, as OIG-18-77 found of fiscal year 2017. Times have a long tail (log-normal).
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

__all__ = ["INSTALLERS", "Away", "Run", "Wish", "simulate"]

# Median days, and how wide they spread.
MEDIANS = {"submit": (12, 0.7), "request": (12, 0.6), "bids": (36, 0.7), "isa": (28, 0.7),
           "equipment": (22, 0.7), "access": (6, 0.6)}  # fmt: skip
BEFORE_INSTALL = ("request", "bids", "isa", "equipment")
HOLDS = {"bids": ("bids",), "isa": ("isa-lea", "isa-lea", "isa-ice"), "equipment": ("site",)}
HOLD_SHARE, HOLD_MEDIAN, CANCELLED_SHARE = 0.12, 20, 0.02
WAITING_HOLD_SHARE, LONG_WAIT = 0.3, 25


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which installer `number` works for another program, or is on leave, half-open."""

    number: int
    kind: str
    begins_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: `key` orders equals, `signed` starts the clock."""

    key: str
    signed: date
    priority: int


@dataclass(slots=True)
class Run:
    """What became of a wish. `days`: first day of each stage reached; `holds`: reason, first day, first day
    no longer; `visit`: installer, first day, first day after."""

    wish: Wish
    days: dict[str, date] = field(default_factory=dict)
    completed: date | None = None
    cancelled: date | None = None
    holds: list[tuple[str, date, date]] = field(default_factory=list)
    visit: tuple[int, date, date] | None = None


INSTALLERS = ((1, date(2025, 2, 3)), (2, date(2025, 8, 4)))  # number, first day


def simulate(chance: random.Random, wishes: Sequence[Wish], away: Sequence[Away], until: date) -> list[Run]:
    """Every wish in its order; what lies after `until` has not happened yet. One visit at a time."""
    runs = [_until_install(chance, wish, until) for wish in sorted(wishes, key=lambda wish: wish.key)]
    _visits(chance, runs, away, until)
    for run in runs:
        _waiting_hold(chance, run, until)
        if run.visit is None or run.visit[2] > until:
            continue
        run.days["access"] = run.visit[2]
        done = run.visit[2] + timedelta(days=_days(chance, "access"))
        run.completed = done if done <= until else None
    return runs


def _days(chance: random.Random, stage: str) -> int:
    median, spread = MEDIANS[stage]
    return max(1, round(median * math.exp(spread * chance.gauss(0, 1))))


def _until_install(chance: random.Random, wish: Wish, until: date) -> Run:
    run = Run(wish)
    day = wish.signed + timedelta(days=_days(chance, "submit"))
    give_up = chance.choice(BEFORE_INSTALL[1:]) if chance.random() < CANCELLED_SHARE else ""
    for stage in (*BEFORE_INSTALL, "install"):
        if day > until:
            return run
        run.days[stage] = day
        if stage == "install":
            return run
        length = _days(chance, stage)
        if stage in HOLDS and chance.random() < HOLD_SHARE:
            held = max(2, round(HOLD_MEDIAN * math.exp(0.9 * chance.gauss(0, 1))))
            begins = day + timedelta(days=chance.randint(0, length - 1))
            if begins <= until:
                run.holds.append((chance.choice(HOLDS[stage]), begins, begins + timedelta(days=held)))
            length += held
        day += timedelta(days=length)
        if give_up == stage and day <= until and not _held(run, day):
            run.cancelled = day
            return run
    return run


def _held(run: Run, day: date) -> bool:
    return any(ends > day for _, _, ends in run.holds)


def _visits(chance: random.Random, runs: Sequence[Run], away: Sequence[Away], until: date) -> None:
    """Installers take the most urgent, then the oldest clock, of those that wait."""
    waiting = [run for run in runs if "install" in run.days and not run.cancelled]
    free = [(first, number) for number, first in INSTALLERS]
    heapq.heapify(free)
    while free and waiting:
        since, number = heapq.heappop(free)
        since = max(since, min(run.days["install"] for run in waiting))
        length = chance.choice((1, 1, 2, 2, 3))
        day = _free_day(number, since, length, away)
        if day > until:
            continue  # has no day left
        ready = [run for run in waiting if run.days["install"] <= day]
        chosen = min(ready, key=lambda run: (run.wish.priority, run.wish.signed, run.wish.key))
        waiting.remove(chosen)
        end = day + timedelta(days=length)
        if end <= until:
            chosen.visit = (number, day, end)
        heapq.heappush(free, (end + timedelta(days=chance.choice((0, 1, 1, 2))), number))  # travel


def _free_day(number: int, day: date, length: int, away: Sequence[Away]) -> date:
    """The first day from which the installer has `length` weekdays of one week at hand."""
    while True:
        end = day + timedelta(days=length)
        taken = [one for one in away if one.number == number and one.begins_on < end and day < one.ends_on]
        if taken:
            day = taken[0].ends_on
        elif day.weekday() + length > 5:
            day += timedelta(days=7 - day.weekday())
        else:
            return day


def _waiting_hold(chance: random.Random, run: Run, until: date) -> None:
    """Who waited long for an installer was often put on hold meanwhile."""
    begins = run.days.get("install")
    if begins is None or run.cancelled or _held(run, begins):
        return
    ends = run.visit[1] if run.visit else until + timedelta(days=1)
    if (ends - begins).days > LONG_WAIT and chance.random() < WAITING_HOLD_SHARE:
        why = chance.choice(("installer", "installer", "other-program"))
        run.holds.append((why, begins + timedelta(days=chance.randint(5, 15)), ends))
