"""Installation requests from a spreadsheet: one row per request, a date per stage (docs/imports.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from itinstall.record_imports.check import check
from itinstall.record_imports.columns import columns
from itinstall.services.common import ACTION
from itinstall.services.histories import HistoryDraft, histories_add
from oversight.access.actors import Actor
from oversight.exchange.records.kinds import Checked, RecordImport, register_record_import

__all__ = ["INSTALLATIONS", "register_imports"]


def apply(actor: Actor, checked: Checked, source: str) -> Mapping[str, int]:
    """Store what was checked; each request's trail names the file and the row."""
    drafts: list[HistoryDraft] = [
        replace(draft, origin=f"{source}, {draft.origin}"[:500]) for draft in checked.plan
    ]
    histories_add(actor=actor, drafts=drafts)
    return checked.tally


INSTALLATIONS = RecordImport(
    key="installations",
    title="Installation requests",
    words="One row per request with its history: agency, site, the day it was submitted, the first day of "
    "each stage it has reached, when it ended, and its holds. Sites that are new are entered with it.",
    action=ACTION,
    columns=columns,
    check=check,
    apply=apply,
)


def register_imports() -> None:
    """Called once, when the app is ready."""
    register_record_import(INSTALLATIONS)
