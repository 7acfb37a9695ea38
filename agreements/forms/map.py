"""What the map shows: a day, states or counties, a state, a measure. All of it stands in the address."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms

from agreements.choices import SupportModel

__all__ = ["AGENCIES", "AGREEMENTS", "MapChoice", "MapExportForm", "choose"]

AGREEMENTS, AGENCIES = "agreements", "agencies"
MEASURES = ((AGREEMENTS, "listed agreements"), (AGENCIES, "agencies"))
LEVELS = ("state", "county")


@dataclass(frozen=True, slots=True)
class MapChoice:
    """`model` "": all models. `state` "": the whole country. `note`: what was asked for and cannot be had."""

    on: dt.date
    level: str = "state"
    measure: str = AGREEMENTS
    model: str = ""
    state: str = ""
    note: str = ""

    @property
    def query(self) -> str:
        """As it stands in an address; what is usual is left out, the day never."""
        given = {"on": self.on.isoformat(), "level": self.level if self.level != "state" else ""}
        given |= {"measure": self.measure if self.measure != AGREEMENTS else "", "model": self.model}
        given["state"] = self.state
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def unit(self) -> str:
        return "agencies" if self.measure == AGENCIES else "listed agreements"


def choose(given: dict[str, Any], *, days: Sequence[dt.date], states: Sequence[str]) -> MapChoice:
    """What an address asks for. `days` with a list, in order, at least one.

    A day without a list shows the list before it, as does a text that is no day the newest; the note says so.
    """
    on, note = _day(str(given.get("on", "")), days)
    level, measure = given.get("level", ""), given.get("measure", "")
    model, state = given.get("model", ""), given.get("state", "")
    state = state if state in states else ""
    return MapChoice(
        on=on,
        level=level if level in LEVELS else "state",
        measure=AGENCIES if measure == AGENCIES else AGREEMENTS,
        model=model if model in SupportModel.values else "",
        state=state,
        note=note,
    )


def _day(text: str, days: Sequence[dt.date]) -> tuple[dt.date, str]:
    if not text:
        return days[-1], ""
    try:
        asked = dt.date.fromisoformat(text)
    except ValueError:
        return days[-1], f"“{text[:20]}” is not a day, such as {days[-1]}. Shown is the newest list."
    place = bisect_right(days, asked)
    if not place:
        return days[0], f"No list is as old as {asked}. Shown is the oldest, of {days[0]}."
    if days[place - 1] != asked:
        return days[place - 1], f"No list is of {asked}. Shown is the list before it, of {days[place - 1]}."
    return asked, ""


class MapExportForm(forms.Form):
    """Parameters of the export of the table beside the map."""

    on = forms.DateField()
    level = forms.ChoiceField(choices=[(level, level) for level in LEVELS], required=False)
    state = forms.CharField(max_length=2, required=False)
