"""A figure on a tile: its label, the figure, which opens its explanation, its change, and its records."""

from __future__ import annotations

from dataclasses import dataclass

from oversight.console.figures import Shown
from oversight.metrics import words

__all__ = ["Rows", "Tile", "change_words", "parts_words", "target_words"]


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


def change_words(shown: Shown) -> str:
    """Against the week before. Example: "+31 since 2026-05-11"; "" where one of the two is not known."""
    if shown.delta is None:
        return ""
    if not shown.delta:
        return f"Unchanged since {shown.before_on}"
    return f"{words.difference_words(shown.metric, shown.delta)} since {shown.before_on}"


def target_words(shown: Shown) -> str:
    """Example: "Target: at most 60.0 calendar days, missed"; "" without one."""
    if shown.target is None:
        return ""
    answer = {True: ", met", False: ", missed", None: ""}[shown.met]
    return f"Target: {words.target_words(shown.metric, shown.target)}{answer}"


def parts_words(shown: Shown) -> str:
    """The two parts of a ratio. Example: "1,202 of 1,547"; "" for a count."""
    if shown.numerator is None or shown.denominator is None:
        return ""
    word = "of" if words.is_share(shown.metric) else "for"
    return f"{shown.numerator:,.0f} {word} {shown.denominator:,.0f}"
