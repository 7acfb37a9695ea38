"""What a metric is: a claim about a date, with its parts, its source and the rows behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db.models import Q, QuerySet

from oversight.metrics.choices import Level, Part

if TYPE_CHECKING:
    from oversight.metrics.rows import RowTable

__all__ = ["MANY", "NATION", "Change", "Facts", "Figure", "Kind", "Metric", "Subject", "quotient"]

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


class Kind(StrEnum):
    """How a value comes from its records, and so how a change of it can be taken apart."""

    COUNT = "count"  # the number of records behind it
    RATIO = "ratio"  # the records of one part, divided by those of another
    STATISTIC = "statistic"  # a median or the like: records change it together, not one by one


MANY = 5000  # ids in one statement; above it the statement asks the database for them again


@dataclass(frozen=True)
class Change:
    """Records that a part of a figure holds on one of two days only, to be given their reasons.

    `entered` are the ids counted on `last` and not on `first`, `left` the others; `*_rows` the same as
    querysets, for subqueries.
    """

    part: Part
    first: date
    last: date
    subject: Subject
    known_at: datetime | None
    entered: frozenset[Any]
    left: frozenset[Any]
    entered_rows: QuerySet[Any]
    left_rows: QuerySet[Any]

    def matching(self, path: str = "pk") -> Q:
        """Of the records that entered or left, as a condition on `path`."""
        if len(self.entered) + len(self.left) <= MANY:
            return Q(**{f"{path}__in": [*self.entered, *self.left]})
        entered, left = self.entered_rows.order_by().values("pk"), self.left_rows.order_by().values("pk")
        return Q(**{f"{path}__in": entered}) | Q(**{f"{path}__in": left})


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
    level_gaps: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # and at one level only, by level
    kind: ClassVar[Kind] = Kind.COUNT

    @abstractmethod
    def figures(self, facts: Facts) -> Iterable[Figure]:
        """The figures of every subject of every level, from facts read in a constant number of statements."""

    @abstractmethod
    def rows(self, *, as_of: date, subject: Subject, known_at: datetime | None = None) -> QuerySet[Any]:
        """The records behind one figure. National: the caller cuts them to what the person may see."""

    def part_rows(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Part, QuerySet[Any]]:
        """The records of each part. A ratio gives those of its numerator and of its denominator."""
        return {Part.VALUE: self.rows(as_of=as_of, subject=subject, known_at=known_at)}

    def row_table(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> RowTable | None:
        """How the records of the figure are shown, where their list does not say what it counts of them."""
        return None

    def reasons(self, change: Change) -> dict[Any, str]:
        """Id → why the record entered or left, in the field's words, in a constant number of statements.

        Ids that are left out are shown as entered or left without a reason.
        """
        return {}

    def amounts(
        self, *, as_of: date, subject: Subject, known_at: datetime | None = None
    ) -> dict[Any, Decimal] | None:
        """For a statistic: id → what the record brings into it. One statement. None: it does not say."""
        return None

    def gaps_of(self, level: str) -> tuple[str, ...]:
        """Keys of the gap ledger that its figures of a level depend on."""
        return (*self.gaps, *self.level_gaps.get(level, ()))

    @property
    def all_gaps(self) -> frozenset[str]:
        """Keys of the gap ledger that some of its figures depend on."""
        return frozenset(self.gaps).union(*self.level_gaps.values())

    def compute(self, *, as_of: date, known_at: datetime | None = None) -> list[Figure]:
        """All figures for one date, computed now."""
        return list(self.figures(Facts(as_of, known_at)))


def quotient(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """numerator / denominator to 6 places; None when the denominator is 0: that is no figure, not 0."""
    if not denominator:
        return None
    return (Decimal(numerator) / Decimal(denominator)).quantize(Decimal("0.000001"))
