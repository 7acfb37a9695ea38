"""What a metric is: a claim about a date, with its parts, its source and the rows behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from django.db.models import QuerySet

from oversight.metrics.choices import Level

__all__ = ["Facts", "Figure", "Metric", "Subject", "quotient"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Level and key. Subject("office", "houston"); the nation's key is ""."""

    level: str
    key: str = ""


NATION = Subject(Level.NATION)


@dataclass(frozen=True, slots=True)
class Figure:
    """One computed figure. `value` is None with a `reason` ("no PM"), never 0 in place of nothing.

    `numerator` and `denominator` are the parts (`denominator` None for a plain count); `n` how many records
    stand behind it.
    """

    subject: Subject
    value: Decimal | None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    n: int = 0
    reason: str = ""


@dataclass
class Facts:
    """What several metrics of one date read in common, read once.

    `as_of`: the day the figures are about. `known_at` (aware): as the facts were known then; None: now.
    """

    as_of: date
    known_at: datetime | None = None
    _read: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, read: Callable[[date, datetime | None], T]) -> T:
        """The result of `read(as_of, known_at)`, computed at the first call."""
        if read not in self._read:
            self._read[read] = read(self.as_of, self.known_at)
        found: T = self._read[read]
        return found


class Metric(ABC):
    """A registered metric. Raise `version` when the definition changes what the figure means."""

    key: ClassVar[str]
    name: ClassVar[str]
    words: ClassVar[str]  # the definition in a sentence or two
    formula: ClassVar[str]  # with the names of the parts, e.g. "agencies listed / program managers"
    unit: ClassVar[str]
    version: ClassVar[int] = 1
    source: ClassVar[str]  # report, directive, MOA clause or our own decision
    levels: ClassVar[tuple[str, ...]] = (Level.NATION, Level.OFFICE, Level.STATE, Level.MODEL)
    decimals: ClassVar[int] = 0
    gaps: ClassVar[tuple[str, ...]] = ()  # keys of the gap ledger it depends on

    @abstractmethod
    def figures(self, facts: Facts) -> Iterable[Figure]:
        """The figures of every subject of every level, from facts read in a constant number of statements."""

    @abstractmethod
    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        """The records behind one figure. National: the caller cuts them to what the person may see."""

    def compute(self, *, as_of: date, known_at: datetime | None = None) -> list[Figure]:
        """All figures for one date, computed now."""
        return list(self.figures(Facts(as_of, known_at)))


def quotient(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """numerator / denominator to 6 places; None when the denominator is 0: that is no figure, not 0."""
    if not denominator:
        return None
    return (Decimal(numerator) / Decimal(denominator)).quantize(Decimal("0.000001"))
