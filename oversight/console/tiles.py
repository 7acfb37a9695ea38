"""A figure on a tile: its label, the figure, which opens its explanation, its change, and its records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from oversight.console.figures import Shown
from oversight.metrics.base import Metric

__all__ = ["Rows", "Tile", "change_text", "change_words", "figure_words", "parts_words", "target_words"]


@dataclass(frozen=True, slots=True)
class Rows:
    """The list that holds the records. `n`: how many of them are the person's own; None: all of them are."""

    href: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """`shown` None: not computed for the day, or no such subject.

    The change is stated, not judged: whether it is wanted is for a target to say.
    """

    label: str
    shown: Shown | None
    note: str = ""
    rows: Rows | None = None


def is_share(metric: Metric) -> bool:
    return metric.unit.startswith("share")


def figure_words(metric: Metric, value: Decimal) -> str:
    """Example: 1,547; 38.5; 12.3 %."""
    if is_share(metric):
        return f"{value * 100:,.1f}\N{NO-BREAK SPACE}%"
    return f"{value:,.{metric.decimals}f}"


def change_words(shown: Shown) -> str:
    """Against the week before. Example: "+31 since 2026-05-11"; "" where one of the two is not known."""
    if shown.delta is None:
        return ""
    if not shown.delta:
        return f"Unchanged since {shown.before_on}"
    return f"{change_text(shown.metric, shown.delta)} since {shown.before_on}"


def change_text(metric: Metric, delta: Decimal) -> str:
    """A difference with its sign. Example: +31; −0.4 points, for shares; 0."""
    sign = "+" if delta > 0 else "\N{MINUS SIGN}" if delta else ""
    if is_share(metric):
        return f"{sign}{abs(delta) * 100:,.1f} points"
    return f"{sign}{figure_words(metric, abs(delta))}"


def target_words(shown: Shown) -> str:
    """Example: "Target: at most 60, missed"; "" without one."""
    target = shown.target
    if target is None:
        return ""
    answer = {True: ", met", False: ", missed", None: ""}[shown.met]
    value = figure_words(shown.metric, target.value)
    return f"Target: {target.get_direction_display().lower()} {value}{answer}"


def parts_words(shown: Shown) -> str:
    """The two parts of a ratio. Example: "1,202 of 1,547"; "" for a count."""
    if shown.numerator is None or shown.denominator is None:
        return ""
    word = "of" if is_share(shown.metric) else "for"
    return f"{shown.numerator:,.0f} {word} {shown.denominator:,.0f}"
