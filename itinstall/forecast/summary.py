"""What the runs say together: days by which half, and four in five, of them have it done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from itinstall.forecast.history import NEVER, Situation
from itinstall.forecast.sampling import Ints
from itinstall.forecast.simulate import Outcome

__all__ = ["P50", "P80", "Group", "Month", "RequestLine", "Summary", "quantile_days", "summarize"]

P50, P80 = 0.5, 0.8
MOST_MONTHS = 60


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One open request, days as ordinals. `p50`, `p80` None: not within the days that are looked at. `due`
    None: no clock."""

    ref: str
    office: str
    p50: int | None
    p80: int | None
    due: int | None

    @property
    def is_late(self) -> bool:
        """Past its target in half of the runs or more."""
        return self.due is not None and (self.p50 is None or self.p50 > self.due)


@dataclass(frozen=True, slots=True)
class Group:
    """Requests together: how many, when all are complete, how many miss their target.

    `n_late`: those whose P50 lies past their target; `late`: how many miss it on the average of the runs, of
    `n_due` that have one.
    """

    n: int
    p50: int | None
    p80: int | None
    n_due: int
    n_late: int
    late: float


@dataclass(frozen=True, slots=True)
class Month:
    """By the end of a month (`day` the last one): completed in half of the runs, and in four of five, at
    least; `open50`: still open in half of the runs, new agreements among them."""

    day: int
    done50: int
    done80: int
    open50: int


@dataclass(frozen=True, slots=True)
class Summary:
    """`offices`: by slug, "" for requests whose office is not known; `priorities`: by number of
    itinstall.choices.Priority."""

    backlog: Group
    offices: dict[str, Group]
    priorities: dict[int, Group]
    requests: tuple[RequestLine, ...]
    months: tuple[Month, ...]


def quantile_days(done: Ints, share: float) -> Ints:
    """Per column the first day by which `share` of the runs have it done."""
    at = max(0, int(np.ceil(share * len(done) - 1e-9)) - 1)
    found: Ints = np.partition(done, at, axis=0)[at]
    return found


def summarize(situation: Situation, outcome: Outcome) -> Summary:
    """Works on empty situations, too: then nothing is left to be done."""
    done = outcome.done
    p50, p80 = quantile_days(done, P50), quantile_days(done, P80)
    names = ["" if number < 0 else situation.offices[number] for number in situation.office.tolist()]
    lines = tuple(
        RequestLine(ref, office, _day(half), _day(most), _day(due))
        for ref, office, half, most, due in zip(
            situation.refs, names, p50.tolist(), p80.tolist(), situation.due.tolist(), strict=True
        )
    )
    everybody = np.arange(len(lines))
    offices = {
        ("" if number < 0 else situation.offices[number]): _group(
            situation, done, p50, np.flatnonzero(situation.office == number)
        )
        for number in np.unique(situation.office).tolist()
    }
    return Summary(
        backlog=_group(situation, done, p50, everybody),
        offices=offices,
        priorities={
            number: _group(situation, done, p50, np.flatnonzero(situation.priority == number))
            for number in np.unique(situation.priority).tolist()
        },
        requests=lines,
        months=_months(situation.as_of, outcome),
    )


def _day(number: int) -> int | None:
    return None if number >= NEVER else number


def _group(situation: Situation, done: Ints, p50: Ints, members: Ints) -> Group:
    if not len(members):
        return Group(0, None, None, 0, 0, 0.0)
    mine, due = done[:, members], situation.due[members]
    last = mine.max(axis=1, keepdims=True)
    has_due = due < NEVER
    return Group(
        n=len(members),
        p50=_day(int(quantile_days(last, P50)[0])),
        p80=_day(int(quantile_days(last, P80)[0])),
        n_due=int(has_due.sum()),
        n_late=int((p50[members] > due)[has_due].sum()),
        late=float((mine > due)[:, has_due].sum(axis=1).mean()),
    )


def _months(as_of: int, outcome: Outcome) -> tuple[Month, ...]:
    """Ends of months until four of five runs have the backlog done; at most five years."""
    done, n = np.sort(outcome.done, axis=1), outcome.done.shape[1]
    if not n:
        return ()
    begun, closed = np.sort(outcome.new_begun, axis=1), np.sort(outcome.new_done, axis=1)
    found: list[Month] = []
    for end in _month_ends(as_of, MOST_MONTHS):
        so_far = _counts(done, end)
        still = n - so_far + _counts(begun, end) - _counts(closed, end)
        half, most = _share(so_far, 1 - P50), _share(so_far, 1 - P80)
        found.append(Month(end, half, most, _share(still, P50)))
        if most == n:
            break
    return tuple(found)


def _counts(days: Ints, end: int) -> Ints:
    """Per run how many of its sorted days are `end` or earlier."""
    return (days <= end).sum(axis=1)


def _share(counts: Ints, share: float) -> int:
    """The count that at least 1 - `share` of the runs reach."""
    return int(np.sort(counts)[min(len(counts) - 1, int(np.floor(share * len(counts) + 1e-9)))])


def _month_ends(as_of: int, n: int) -> Sequence[int]:
    first = date.fromordinal(as_of)
    # Months counted from the year 0, January as 0: the ones after this one, whose first days end it.
    months = [first.year * 12 + first.month + number for number in range(n)]
    return [date(month // 12, month % 12 + 1, 1).toordinal() - 1 for month in months]
