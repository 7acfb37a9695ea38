"""Columns of exports, and how a value is written as text. CSV and `sql` must agree to the byte.

date        2025-03-31
datetime    2025-03-31T14:05:09Z: UTC, whole seconds
int         -12
decimal     12.50: as many places as the column says
bool        true, false
empty       nothing; CSV cannot tell an empty text from none
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

__all__ = ["Column", "Kind", "Value", "guard", "text_of", "unguard"]

Value = str | int | bool | Decimal | dt.date | dt.datetime | None


class Kind(StrEnum):
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    ANY = "any"  # each value says itself what it is; never read by SQL


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, what it holds, and for decimals how many places."""

    header: str
    kind: Kind = Kind.TEXT
    places: int = 2


# A spreadsheet takes a text that begins with one of these for a formula, also behind blanks it trims.
FORMULA_STARTS = "=+-@\t\r\n"
_DANGEROUS = re.compile(f"'*[{re.escape(FORMULA_STARTS)}]")
_GUARDED = re.compile(f"'+[{re.escape(FORMULA_STARTS)}]")


def guard(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run.

    Also before one that already looks guarded, so that `unguard` gives back every text as it was.
    """
    return "'" + text if _DANGEROUS.match(text) else text


def unguard(text: str) -> str:
    """The text that `guard` was given."""
    return text[1:] if _GUARDED.match(text) else text


def text_of(value: Value, column: Column) -> str:
    """`value` as CSV has it. Raises TypeError for what is no value of an export."""
    if value is None:
        text = ""
    elif isinstance(value, str):
        text = guard(value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dt.datetime):
        at = value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
        text = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    elif isinstance(value, dt.date):
        text = value.isoformat()
    elif isinstance(value, Decimal) and column.kind is Kind.DECIMAL:
        text = str(value.quantize(Decimal(1).scaleb(-column.places), ROUND_HALF_UP))
    elif isinstance(value, (int, Decimal)):
        text = str(value)
    else:
        raise TypeError(f"Column “{column.header}” holds a {type(value).__name__}: {value!r}.")
    return text


def plain(value: Any) -> Value:
    """A table's cell as a value of an export: texts, numbers and dates as they are, the rest as text."""
    if value is None or isinstance(value, (str, bool, int, Decimal, dt.date)):
        return str(value) if isinstance(value, str) else value  # a SafeString is a plain text here
    return str(value)
