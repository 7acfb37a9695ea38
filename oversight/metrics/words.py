"""Figures in words: values with their decimals, the formula with the figures put in."""

from __future__ import annotations

from decimal import Decimal

from oversight.metrics.base import Figure, Kind, Metric
from oversight.metrics.models import Snapshot, Target

__all__ = ["difference_words", "formula_words", "is_share", "part_names", "target_words", "value_words"]

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def is_share(metric: Metric) -> bool:
    """Whether its values are shares (0-1), shown as percentages."""
    return metric.unit.startswith("share")


def value_words(metric: Metric, value: Decimal | None, *, empty: str = "–") -> str:
    """Example: 1,547; 38.5; 12.3 %. `empty` where there is no value, never 0."""
    if value is None:
        return empty
    if is_share(metric):
        return f"{value * 100:,.1f}{NO_BREAK}%"
    return f"{value:,.{metric.decimals}f}"


def unit_words(metric: Metric) -> str:
    """The unit beside a value; a percentage has its sign."""
    return "" if is_share(metric) else metric.unit


def difference_words(metric: Metric, difference: Decimal | None) -> str:
    """With its sign; shares in percentage points. Example: +31; −0.4 points; "±0"."""
    if difference is None:
        return "–"
    if is_share(metric):
        shown, unit = f"{abs(difference) * 100:,.1f}", f"{NO_BREAK}points"
    else:
        shown, unit = f"{abs(difference):,.{metric.decimals}f}", ""
    # A ratio can move by less than its decimals show: then more of them.
    if difference and not shown.strip("0.,"):
        scale = Decimal(100) if is_share(metric) else Decimal(1)
        shown = f"{(abs(difference) * scale).normalize():f}"
    sign = "+" if difference > 0 else MINUS if difference < 0 else "±"
    return f"{sign}{shown}{unit}"


def part_names(metric: Metric) -> tuple[str, str]:
    """What numerator and denominator count, as the formula calls them; ("agreements listed", "")."""
    if metric.kind == Kind.RATIO:
        above, _, below = metric.formula.partition(" / ")
        return above, below
    return (metric.formula, "") if metric.kind == Kind.COUNT else ("", "")


def formula_words(metric: Metric, figure: Figure | Snapshot) -> str:
    """The formula with the actual figures: "1,843 agencies listed / 163 program managers on board = 11.3"."""
    result = value_words(
        metric, figure.value, empty=f"no value ({figure.reason})" if figure.reason else "no value"
    )
    above, below = part_names(metric)
    if metric.kind == Kind.RATIO:
        parts = f"{_whole(figure.numerator)} {above} / {_whole(figure.denominator)} {below}"
        return f"{parts} = {result}"
    if metric.kind == Kind.COUNT:
        return f"{metric.formula} = {result}"
    return f"{metric.formula}, over {figure.n:,} records = {result}"


def target_words(metric: Metric, target: Target) -> str:
    """Example: "at most 60.0 calendar days"."""
    unit = unit_words(metric)
    value = value_words(metric, target.value)
    return f"{target.get_direction_display().lower()} {value}{' ' + unit if unit else ''}"


def _whole(number: Decimal | None) -> str:
    return "–" if number is None else f"{number:,.0f}"
