"""Many lists in one go, as the command does it: read side by side, apply one by one in order."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.conf import settings

from agreements.choices import ImportState
from agreements.reconciliation.reading import MISSING, DatedSheet, read_or_refuse
from agreements.reconciliation.types import (
    PARTICIPATING,
    ListInfo,
    Parameters,
    PrintedRow,
    Refused,
    Register,
    Status,
)
from agreements.refs import publication_ref
from agreements.selectors.register import open_review_count
from agreements.services.decisions import questions_waiting
from agreements.services.imports import (
    PreviewOutdated,
    in_order,
    roster_import,
    roster_plan,
    roster_refuse,
)
from agreements.services.publications import rows_understand, stored_list
from agreements.services.store import Store
from oversight.access.actors import Actor

__all__ = ["Batch", "FileOutcome", "rosters_import"]

logger = logging.getLogger(__name__)

# The counts that `--json` promises; an import's record keeps the finer ones of the diff too.
COUNTS = (
    "added",
    "changed",
    "renamed",
    "reattributed",
    "date_corrected",
    "missing",
    "removed",
    "superseded",
    "duplicates",
    "review",
)
RETRIES = 3  # of a list, when another import came in between
# Below this many files a second process costs more than it saves.
PARALLEL_FROM = 6


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file."""

    file: str
    kind: str = ""
    publication: str = ""
    rows: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    refused: bool = False
    is_missing: bool = False  # refused, because there is no file at the path
    reason: str = ""
    notes: tuple[str, ...] = ()  # what is odd about it though it was taken, in sentences; not in `--json`

    def as_dict(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "file": self.file,
            "kind": self.kind,
            "publication": self.publication,
            "rows": self.rows,
            **self.counts,
            "refused": self.refused,
            "reason": self.reason,
        }


class Batch:
    """Iterate for the outcomes, file by file as they are applied; then `register` is the register."""

    def __init__(self, *, actor: Actor, files: Sequence[Path], kind: str, dry_run: bool) -> None:
        self._actor, self._files, self._kind, self._dry_run = actor, files, kind, dry_run
        self._store = Store.load()
        self._outcomes = self._steps()

    def __iter__(self) -> Iterator[FileOutcome]:
        return self._outcomes

    @property
    def register(self) -> Register:
        if self._store.register is None:
            self._store.register = self._store.derived()
        return self._store.register

    def summary(self) -> dict[str, Any]:
        """The counts of the register; after a dry run, of what it would be."""
        if not self._dry_run:
            return _summary(self.register, review_open=open_review_count())
        waiting = questions_waiting(register=self.register, newest=self._newest())
        return _summary(self.register, review_open=waiting)

    def _newest(self) -> ListInfo | None:
        lists = [info for info in self._store.ordered() if info.kind == PARTICIPATING]
        return lists[-1] if lists else None

    def _steps(self) -> Iterator[FileOutcome]:
        sheets: list[DatedSheet] = []
        rows: dict[str, PrintedRow] = {}
        for path, result in _read_all(self._files, self._kind, self._store.parameters):
            if isinstance(result, Refused):
                yield self._refuse(path, result)
            else:
                sheets.append(_shared(result, rows))
        for dated in in_order(sheets):
            try:
                yield self._dry(dated) if self._dry_run else self._apply(dated)
            except Refused as refusal:
                yield self._refuse(Path(dated.sheet.file_name), refusal, dated)

    def _apply(self, dated: DatedSheet) -> FileOutcome:
        """Import one list. Where another import came in between, read the register again and retry."""
        for _ in range(RETRIES):
            try:
                row = roster_import(actor=self._actor, store=self._store, dated=dated)
                break
            except PreviewOutdated:
                self._store = Store.load()
        else:
            row = roster_import(actor=self._actor, store=self._store, dated=dated)
        return self._outcome(dated, row.counts, is_known=row.state == ImportState.KNOWN)

    def _dry(self, dated: DatedSheet) -> FileOutcome:
        store = self._store
        plan = roster_plan(store=store, dated=dated)
        if not plan.is_known:
            item = stored_list(dated)
            rows_understand(store, dated)
            store.lists[item.info.digest] = item
            store.register = plan.register
        return self._outcome(dated, plan.counts, is_known=plan.is_known)

    def _outcome(self, dated: DatedSheet, counts: dict[str, int], *, is_known: bool) -> FileOutcome:
        sheet, dating = dated.sheet, dated.dating
        # A known list may have been published under an earlier date than this file of it tells.
        published_on = self._store.lists[sheet.content_digest].info.published_on
        return FileOutcome(
            file=sheet.file_name,
            kind=sheet.kind,
            publication=publication_ref(sheet.kind, published_on, sheet.content_digest),
            rows=len(sheet.rows),
            counts={name: counts.get(name, 0) for name in COUNTS},
            reason="already known" if is_known else "",
            notes=tuple(finding.message for finding in (*dating.flags, *sheet.warnings)),
        )

    def _refuse(self, path: Path, refusal: Refused, dated: DatedSheet | None = None) -> FileOutcome:
        if not self._dry_run:
            sha256 = dated.sheet.sha256 if dated else _sha256(path)
            roster_refuse(actor=self._actor, file_name=path.name, sha256=sha256, refusal=refusal)
        return FileOutcome(
            file=path.name,
            kind=dated.sheet.kind if dated else "",
            rows=len(dated.sheet.rows) if dated else 0,
            refused=True,
            is_missing=refusal.code == MISSING,
            reason=f"{refusal.message} {refusal.remedy}".strip(),
        )


def rosters_import(
    *, actor: Actor, files: Sequence[Path], kind: str = "auto", dry_run: bool = False
) -> Batch:
    """Import `files` in the order of publication; refused ones come first, as read. Each file is atomic.

    With `dry_run` nothing is written, yet each file sees what those before it would have done. Iterating
    raises PreviewOutdated when other imports come in between again and again; files applied stay applied.
    """
    return Batch(actor=actor, files=files, kind=kind, dry_run=dry_run)


def _shared(dated: DatedSheet, rows: dict[str, PrintedRow]) -> DatedSheet:
    """The same list holding equal rows once with all others: most rows stand in most lists."""
    shared = tuple(
        replace(row, printed=rows.setdefault(digest, row.printed))
        for digest, row in zip(dated.digests, dated.sheet.rows, strict=True)
    )
    return DatedSheet(sheet=replace(dated.sheet, rows=shared), dating=dated.dating)


def _sha256(path: Path) -> str:
    """Of the file's bytes; "" where there is none or it may not be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


Read = Callable[[Path], DatedSheet | Refused]


def _read_all(
    files: Sequence[Path], kind: str, parameters: Parameters
) -> Iterator[tuple[Path, DatedSheet | Refused]]:
    """Read the files, on all cores when there are many. A reader process that dies refuses its file only."""
    read = partial(read_or_refuse, kind=kind, parameters=parameters, max_bytes=settings.UPLOAD_MAX_BYTES)
    if len(files) < PARALLEL_FROM or (os.cpu_count() or 1) == 1:
        yield from ((path, read(path)) for path in files)
    else:
        yield from read_side_by_side(files, read)


def read_side_by_side(files: Sequence[Path], read: Read) -> Iterator[tuple[Path, DatedSheet | Refused]]:
    """`read` of every file, in order, in other processes.

    When one of them dies, every file that is not read yet fails, and nothing says which killed it: each of
    these is then read in a process of its own.
    """
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        waiting = deque((path, _submit(pool, read, path)) for path in files)
        while waiting:
            path, future = waiting.popleft()  # so that what was taken is not kept here, too
            try:
                result = future.result() if future else _read_alone(read, path)
            except BrokenProcessPool:
                result = _read_alone(read, path)
            yield path, result


def _submit(pool: ProcessPoolExecutor, read: Read, path: Path) -> Future[DatedSheet | Refused] | None:
    try:
        return pool.submit(read, path)
    except BrokenProcessPool:  # while the others were being handed in
        return None


def _read_alone(read: Read, path: Path) -> DatedSheet | Refused:
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(read, path).result()
    except BrokenProcessPool:
        logger.exception("The process that read %s died", path.name)
        return Refused(
            "damaged",
            "Reading the file ended the process that read it, perhaps for lack of memory.",
            "Download the list again from ICE's page. If it happens again, try with more memory.",
        )


def _summary(register: Register, *, review_open: int) -> dict[str, Any]:
    """The counts of a register: agencies and agreements ever listed on a participating list, by status."""
    listed = [agreement for agreement in register.agreements if agreement.ever_participating]
    count = {status: sum(a.status == status for a in listed) for status in Status}
    return {
        "agencies": sum(agency.ever_participating for agency in register.agencies),
        "agreements": len(listed),
        "listed": count[Status.ACTIVE],
        "missing": count[Status.MISSING],
        "removed": count[Status.REMOVED],
        "superseded": count[Status.SUPERSEDED],
        "pending": sum(a.status == Status.PENDING for a in register.agreements),
        "review_open": review_open,
        "hash": register.hash,
    }
