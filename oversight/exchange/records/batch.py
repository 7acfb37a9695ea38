"""Files from the console: previewed and applied one after the other, without a worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from oversight.access.actors import Actor
from oversight.exchange import jobs
from oversight.exchange.choices import JobState, RecordFileState, Severity
from oversight.exchange.models import RecordFile
from oversight.exchange.records.kinds import Checked, Finding, RecordImport
from oversight.exchange.records.selectors import row_errors
from oversight.exchange.records.services import APPLY, PREVIEW, check_table, record_file_receive
from oversight.exchange.records.tables import read_table
from oversight.exchange.uploads import UploadRefused
from oversight.exchange.workbooks import Refused

__all__ = ["FileOutcome", "record_files_import"]


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file. `state`: applied, known, refused, or ready (a dry run)."""

    file: str
    state: str
    reason: str = ""
    rows: int = 0
    known: int = 0
    tally: dict[str, int] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    is_missing: bool = False

    @property
    def words(self) -> str:
        known = f", {self.known:,} recorded already" if self.known else ""
        done = {"applied": "applied", "known": "already known", "ready": "would be applied"}[self.state]
        return f"{self.rows:,} rows {done}{known}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def record_files_import(
    *, actor: Actor, kind: RecordImport, files: Sequence[Path], dry_run: bool = False
) -> Iterator[FileOutcome]:
    """Each file whole, or refused with everything that is wrong. Raises NotAllowed."""
    for path in files:
        try:
            size = path.stat().st_size
            if size > settings.UPLOAD_MAX_BYTES:
                limit = settings.UPLOAD_MAX_BYTES / 1_048_576
                yield _refused(path, f"The file is larger than {limit:g} MB. Divide it.")
                continue
            data = path.read_bytes()
        except FileNotFoundError:
            yield _refused(path, f"There is no file at {path}. Check its path.", is_missing=True)
            continue
        except OSError as error:
            yield _refused(path, f"The file cannot be read: {error.strerror or error}.")
            continue
        yield _dry(actor, kind, path, data) if dry_run else _import(actor, kind, path, data)


def _refused(path: Path, reason: str, **more: Any) -> FileOutcome:
    return FileOutcome(path.name, "refused", reason, **more)


def _dry(actor: Actor, kind: RecordImport, path: Path, data: bytes) -> FileOutcome:
    try:
        table = read_table(
            data, file_name=path.name, columns=kind.columns(), max_bytes=settings.UPLOAD_MAX_BYTES
        )
    except Refused as refusal:
        return _refused(path, f"{refusal.message} {refusal.remedy}".strip())
    checked = check_table(actor=actor, kind=kind, table=table)
    findings = [_told(finding) for finding in checked.findings]
    if checked.errors:
        return _refused(path, _n_errors(checked), rows=len(table.rows), findings=findings)
    state = "ready" if checked.ready else "known"
    return FileOutcome(path.name, state, "", len(table.rows), checked.known, dict(checked.tally), findings)


def _import(actor: Actor, kind: RecordImport, path: Path, data: bytes) -> FileOutcome:
    try:
        file = record_file_receive(actor=actor, kind=kind, file=SimpleUploadedFile(path.name, data))
    except UploadRefused as refusal:
        return _refused(path, str(refusal))
    failure = _run(actor, file, PREVIEW)
    if not failure and file.state == RecordFileState.PREVIEWED and not file.preview["errors"]:
        failure = _run(actor, file, APPLY)
    if file.state == RecordFileState.REFUSED:
        failure = f"{file.refusal} {file.remedy}".strip()
    told: dict[str, Any] = {"rows": file.preview.get("rows", 0), "findings": _kept(file)}
    if n := file.preview.get("errors"):
        failure = failure or f"{n:,} error{'' if n == 1 else 's'}; nothing was applied."
    if failure:
        return _refused(path, failure, **told)
    told["known"] = file.preview.get("known", 0)
    return FileOutcome(path.name, file.state, tally=file.preview.get("tally", {}), **told)


def _run(actor: Actor, file: RecordFile, work: str) -> str:
    """Do it here and now, and read the file's row again. Why it failed; "" when it did not."""
    job = jobs.run_now(actor=actor, kind=work, params={"file": file.pk})
    RecordFile.objects.filter(pk=file.pk).update(job=job)
    file.refresh_from_db()
    return "" if job.state == JobState.DONE else job.error


def _kept(file: RecordFile) -> list[dict[str, Any]]:
    fields = ("row", "column", "value", "code", "severity", "message", "remedy")
    return list(row_errors(file=file).values(*fields))


def _n_errors(checked: Checked) -> str:
    n = len(checked.errors)
    return f"{n:,} error{'' if n == 1 else 's'}; nothing would be applied."


def _told(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    is_warning = told.pop("is_warning")
    return {**told, "severity": (Severity.WARNING if is_warning else Severity.ERROR).value}
