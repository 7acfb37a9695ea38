"""Federal fiscal years: FY 2026 runs from 2025-10-01 up to, not including, 2026-10-01 (31 U.S.C. 1102)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from oversight.periods.ranges import DayRange

__all__ = ["FIRST_MONTH", "FiscalQuarter", "FiscalYear", "parse_period"]

FIRST_MONTH = 10
MONTHS_PER_QUARTER = 3
FIRST_YEAR, LAST_YEAR = 1977, 9999  # up to FY 1976 the year began on July 1
_PERIOD = re.compile(r"\s*FY\s*(?P<year>\d{4})(?:\s*[- ]?\s*Q(?P<quarter>[1-4]))?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """One fiscal year, named after the calendar year in which it ends.

    Raises ValueError for a year before FY 1977, when the year began in July, or after 9999.
    """

    year: int

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(
                f"FY {self.year}: fiscal years are known from FY {FIRST_YEAR} to FY {LAST_YEAR}."
            )

    def __str__(self) -> str:
        return f"FY {self.year}"

    @classmethod
    def of(cls, day: date) -> FiscalYear:
        """The fiscal year in which `day` lies. Example: 2025-10-01 → FY 2026."""
        return cls(day.year + (day.month >= FIRST_MONTH))

    @property
    def days(self) -> DayRange:
        return DayRange(date(self.year - 1, FIRST_MONTH, 1), date(self.year, FIRST_MONTH, 1))

    @property
    def quarters(self) -> tuple[FiscalQuarter, ...]:
        return tuple(FiscalQuarter(self, number) for number in (1, 2, 3, 4))


@dataclass(frozen=True, slots=True, order=True)
class FiscalQuarter:
    """A quarter of a fiscal year: Q1 is October to December. Raises ValueError for a number but 1-4."""

    fiscal_year: FiscalYear
    number: int

    def __post_init__(self) -> None:
        if self.number not in (1, 2, 3, 4):
            raise ValueError(f"Q{self.number}: a fiscal year has the quarters 1 to 4.")

    def __str__(self) -> str:
        return f"{self.fiscal_year} Q{self.number}"

    @classmethod
    def of(cls, day: date) -> FiscalQuarter:
        """The quarter in which `day` lies. Example: 2024-02-29 → FY 2024 Q2."""
        return cls(FiscalYear.of(day), (day.month - FIRST_MONTH) % 12 // MONTHS_PER_QUARTER + 1)

    @property
    def days(self) -> DayRange:
        return DayRange(self._first_day(self.number), self._first_day(self.number + 1))

    def _first_day(self, number: int) -> date:
        months = FIRST_MONTH - 1 + (number - 1) * MONTHS_PER_QUARTER
        return date(self.fiscal_year.year - 1 + months // 12, months % 12 + 1, 1)


def parse_period(text: str) -> FiscalYear | FiscalQuarter:
    """Read "FY2026", "fy 2026", "FY2026 Q1" or "FY2026-Q1". Raises ValueError, in words, for the rest."""
    match = _PERIOD.fullmatch(text)
    if match is None or not match["year"].isascii():
        raise ValueError(
            f"“{text[:40]}” is no fiscal year or quarter. Write FY2026, or FY2026 Q1 for a quarter."
        )
    year = FiscalYear(int(match["year"]))
    return FiscalQuarter(year, int(match["quarter"])) if match["quarter"] else year
