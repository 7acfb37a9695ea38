"""The cells of a printed row, verbatim, in the order of ICE's columns."""

from __future__ import annotations

from dataclasses import dataclass

from agreements.models import PrintedRow

__all__ = ["CellText", "cells_of"]

# role, ICE's header, role of its link target
COLUMNS = (
    ("state", "STATE", ""),
    ("agency", "LAW ENFORCEMENT AGENCY", ""),
    ("type", "TYPE", ""),
    ("county", "COUNTY", ""),
    ("support_type", "SUPPORT TYPE", ""),
    ("signed", "SIGNED", ""),
    ("moa", "MOA", "moa_url"),
    ("addendum", "ADDENDUM", "addendum_url"),
)


@dataclass(frozen=True, slots=True)
class CellText:
    """One cell. `text` None: the list has no such column. `target`: where its link leads, unwrapped."""

    header: str
    text: str | None
    target: str = ""
    note: str = ""

    @property
    def has_edge_space(self) -> bool:
        """Whether blanks at an end, or odd ones, would be missed by eye."""
        text = self.text or ""
        return text != text.strip() or "\u00a0" in text or "\n" in text

    @property
    def visible(self) -> str:
        """The text with its odd blanks made visible."""
        text = self.text or ""
        body = text.strip()
        if not body:
            return text.replace(" ", "·").replace("\u00a0", "⍽").replace("\n", "⏎\n")
        start, end = text[: text.index(body)], text[text.index(body) + len(body) :]

        def show(part: str) -> str:
            return part.replace(" ", "·").replace("\u00a0", "⍽").replace("\n", "⏎\n")

        return show(start) + body.replace("\u00a0", "⍽").replace("\n", "⏎\n") + show(end)


def cells_of(printed: PrintedRow) -> list[CellText]:
    """Every cell of the row; unnamed extra columns last."""
    cells = printed.cells
    found = [
        CellText(
            header,
            cells.get(role),
            cells.get(target, "") if target else "",
            "a date cell" if role == "signed" and cells.get("signed_is_date") else "",
        )
        for role, header, target in COLUMNS
    ]
    found += [CellText(str(header), str(text)) for header, text in cells.get("extra") or []]
    return found
