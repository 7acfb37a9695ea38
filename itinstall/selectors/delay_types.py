"""What the page of delays shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from itinstall.kaplan_meier import Curve
from itinstall.measures import XmR
from itinstall.metrics.stages import Bottleneck

__all__ = [
    "Asked",
    "Band",
    "Cell",
    "Choices",
    "Delays",
    "DurationLine",
    "Month",
    "OwnerLine",
    "Published",
    "StageLine",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page is about. `year` None: not one fiscal year; "" for every office, every model."""

    as_of: date
    office: str = ""
    model: str = ""
    year: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether only some of the nation's requests are looked at."""
        return bool(self.office or self.model)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in words. `href`: what explains it, "" for one that is no figure of its own."""

    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class DurationLine:
    """Completed installations of one subject. `n` with a clock; `n_without`: those that had none."""

    key: str
    label: str
    n: int
    n_without: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class StageLine:
    """Visits of one stage that ended, and what late installations spent longer in it."""

    key: str
    label: str
    n: int
    cells: Mapping[str, Cell]
    bottleneck: Bottleneck | None
    difference: Cell
    is_bottleneck: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Open requests of an age in days: from `low` to `high`, None: without end; `low` None: without a clock.
    `n_late`: of them past their target."""

    label: str
    n: int
    n_late: int
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """Requests on hold for which somebody has to act."""

    key: str
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class Month:
    """Completed in a month, against what came before; `limits` None: too few months before it."""

    first: date
    n: int
    limits: XmR | None
    is_whole: bool

    @property
    def verdict(self) -> str:
        if not self.is_whole:
            return "not over yet"
        return self.limits.verdict(self.n) if self.limits else "too few months before it"


@dataclass(frozen=True, slots=True)
class Published:
    """What a report publishes of installations: how many lines, its target, the readable durations."""

    report: str
    n: int
    fiscal_years: str
    targets: Sequence[int]
    days: Sequence[int]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: (value, label)."""

    offices: list[tuple[str, str]]
    models: list[tuple[str, str]]
    years: list[tuple[str, str]]


@dataclass
class Delays:
    """The page's content. `is_stored`: figures of the day are stored, and shown as stored."""

    asked: Asked
    n_requests: int
    is_stored: bool
    tiles: Mapping[str, Cell]
    years: list[DurationLine]
    offices: list[DurationLine]
    models: list[DurationLine]
    stages: list[StageLine]
    total: Bottleneck | None
    n_late: int
    n_on_time: int
    curve: Curve
    bands: list[Band]
    owners: list[OwnerLine]
    months: list[Month]
    published: list[Published]
    choices: Choices
    computed_at: datetime
