"""What a preview shows, line by line, as plain values that can be stored and rendered later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agreements.reconciliation.diff import Entry, RegisterDiff
from agreements.reconciliation.reading import DatedSheet
from agreements.services.publications import cells_of

__all__ = ["preview_entries"]


def preview_entries(*, diff: RegisterDiff | None, dated: DatedSheet) -> list[dict[str, Any]]:
    """One dict per difference: `kind, state, agency, model, agreement, before, after, rule`, and from this
    list `row` (row number in the spreadsheet), `hidden`, `cells` (verbatim); a duplicate has `rows`.
    """
    if diff is None:
        return []
    places = {digest: place for place, digest in enumerate(dated.digests)}
    return [_line(entry, dated, places) for entry in diff.entries]


def _line(entry: Entry, dated: DatedSheet, places: Mapping[str, int]) -> dict[str, Any]:
    line: dict[str, Any] = {
        "kind": entry.kind,
        "state": entry.state,
        "agency": entry.agency,
        "model": entry.model,
        "agreement": "|".join(entry.listing),
        "before": dict(entry.before),
        "after": dict(entry.after),
        "rule": entry.rule,
    }
    place = places.get(entry.row_digest)
    if place is not None:
        row = dated.sheet.rows[place]
        line |= {"row": row.number, "hidden": row.hidden, "cells": cells_of(row.printed)}
    if entry.kind == "duplicates" and entry.list_digest == dated.sheet.content_digest:
        numbers = [dated.sheet.rows[int(number)].number for number in entry.after["rows"].split()]
        line["rows"] = numbers
        line["after"] = {**line["after"], "rows": ", ".join(map(str, numbers))}
    return line
