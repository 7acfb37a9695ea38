"""The registry of record imports: what a kind of spreadsheet holds, who may bring it in, what it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oversight.access.actors import Actor
from oversight.access.permissions import MATRIX
from oversight.exchange.records.tables import ImportColumn, Table

__all__ = [
    "CheckRequest",
    "Checked",
    "Finding",
    "RecordImport",
    "all_record_imports",
    "get_record_import",
    "register_record_import",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a file, or worth knowing: where, what, what to do. `row`: None = the whole file;
    `column`: its header. A row with an error is not applied; a warning stops nothing."""

    row: int | None
    column: str
    code: str
    message: str
    remedy: str = ""
    value: str = ""
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A file as read, and for whom. `left_out`: numbers of rows that a person leaves out; the check does as
    if they were not there."""

    actor: Actor
    table: Table
    left_out: frozenset[int] = frozenset()

    @property
    def rows(self) -> list[Any]:
        return [row for row in self.table.rows if row.number not in self.left_out]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file would do. `ready`: rows that would be applied, `known`: rows that are recorded already.

    `tally`: what would be made, in words and numbers; `lines`: row number and what it becomes; `plan` is the
    kind's own, for its `apply`.
    """

    findings: Sequence[Finding] = ()
    ready: int = 0
    known: int = 0
    tally: Mapping[str, int] = field(default_factory=dict)
    lines: Sequence[tuple[int, str]] = ()
    plan: Any = None

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_warning]


@dataclass(frozen=True, slots=True)
class RecordImport:
    """One kind of spreadsheet.

    `key`: fixed, the command's argument. `action`: the line of the permission matrix that allows the records
    to be written. `columns()`: what the file may hold, read each time, since it may rest on records.
    `check(request)` writes nothing and looks at all rows at once; every id in the file is resolved through
    what the actor may change. `apply(actor, checked, source)` writes what was checked, inside the caller's
    transaction, and says how many of what; `source` names the file, for the trail.
    """

    key: str
    title: str
    words: str
    action: str
    columns: Callable[[], tuple[ImportColumn, ...]]
    check: Callable[[CheckRequest], Checked]
    apply: Callable[[Actor, Checked, str], Mapping[str, int]]


_kinds: dict[str, RecordImport] = {}


def register_record_import(kind: RecordImport) -> RecordImport:
    """Add a kind. Raises ValueError when the key is taken, KeyError for an unknown action."""
    MATRIX[kind.action]
    if kind.key in _kinds:
        raise ValueError(f"Two record imports have the key {kind.key!r}.")
    _kinds[kind.key] = kind
    return kind


def get_record_import(key: str) -> RecordImport:
    """Raises KeyError for an unknown kind."""
    return _kinds[key]


def all_record_imports() -> list[RecordImport]:
    """In the order of their keys."""
    return [kind for _, kind in sorted(_kinds.items())]
