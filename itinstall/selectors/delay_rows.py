"""The requests behind each number of the page of delays, as they stood when its day ended.

A number and its records are told by two pieces of code, one counting `Case`s, one filtering in the database;
a test compares them over random histories (tests/itinstall/test_delay_rows.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from itinstall.choices import EntryKind
from itinstall.facts import (
    LOOK_BACK_DAYS,
    in_office,
    requests_of_day,
    visits_of,
    visits_with_days,
    with_days_in_stage,
)
from itinstall.facts.day import CURVE_DAYS
from itinstall.models import Hold, StageTransition
from itinstall.selectors.delay_types import Asked
from oversight.periods.fiscal import FiscalYear

__all__ = ["NO_MODEL", "PARTS", "Behind", "RowsBehind", "rows_behind"]

NO_MODEL = "none"  # as a model: requests that name no agreement
MONTH_DAYS = 30


@dataclass(frozen=True, slots=True)
class Behind:
    """Which number. `part` of `PARTS`; the others narrow it: `low` and `high` days of age (`high` None: no
    end), `owner` of a hold, `month` (its first day), `days` that a clock was followed longer than."""

    part: str
    stage: str = ""
    owner: str = ""
    low: int | None = None
    high: int | None = None
    month: date | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class RowsBehind:
    """`rows`: requests with `days_there` when a stage is asked for, or visits to it (`are_visits`)."""

    rows: QuerySet[Any]
    are_visits: bool = False
    has_stage: bool = False

    def total_days(self) -> int:
        """All the days that the rows bring into the figure. One query."""
        column = "days" if self.are_visits else "days_there" if self.has_stage else "elapsed"
        found: int | None = self.rows.order_by().aggregate(total=Sum(column))["total"]
        return found or 0


Narrow = Callable[[QuerySet[Any], Asked, Behind], QuerySet[Any]]
LATE = Q(elapsed__gt=F("policy__target_days") + F("stopped"))


def _open(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    rows = rows.filter(ended="")
    if behind.low is not None:
        rows = rows.filter(elapsed__gte=behind.low)
    return rows if behind.high is None else rows.filter(elapsed__lte=behind.high)


def _on_hold(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    held = Hold.objects.standing().filter(request=OuterRef("pk"), begins_on__lte=asked.as_of)
    if behind.owner:
        held = held.filter(owner=behind.owner)
    return rows.filter(Exists(held.exclude(ends_on__lte=asked.as_of)), ended="")


def _clocks(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    rows = rows.filter(elapsed__isnull=False, clock__gt=asked.as_of.toordinal() - CURVE_DAYS)
    return rows if behind.days is None else rows.filter(elapsed__gt=behind.days)


def _completed(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    """In the fiscal year asked for, else in the 365 days up to the day; with and without a clock."""
    if asked.year is None:
        since = _days_before(asked.as_of, LOOK_BACK_DAYS)
        return rows.filter(ended=EntryKind.COMPLETED, closed__gt=since.toordinal(), closed_on__gt=since)
    days = FiscalYear(asked.year).days
    return rows.filter(
        ended=EntryKind.COMPLETED, closed__gte=days.start.toordinal(), closed__lt=days.end.toordinal()
    )


def _days_before(day: date, n: int) -> date:
    """An export may ask for any day, the first one of the calendar too."""
    return date.fromordinal(max(1, day.toordinal() - n))


def _with_clock(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    return _completed(rows, asked, behind).filter(elapsed__isnull=False)


def _in_month(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    first = behind.month or asked.as_of.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return rows.filter(ended=EntryKind.COMPLETED, closed__gte=first.toordinal(), closed__lt=after.toordinal())


def _in_30_days(rows: QuerySet[Any], asked: Asked, behind: Behind) -> QuerySet[Any]:
    return rows.filter(ended=EntryKind.COMPLETED, closed__gt=asked.as_of.toordinal() - MONTH_DAYS)


# What can be asked for, by the name that stands in the address.
PARTS: Mapping[str, Narrow] = {
    "open": _open,
    "open-late": lambda *all_: _open(*all_).filter(LATE),
    "open-no-clock": lambda *all_: _open(*all_).filter(elapsed__isnull=True),
    "on-hold": _on_hold,
    "clocks": _clocks,
    "clocks-complete": lambda *all_: _clocks(*all_).filter(ended=EntryKind.COMPLETED),
    "completed-30-days": _in_30_days,
    "completed": _with_clock,
    "completed-late": lambda *all_: _with_clock(*all_).filter(LATE),
    "completed-on-time": lambda *all_: _with_clock(*all_).exclude(LATE),
    "completed-no-clock": lambda *all_: _completed(*all_).filter(elapsed__isnull=True),
    "month": _in_month,
    "left": _completed,
}


def rows_behind(*, asked: Asked, behind: Behind) -> RowsBehind:
    """The records, national: the caller cuts them to what the person may see. Lazy.

    Raises KeyError for a part that there is not.
    """
    narrow = PARTS[behind.part]
    if behind.part == "left":
        return RowsBehind(_visits(asked, behind), are_visits=True, has_stage=True)
    rows = narrow(_asked_for(requests_of_day(asked.as_of), asked), asked, behind)
    if behind.stage:
        return RowsBehind(with_days_in_stage(rows, behind.stage, as_of=asked.as_of), has_stage=True)
    return RowsBehind(rows)


def _asked_for(rows: QuerySet[Any], asked: Asked) -> QuerySet[Any]:
    if asked.office:
        rows = in_office(rows, asked.office, as_of=asked.as_of)
    if asked.model:
        of_model = Coalesce("agreement__merged_into__model", "agreement__model", Value(""))
        rows = rows.annotate(of_model=of_model).filter(
            of_model="" if asked.model == NO_MODEL else asked.model
        )
    return rows


def _visits(asked: Asked, behind: Behind) -> QuerySet[Any]:
    """Of what was completed, when a selection or a year is looked at; else those that ended in 365 days."""
    if asked.is_cut or asked.year:
        chosen = _completed(_asked_for(requests_of_day(asked.as_of), asked), asked, behind)
        found = StageTransition.objects.standing().filter(
            request__in=chosen.order_by().values("pk"), stage__isnull=False, on__lte=asked.as_of
        )
    else:
        since = _days_before(asked.as_of, LOOK_BACK_DAYS)
        # The stage outside: inside it would take the steps away that a visit ends with.
        ended = visits_of(asked.as_of).exclude(request__closed_on__lte=since)
        ended = ended.filter(ends__gt=since.toordinal())
        found = StageTransition.objects.filter(pk__in=ended.values("pk"), stage__isnull=False)
    if behind.stage:
        found = found.filter(stage=behind.stage)
    return visits_with_days(found, as_of=asked.as_of)
