"""The life line: the dated statuses of several agreements as bars over time, for a server-made drawing.

Pure geometry: values in, numbers out. The page shows the same rows as a table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from agreements.choices import Origin, Status
from agreements.models import Agreement, AgreementStatus

__all__ = ["Bar", "Lane", "LifeLine", "Tick", "draw"]

WIDTH, LABEL_WIDTH, RIGHT = 1000, 190, 16
TOP, LANE, BAR = 26, 34, 14
MIN_BAR = 3.0  # a status of one day is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """One status. `title` is its sentence, for the pointer."""

    x: float
    y: float
    width: float
    status: str
    title: str
    is_staff: bool


@dataclass(frozen=True, slots=True)
class Lane:
    label: str
    note: str
    y: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class LifeLine:
    """What the template draws. `statuses`: those that occur, for the legend."""

    width: int
    height: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    today_x: float
    statuses: tuple[str, ...]

    @property
    def bottom(self) -> float:
        return self.height - 6


def draw(
    *, agreements: Sequence[Agreement], statements: Iterable[AgreementStatus], today: date
) -> LifeLine | None:
    """The drawing, one lane per agreement; None when nothing is dated. Staff statements lie below the
    lists' bar, because they win over it."""
    by_agreement: dict[int, list[AgreementStatus]] = {}
    for statement in statements:
        by_agreement.setdefault(statement.agreement_id, []).append(statement)
    days = [statement.begins_on for rows in by_agreement.values() for statement in rows]
    if not days:
        return None
    first = min(
        [*days, *(row.signed_on for row in agreements if row.signed_on and row.signed_on > min(days))]
    )
    last = max(today, *days)
    scale = _Scale(date(first.year, 1, 1), last)
    lanes, y, seen = [], float(TOP), set()
    for agreement in agreements:
        rows = by_agreement.get(agreement.pk, [])
        bars = []
        for row in rows:
            seen.add(row.status)
            bars.append(_bar(row, scale, y, last))
        has_staff = any(bar.is_staff for bar in bars)
        lanes.append(
            Lane(
                label=_label(agreement),
                note=agreement.ref,
                y=y,
                bars=tuple(bars),
            )
        )
        y += LANE + (BAR + 2 if has_staff else 0)
    return LifeLine(
        width=WIDTH,
        height=y + 6,
        lanes=tuple(lanes),
        ticks=scale.ticks(),
        today_x=scale.x(today),
        statuses=tuple(status for status in Status.values if status in seen),
    )


def _label(agreement: Agreement) -> str:
    signed = agreement.signed_on or agreement.signed_text or "not signed"
    return f"{agreement.model or 'Model not read'} · {signed}"


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        share = (min(max(day, self.first), self.last) - self.first).days / span
        return round(LABEL_WIDTH + share * (WIDTH - LABEL_WIDTH - RIGHT), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """Years; half years too when there are few; at most about a dozen."""
        n = self.last.year - self.first.year + 1
        step, months = max(1, -(-n // 12)), ((1, 7) if n <= 4 else (1,))
        days = [
            date(year, month, 1)
            for year in range(self.first.year, self.last.year + 1, step)
            for month in months
        ]
        return tuple(
            Tick(self.x(day), str(day.year) if day.month == 1 else f"{day:%b}")
            for day in days
            if day <= self.last
        )


def _bar(row: AgreementStatus, scale: _Scale, y: float, last: date) -> Bar:
    start, end = scale.x(row.begins_on), scale.x(row.ends_on or last)
    is_staff = row.origin == Origin.STAFF
    until = f"until {row.ends_on}" if row.ends_on else "still"
    source = "entered by staff" if is_staff else "by the published lists"
    return Bar(
        x=start,
        y=y + (BAR + 3 if is_staff else 0),
        width=max(round(end - start, 1), MIN_BAR),
        status=row.status,
        title=f"{row.get_status_display()} from {row.begins_on}, {until}, {source}",
        is_staff=is_staff,
    )
