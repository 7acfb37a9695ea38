"""What the metrics of installations share: their records, cut to a subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from agreements.metric_subjects import AREA_GAPS
from itinstall.facts import Case, Day, day_of, in_office, requests_of_day, stage_on_day, subjects_of
from itinstall.metrics.reasons import Standing, standings
from oversight.metrics.base import NATION, Change, Facts, Figure, Metric, Subject
from oversight.metrics.choices import Level
from oversight.periods.fiscal import FiscalYear

__all__ = ["NO_CLOCK", "OIG", "PLACES", "OfRequests", "counts", "day_facts"]

OIG = "OIG-18-77 (September 19, 2018)"
PLACES = (Level.NATION, Level.OFFICE, Level.MODEL)
NO_CLOCK = "no clock runs"

Rows = QuerySet[Any]


def day_facts(facts: Facts) -> Day:
    """The day, read once for all metrics."""
    return facts.once(day_of)


def counts(cases: Iterable[Case]) -> Iterator[Figure]:
    """How many, for the nation and every subject that has one."""
    tally: Counter[Subject] = Counter({NATION: 0})
    for case in cases:
        tally.update(subjects_of(case))
    for subject, n in sorted(tally.items()):
        yield Figure(subject, Decimal(n), Decimal(n), n=n)


class OfRequests(Metric):
    """A metric whose records are installation requests."""

    levels: ClassVar[tuple[str, ...]] = PLACES
    level_gaps: ClassVar[Mapping[str, tuple[str, ...]]] = AREA_GAPS

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> Rows:
        """The requests behind the figures of the subject's level, of every subject of it."""
        raise NotImplementedError

    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> Rows:
        return _within(self.counted(as_of, known_at, subject), subject, as_of, known_at)

    def reasons(self, change: Change) -> dict[Any, str]:
        before, after = standings(change)
        entered = {
            pk: self.entered(before.get(pk), after[pk], change) for pk in change.entered if pk in after
        }
        left = {pk: self.left(before[pk], after.get(pk), change) for pk in change.left if pk in before}
        return {pk: words for pk, words in (entered | left).items() if words}

    def entered(self, before: Standing | None, after: Standing, change: Change) -> str:
        """Why a request is counted on the last day; `before` None: it had not been submitted."""
        return ""

    def left(self, before: Standing, after: Standing | None, change: Change) -> str:
        """Why a request is no longer counted on the last day."""
        return ""


def _within(rows: Rows, subject: Subject, as_of: date, known_at: datetime | None) -> Rows:
    """Requests of one subject, from those of `requests_of_day`."""
    level, key = subject.level, subject.key
    if level == Level.OFFICE:
        return in_office(rows, key, as_of=as_of)
    if level == Level.MODEL:
        model = Coalesce("agreement__merged_into__model", "agreement__model", Value(""))
        return rows.annotate(of_model=model).filter(of_model=key)
    if level == Level.YEAR:
        days = FiscalYear(int(key)).days
        return rows.filter(closed__gte=days.start.toordinal(), closed__lt=days.end.toordinal())
    if level == Level.STAGE:
        return rows.annotate(stage_then=stage_on_day(as_of, known_at)).filter(stage_then=key)
    return rows


def open_requests(as_of: date, known_at: datetime | None) -> Rows:
    """Requests that had not ended when `as_of` did."""
    return requests_of_day(as_of, known_at).filter(ended="")
