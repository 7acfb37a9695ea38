"""Half-open ranges of days: the first day counts, the end does not, so neighbors neither overlap nor gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["DayRange"]


@dataclass(frozen=True, slots=True, order=True)
class DayRange:
    """[start, end). An empty range (start = end) is allowed, a reversed one raises ValueError."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"The range ends on {self.end}, before it starts on {self.start}.")

    def __str__(self) -> str:
        return f"{self.start} up to, not including, {self.end}"

    def __len__(self) -> int:
        return (self.end - self.start).days

    def __bool__(self) -> bool:
        return self.end > self.start

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(len(self)))

    @property
    def last(self) -> date | None:
        """The last day that counts; None for an empty range."""
        return self.end - timedelta(days=1) if self else None

    def overlaps(self, other: DayRange) -> bool:
        """Whether the two share a day. An empty range shares none."""
        return max(self.start, other.start) < min(self.end, other.end)

    def intersection(self, other: DayRange) -> DayRange | None:
        """The days of both; None when there are none."""
        return (
            DayRange(max(self.start, other.start), min(self.end, other.end)) if self.overlaps(other) else None
        )
