"""Made-up histories whose truth is known, and small ones written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from itinstall.forecast import NEVER, Facts, History, StageLine
from itinstall.forecast.queue import Crew, serve

__all__ = ["MONDAY", "STAGES", "Line", "Story", "crew_of", "facts_of", "made_up", "weekdays"]

STAGES = (
    StageLine("request", "Request to OCIO"),
    StageLine("bids", "Bids and circuit"),
    StageLine("install", "On-site installation", needs_installer=True),
    StageLine("access", "Accounts and cards"),
)
MONDAY = dt.date(2026, 6, 1).toordinal()


def weekdays(first: int, n_days: int) -> list[int]:
    """Mondays to Fridays of the `n_days` from `first`; ordinal 1 was a Monday."""
    return [day for day in range(first, first + n_days) if (day - 1) % 7 < 5]


def crew_of(count: int, *, first: int = MONDAY, n_days: int = 4000) -> Crew:
    return Crew([weekdays(first, n_days)] * count, [-1] * count)


@dataclass
class Line:
    """One request: (stage, first day, first day after or None) in order; `visit` (first, end, working days)
    of an `installer`, -1: of whom is not known; `holds` (first day, first day after or None)."""

    ref: str
    visits: Sequence[tuple[int, int, int | None]]
    given_up: bool = False
    priority: int = 3
    clock: int | None = None
    due: int = NEVER
    visit: tuple[int, int, int] | None = None
    installer: int = -1
    entered: int = 0
    holds: Sequence[tuple[int, int | None]] = ()
    model: int = 0
    office: int = 0


@dataclass
class Story:
    lines: list[Line] = field(default_factory=list)
    stages: tuple[StageLine, ...] = STAGES
    models: tuple[str, ...] = ("JEM", "TFM")
    offices: tuple[str, ...] = ("houston", "miami")
    away: Sequence[tuple[int, int, int]] = ()

    def history(self) -> History:
        return History(facts_of(self))


def facts_of(story: Story) -> Facts:
    """The arrays of `Facts`, from lines that can be read."""
    rows = [
        (number, stage, begins, NEVER if ends is None else ends, line.given_up and at == len(line.visits) - 1)
        for number, line in enumerate(story.lines)
        for at, (stage, begins, ends) in enumerate(line.visits)
    ]
    seen = [(number, *line.visit, line.entered) for number, line in enumerate(story.lines) if line.visit]
    of = np.asarray(rows, np.int64).reshape(-1, 5)
    service = np.asarray(seen, np.int64).reshape(-1, 5)
    lines = story.lines
    s_next, s_rest = rests_of([line for line in lines if line.visit], story.away)
    held = [
        (number, begins, NEVER if ends is None else ends)
        for number, line in enumerate(lines)
        for begins, ends in line.holds
    ]
    holds = np.asarray(held, np.int64).reshape(-1, 3)

    def column(values):
        return np.asarray(list(values), np.int64)

    return Facts(
        stages=story.stages,
        models=story.models,
        offices=story.offices,
        refs=tuple(line.ref for line in lines),
        model=column(line.model for line in lines),
        office=column(line.office for line in lines),
        priority=column(line.priority for line in lines),
        clock=column(line.visits[0][1] if line.clock is None else line.clock for line in lines),
        due=column(line.due for line in lines),
        v_request=of[:, 0],
        v_stage=of[:, 1],
        v_begins=of[:, 2],
        v_ends=of[:, 3],
        v_given_up=of[:, 4].astype(bool),
        s_request=service[:, 0],
        s_begins=service[:, 1],
        s_ends=service[:, 2],
        s_workdays=service[:, 3],
        s_entered=service[:, 4],
        s_next=s_next,
        s_rest=s_rest,
        h_request=holds[:, 0],
        h_begins=holds[:, 1],
        h_ends=holds[:, 2],
    )


def rests_of(
    lines: Sequence[Line], away: Sequence[tuple[int, int, int]] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Place of the same installer's next visit, and the weekdays in between that the installer is not away
    (`away`: installer, first day, first day after)."""
    following, rest = [], []
    for line in lines:
        ends = line.visit[1]
        later = [
            (other.visit, place)
            for place, other in enumerate(lines)
            if other is not line and other.installer == line.installer >= 0 and other.visit[0] >= ends
        ]
        following.append(min(later)[1] if later else -1)
        until = min(later)[0][0] if later else ends
        rest.append(
            sum(
                not any(first <= day < end for who, first, end in away if who == line.installer)
                for day in weekdays(ends, until - ends)
            )
        )
    return np.asarray(following, np.int64), np.asarray(rest, np.int64)


def made_up(*, n: int, installers: int, first: int, days: int, seed: int) -> Story:
    """`n` requests submitted evenly over `days`: lognormal stages, a queue for the installers, all to their
    end.

    The truth is known: whoever looks at a day sees of it only what had happened by then.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    submitted = np.sort(first + rng.integers(0, days, n))
    before = [np.rint(rng.lognormal(np.log(median), 0.7, n)).astype(int) + 1 for median in (20, 60)]
    after = np.rint(rng.lognormal(np.log(15), 0.7, n)).astype(int) + 1
    service = rng.integers(1, 6, n)
    ready = submitted + before[0] + before[1]
    crew = crew_of(installers, first=first, n_days=days + 4000)
    done = serve(ready=ready[None], service=service[None], rest=np.zeros((1, n), int), crew=crew)[0]
    story = Story()
    for number in range(n):
        at = [int(submitted[number])]
        for length in (before[0][number], before[1][number]):
            at.append(at[-1] + int(length))
        at += [int(done[number]), int(done[number] + after[number])]
        visits = [(stage, at[stage], at[stage + 1]) for stage in range(4)]
        work = int(service[number])
        visit = (at[3] - work, at[3], work)  # entered after the fact: nobody knew it before
        story.lines.append(
            Line(f"R{number:05d}", visits, visit=visit, entered=NEVER, model=number % 2, office=number % 2)
        )
    return story
