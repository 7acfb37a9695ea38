"""The register's rows in memory while imports run, so that a batch of lists reads them once.

A store belongs to one batch (a command, a job, a test) and is thrown away after an error: it is only
right as long as every write since its loading went through it.
"""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from agreements.models import Agency, Agreement, PrintedRow, Publication, RegisterState, Verdict
from agreements.reconciliation.cleaning import clean
from agreements.reconciliation.derive import derive
from agreements.reconciliation.memory import no_collection
from agreements.reconciliation.types import (
    CleanRow,
    DeriveInput,
    Geography,
    ListInfo,
    Parameters,
    Register,
    VerdictKind,
)
from agreements.reconciliation.types import PrintedRow as PrintedValue
from agreements.reconciliation.types import Verdict as VerdictValue
from agreements.selectors.reference import geography, roster_parameters
from agreements.services.keys import key_from_text

__all__ = ["CLEANING_VERSION", "Store", "StoredList", "kept_registers", "printed_of"]

# Raise it when the reading of cells changes: rows read by an older version are read again.
CLEANING_VERSION = 2
LOAD_ATTEMPTS = 20


@dataclass(slots=True)
class StoredList:
    """A publication as ordered. `order` sorts lists of one kind."""

    pk: int
    info: ListInfo
    order: tuple[Any, ...]


@dataclass(slots=True)
class Store:
    """What the derivation needs, and the last register derived from it."""

    geography: Geography
    parameters: Parameters
    row_ids: dict[str, int] = field(default_factory=dict)  # PrintedRow digest → pk
    clean: dict[str, CleanRow] = field(default_factory=dict)
    lists: dict[str, StoredList] = field(default_factory=dict)  # content digest → list
    register: Register | None = None
    version: int = -1  # of the register that all of this is about
    # Rows by key as they now stand in the tables; None: not read yet.
    agencies: dict[str, Agency] | None = None
    agreements: dict[str, Agreement] | None = None

    @classmethod
    @no_collection()
    def load(cls) -> Store:
        """Read rows, lists and reference data, all of one version of the register. Seven queries, whatever
        the size.

        Nothing is locked meanwhile: when another import gets in between, all is read again. Whoever writes
        from it locks the register and compares `version`. Raises RuntimeError when imports never pause.
        """
        for _ in range(LOAD_ATTEMPTS):
            version = _register_version()
            try:
                store = cls._read()
            except _Torn:
                continue
            if _register_version() == version:
                store.version = version
                return store
        raise RuntimeError("The register changes faster than it can be read. Try again in a minute.")

    @classmethod
    def _read(cls) -> Store:
        store = cls(geography=geography(), parameters=roster_parameters(day=timezone.localdate()))
        digests: dict[int, str] = {}
        for pk, row, version in _clean_rows():
            digests[pk] = row.digest
            store.row_ids[row.digest] = pk
            if version == CLEANING_VERSION:
                store.clean[row.digest] = row
        if len(store.clean) < len(
            digests
        ):  # after an update of the software; the next import writes the new reading
            for printed in PrintedRow.objects.exclude(cleaning_version=CLEANING_VERSION).iterator():
                store.clean[printed.digest] = clean(printed_of(printed), store.geography)
        for pub in Publication.objects.defer("flags", "headers").iterator():
            packed = array("I", bytes(pub.packed_rows))
            if not digests.keys() >= set(packed):
                raise _Torn
            info = ListInfo(
                digest=pub.content_digest,
                kind=pub.kind,
                published_on=pub.published_on,
                rows=tuple(digests[pk] for pk in packed),
            )
            store.lists[pub.content_digest] = StoredList(pub.pk, info, list_order(pub))
        return store

    def ordered(self) -> list[ListInfo]:
        """All lists, each kind in its order of publication."""
        return [item.info for item in sorted(self.lists.values(), key=lambda item: item.order)]

    def derived(self, extra: StoredList | None = None) -> Register:
        """The register that the lists amount to, with `extra` when given. Do not change it: it is shared."""
        return kept_registers.derive(self.derive_input(extra))

    def derive_input(self, extra: StoredList | None = None) -> DeriveInput:
        """Input of the derivation, with `extra` in its place when given (and not where it was before)."""
        known = self.lists if extra is None else {**self.lists, extra.info.digest: extra}
        items = list(known.values())
        items.sort(key=lambda item: item.order)
        return DeriveInput(
            lists=[item.info for item in items],
            rows=self.clean,
            verdicts=standing_verdicts(),
            geography=self.geography,
            parameters=self.parameters,
        )


class _Torn(Exception):
    """A list was read whose rows came after the rows had been read."""


class _Kept:
    """The last registers that this process derived, found by all that a register depends on.

    A person previews a list and applies it a minute later, mostly through the same worker: what the lists
    amount to was computed for the preview. Rows need no place in the key: a digest stands for its cells, and
    these are read by one version of the code with the geography that is compared. Thread-safe.
    """

    SIZE = 2

    def __init__(self) -> None:
        self._items: deque[tuple[Any, Register]] = deque(maxlen=self.SIZE)

    def derive(self, given: DeriveInput) -> Register:
        lists = [(item.digest, item.kind, item.published_on) for item in given.lists]
        key = (lists, list(given.verdicts), given.parameters, given.geography)
        for known, register in tuple(self._items):
            if known == key:
                return register
        register = derive(given)
        self._items.append((key, register))
        return register

    def forget(self) -> None:
        """As in a process that has just started."""
        self._items.clear()


kept_registers = _Kept()


def _register_version() -> int:
    return RegisterState.objects.values_list("version", flat=True).get(pk=1)


def printed_of(row: PrintedRow) -> PrintedValue:
    """The printed row as a value again."""
    cells = dict(row.cells)
    cells["extra"] = tuple((pair[0], pair[1]) for pair in cells["extra"])
    return PrintedValue(kind=row.kind, **cells)


def list_order(item: Any) -> tuple[Any, ...]:
    """Order of publications: when made, am < mid < pm, then content: ties do not depend on chance."""
    return (item.ordered_at, item.day_part, item.content_digest, item.published_on)


def standing_verdicts() -> list[VerdictValue]:
    """Answers of people that stand, oldest first. "Later" is no answer."""
    rows = Verdict.objects.filter(undone_at__isnull=True, kind__in=list(VerdictKind)).order_by(
        "decided_at", "pk"
    )
    return [
        VerdictValue(VerdictKind(row.kind), key_from_text(row.left_key), key_from_text(row.right_key))
        for row in rows
        if not row.right_key.startswith("statement:")
    ]


def _clean_rows() -> list[tuple[int, CleanRow, int]]:
    rows = PrintedRow.objects.values_list(
        "pk", "digest", "kind", "state_code", "name", "canonical", "agency_type", "county_id", "model",
        "signed_on", "signed_key", "moa_url", "addendum_url", "flags", "cleaning_version",
    )  # fmt: skip
    return [
        (
            row[0],
            CleanRow(
                digest=row[1], kind=row[2], state=row[3], name=row[4], canonical=row[5], agency_type=row[6],
                county_fips=row[7] or "", model=row[8], signed_on=row[9], signed_key=row[10], moa_url=row[11],
                addendum_url=row[12], flags=tuple(row[13]),
            ),
            row[14],
        )
        for row in rows.iterator(chunk_size=5000)
    ]  # fmt: skip
