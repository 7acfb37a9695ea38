"""Spreadsheets of records on their way in: received, previewed, rows left out, applied whole or put aside.

Page, job and command come through here. A preview writes no record; an application checks everything again
under a lock and writes all rows that are left, or none.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange import jobs
from oversight.exchange.choices import RecordFileState, Severity
from oversight.exchange.locks import one_at_a_time
from oversight.exchange.models import Job, RecordFile, RowError, Upload
from oversight.exchange.records.kinds import (
    Checked,
    CheckRequest,
    Finding,
    RecordImport,
    get_record_import,
)
from oversight.exchange.records.tables import Table, read_table
from oversight.exchange.uploads import upload_store
from oversight.exchange.workbooks import Refused
from oversight.trail.services import record

__all__ = [
    "ACTION",
    "APPLY",
    "PREVIEW",
    "NotReady",
    "check_table",
    "record_file_apply",
    "record_file_discard",
    "record_file_leave_out",
    "record_file_preview",
    "record_file_receive",
    "record_file_start",
    "table_of",
]

ACTION = "records.import"
PREVIEW, APPLY = "records.preview", "records.apply"  # kinds of jobs
LINES = 100  # of what a file would do, that are kept to be shown
BATCH = 500
FORMULA = Finding(None, "", "formula", "The cell holds a formula.", "Put its value there instead.")


class NotReady(Exception):
    """The file cannot be applied as it is. Its message says why, for the person who asked.

    `checked`: what the check found, where that is the reason.
    """

    def __init__(self, message: str, checked: Checked | None = None) -> None:
        super().__init__(message)
        self.checked = checked


# --- receiving ---------------------------------------------------------------------------------------------
@transaction.atomic
def record_file_receive(*, actor: Actor, kind: RecordImport, file: UploadedFile) -> RecordFile:
    """Keep a file as it came. Raises NotAllowed, UploadRefused."""
    _require(actor, kind)
    upload = upload_store(actor=actor, file=file, action=ACTION)
    return RecordFile.objects.create(kind=kind.key, upload=upload, created_by=actor.user)


@transaction.atomic
def record_file_start(*, actor: Actor, file: RecordFile, work: str) -> Job:
    """Let a worker do `work`, PREVIEW or APPLY. Raises NotAllowed."""
    _require(actor, get_record_import(file.kind))
    job = jobs.enqueue(actor=actor, kind=work, params={"file": file.pk})
    file.job = job
    file.save(update_fields=["job"])
    return job


# --- checking ----------------------------------------------------------------------------------------------
def table_of(*, kind: RecordImport, upload: Upload) -> Table:
    """A kept file as rows. Raises Refused."""
    with upload.file.open("rb") as file:
        data = file.read(settings.UPLOAD_MAX_BYTES + 1)
    return read_table(
        data, file_name=upload.name, columns=kind.columns(), max_bytes=settings.UPLOAD_MAX_BYTES
    )


def check_table(*, actor: Actor, kind: RecordImport, table: Table, left_out: Collection[int] = ()) -> Checked:
    """Everything that is wrong with a file, and what it would do; writes nothing. Raises NotAllowed."""
    _require(actor, kind)
    request = CheckRequest(actor, table, frozenset(left_out))
    columns = {column.key: column.header for column in table.columns}
    found = list(_headers_not_known(table))
    found += [
        Finding(row.number, columns[key], FORMULA.code, FORMULA.message, FORMULA.remedy, cell.text)
        for row in request.rows
        for key, cell in row.cells.items()
        if cell.is_formula
    ]
    checked = kind.check(request)
    spoiled = {finding.row for finding in found if not finding.is_warning}
    findings = sorted([*found, *checked.findings], key=lambda finding: finding.row or 0)
    n_spoiled = len([number for number, _ in checked.lines if number in spoiled])
    return Checked(
        findings=findings,
        ready=checked.ready - n_spoiled,
        known=checked.known,
        tally=checked.tally,
        lines=[line for line in checked.lines if line[0] not in spoiled],
        plan=checked.plan,
    )


def _headers_not_known(table: Table) -> list[Finding]:
    found = []
    for header, like in table.unknown.items():
        if like:
            found.append(
                Finding(
                    None, header, "column_unknown",
                    f"The column “{header}” is not known, and “{like}” is missing.",
                    f"Call it “{like}”, or take the column out.",
                )
            )  # fmt: skip
        else:
            found.append(
                Finding(
                    None, header, "column_not_read", f"The column “{header}” is not read.",
                    "The template explains which columns are.", is_warning=True,
                )
            )  # fmt: skip
    return found


def _require(actor: Actor, kind: RecordImport) -> None:
    require(actor, ACTION)
    require(actor, kind.action)


# --- preview -----------------------------------------------------------------------------------------------
def record_file_preview(*, actor: Actor, file: RecordFile, job: Job) -> RecordFile:
    """Read a kept file and say what it would do. Row errors are kept with `job`. Raises NotAllowed."""
    kind = get_record_import(file.kind)
    _require(actor, kind)
    if file.state not in (RecordFileState.READING, RecordFileState.PREVIEWED, RecordFileState.REFUSED):
        return file
    before = _applied_before(file)
    if before is not None:
        file.state, file.preview = RecordFileState.KNOWN, {"same_file": before.pk}
        file.save(update_fields=["state", "preview"])
        return file
    try:
        table = table_of(kind=kind, upload=file.upload)
    except Refused as refusal:
        return _refuse(actor, file, refusal)
    checked = check_table(actor=actor, kind=kind, table=table, left_out=file.left_out)
    return _keep_preview(file, job, table, checked)


def _applied_before(file: RecordFile) -> RecordFile | None:
    """The import that took every row of the very same file; one that left rows out may be followed."""
    rows = RecordFile.objects.filter(
        kind=file.kind, upload__sha256=file.upload.sha256, state=RecordFileState.APPLIED, left_out=[]
    )
    return rows.exclude(pk=file.pk).first()


@transaction.atomic
def _refuse(actor: Actor, file: RecordFile, refusal: Refused) -> RecordFile:
    file.state = RecordFileState.REFUSED
    file.refusal, file.remedy = refusal.message[:500], refusal.remedy[:500]
    file.save(update_fields=["state", "refusal", "remedy"])
    after = {"code": refusal.code, "message": refusal.message}
    record(actor=actor, verb="records.refused", obj=file, after=after)
    return file


@transaction.atomic
def _keep_preview(file: RecordFile, job: Job, table: Table, checked: Checked) -> RecordFile:
    RowError.objects.filter(job=job).delete()
    RowError.objects.bulk_create(
        (_row_error(job, file.upload.name, finding) for finding in checked.findings), batch_size=BATCH
    )
    wrong = {finding.row for finding in checked.errors}
    file.preview = {
        "rows": len(table.rows),
        "ready": checked.ready,
        "known": checked.known,
        "errors": len(checked.errors),
        "warnings": len(checked.findings) - len(checked.errors),
        "wrong_rows": len(wrong - {None}),
        "spoils_file": None in wrong,
        "tally": dict(checked.tally),
        "lines": [list(line) for line in checked.lines[:LINES]],
    }
    nothing_new = checked.known and not checked.ready and not checked.errors and not file.left_out
    file.state = RecordFileState.KNOWN if nothing_new else RecordFileState.PREVIEWED
    file.refusal = file.remedy = ""
    file.job = job
    file.save(update_fields=["state", "preview", "refusal", "remedy", "job"])
    return file


def _row_error(job: Job, file_name: str, finding: Finding) -> RowError:
    return RowError(
        job=job,
        file_name=file_name,
        row=finding.row,
        column=finding.column[:80],
        value=finding.value[:300],
        code=finding.code,
        severity=Severity.WARNING if finding.is_warning else Severity.ERROR,
        message=finding.message[:500],
        remedy=finding.remedy[:500],
    )


# --- deciding ----------------------------------------------------------------------------------------------
@transaction.atomic
def record_file_leave_out(*, actor: Actor, file: RecordFile, rows: Collection[int]) -> Job:
    """Leave exactly `rows` out (numbers in the spreadsheet) and preview again.

    Raises NotAllowed, NotReady: it is no preview any more.
    """
    file = _locked(actor, file)
    if file.state != RecordFileState.PREVIEWED:
        raise NotReady(f"Nothing was done: this file is {file.get_state_display().lower()}.")
    file.left_out = sorted(set(rows))
    file.save(update_fields=["left_out"])
    return record_file_start(actor=actor, file=file, work=PREVIEW)


@transaction.atomic
def record_file_discard(*, actor: Actor, file: RecordFile) -> RecordFile:
    """Put a file aside; it stays readable. Raises NotAllowed, NotReady: it was applied."""
    file = _locked(actor, file)
    if file.state == RecordFileState.APPLIED:
        raise NotReady("Nothing was done: this file is applied. Correct its records on their pages.")
    before = file.state
    file.state = RecordFileState.DISCARDED
    file.save(update_fields=["state"])
    record(
        actor=actor, verb="records.discarded", obj=file, before={"state": before}, after={"state": file.state}
    )
    return file


def _locked(actor: Actor, file: RecordFile) -> RecordFile:
    found = RecordFile.objects.select_for_update(of=("self",)).select_related("upload").get(pk=file.pk)
    _require(actor, get_record_import(found.kind))
    return found


# --- applying ----------------------------------------------------------------------------------------------
def record_file_apply(*, actor: Actor, file: RecordFile, job: Job) -> RecordFile:
    """Check a previewed file again and write it, whole. Raises NotAllowed; NotReady: nothing was written, and
    where rows became wrong since the preview, the new preview is kept with `job`."""
    try:
        with transaction.atomic():
            return _apply(actor, file)
    except IntegrityError:
        raise NotReady(
            "Somebody entered some of the same records at the same moment. Nothing was applied: try again."
        ) from None
    except NotReady as reason:
        if reason.checked is not None:
            kind = get_record_import(file.kind)
            _keep_preview(file, job, table_of(kind=kind, upload=file.upload), reason.checked)
        raise


def _apply(actor: Actor, file: RecordFile) -> RecordFile:
    one_at_a_time(f"records.{file.kind}")
    row = _locked(actor, file)
    kind = get_record_import(row.kind)
    if row.state == RecordFileState.APPLIED:
        return row  # a job that was run twice
    if row.state != RecordFileState.PREVIEWED:
        raise NotReady(
            f"Only a previewed file can be applied; this one is {row.get_state_display().lower()}."
        )
    try:
        table = table_of(kind=kind, upload=row.upload)
    except Refused as refusal:
        raise NotReady(refusal.message) from None
    checked = check_table(actor=actor, kind=kind, table=table, left_out=row.left_out)
    if checked.errors:
        n = len(checked.errors)
        errors = "error stands" if n == 1 else "errors stand"
        raise NotReady(
            f"Nothing was applied: {n:,} {errors}. Correct these rows, or leave them out.", checked
        )
    if not checked.ready:
        raise NotReady("Nothing was applied: no row is left that is not recorded already.", checked)
    counts = kind.apply(actor, checked, row.upload.name)
    row.state = RecordFileState.APPLIED
    row.preview = {**row.preview, "ready": checked.ready, "known": checked.known, "tally": dict(counts)}
    row.applied_by, row.applied_at = actor.user, timezone.now()
    row.save(update_fields=["state", "preview", "applied_by", "applied_at"])
    after: dict[str, Any] = {
        "kind": kind.title, "rows": checked.ready, "left_out": len(row.left_out), **counts,
        "sha256": row.upload.sha256,
    }  # fmt: skip
    record(actor=actor, verb="records.imported", obj=row, after=after)
    return row
