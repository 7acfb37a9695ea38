"""Making exports: the data file, its manifest, the zip, the record of what was handed out."""

from __future__ import annotations

import datetime as dt
import shutil
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange import jobs, manifests
from oversight.exchange.exports import BadParameters, Export, ExportContext, ListedRows, get_export
from oversight.exchange.models import ExportPackage, Job
from oversight.exchange.workspace import workspace
from oversight.exchange.writers import Format, OnRows, write
from oversight.trail.services import record

__all__ = ["EXPORT_JOB", "ExportRequest", "export_enqueue", "export_to_file", "export_to_package"]

EXPORT_JOB = "exchange.export"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What was asked for, as plain values that a job can keep. `parameters` are texts, as in an address."""

    name: str
    file_format: Format
    parameters: Mapping[str, Any]
    as_of: dt.date | None = None
    bom: bool = False

    def as_params(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "format": self.file_format.value,
            "parameters": dict(self.parameters),
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "bom": self.bom,
        }

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> ExportRequest:
        as_of = dt.date.fromisoformat(params["as_of"]) if params["as_of"] else None
        return cls(params["name"], Format(params["format"]), params["parameters"], as_of, params["bom"])

    def checked(self, actor: Actor) -> tuple[Export, ExportContext]:
        """The export and its context. Raises KeyError, NotAllowed, BadParameters."""
        export = get_export(self.name)
        require(actor, "export.create")
        require(actor, export.action)
        export.check_as_of(self.as_of)
        return export, ExportContext(actor, self.as_of, export.clean(self.parameters))


def export_enqueue(*, actor: Actor, request: ExportRequest) -> Job:
    """Check what was asked and let a worker make it. Raises KeyError, NotAllowed, BadParameters.

    The worker asks again for role and scope: what counts is what the person may see when it runs.
    """
    request.checked(actor)
    return jobs.enqueue(actor=actor, kind=EXPORT_JOB, params=request.as_params())


def _download(job: Job) -> jobs.ResultLink | None:
    package = ExportPackage.objects.filter(job=job).first()
    if package is None:
        return None
    return jobs.ResultLink(f"Download {package.file_name}", reverse("exchange:download", args=[package.pk]))


@jobs.register_job(EXPORT_JOB, title="Export", result=_download)
def run_export(progress: jobs.Progress) -> dict[str, Any]:
    """The job. Run twice, it hands out the package of the first time."""
    existing = ExportPackage.objects.filter(job=progress.job).first()
    if existing is None:
        try:
            existing = export_to_package(
                actor=progress.actor, request=ExportRequest.from_params(progress.params), progress=progress
            )
        except KeyError:
            raise jobs.JobError("This export no longer exists. Start again from the list.") from None
        except BadParameters as error:
            raise jobs.JobError(str(error)) from error
    return {"package": existing.pk, "rows": existing.rows, "file_name": existing.file_name}


def export_to_package(
    *, actor: Actor, request: ExportRequest, progress: jobs.Progress | None = None
) -> ExportPackage:
    """Make a zip of data file and manifest, and keep it.

    Raises KeyError, NotAllowed, BadParameters, JobError.
    """
    draft = _Draft.begin(actor, request)
    at = timezone.localtime(draft.computed_at)
    stem = f"{_slug(request.name)}-{at:%Y-%m-%d-%H%M}"
    data_name = f"{stem}.{request.file_format}"
    with workspace() as folder:
        data, package = folder / "data", folder / "package.zip"
        manifest = draft.write(data, data_name, _counter(progress, draft))
        _zip(package, data, data_name, manifests.dumps(manifest), at)
        return _keep(draft, package, f"{stem}.zip", manifest, progress.job if progress else None)


def export_to_file(*, actor: Actor, request: ExportRequest, out: Path) -> dict[str, Any]:
    """Write the bare data file to `out` and its manifest beside it; the manifest.

    Both appear only when they are whole. Raises KeyError, NotAllowed, BadParameters, JobError, OSError.
    """
    draft = _Draft.begin(actor, request)
    with workspace() as folder:
        data = folder / "data"
        manifest = draft.write(data, out.name, lambda n: None)
        # Beside the target first, so that the last step is a rename within one folder.
        part = out.with_name(f".{out.name}.{draft.reference.hex[:8]}.part")
        try:
            shutil.copyfile(data, part)
            with transaction.atomic():
                draft.record(manifest, file_name=out.name, sha256=manifest["files"][0]["sha256"])
                out.with_name(out.name + manifests.BESIDE).write_bytes(manifests.dumps(manifest))
                part.replace(out)
        finally:
            part.unlink(missing_ok=True)
    return manifest


@dataclass(frozen=True, slots=True)
class _Draft:
    """One export on its way: what was asked, by whom, when."""

    request: ExportRequest
    export: Export
    context: ExportContext
    reference: uuid.UUID
    computed_at: dt.datetime

    @classmethod
    def begin(cls, actor: Actor, request: ExportRequest) -> _Draft:
        export, context = request.checked(actor)
        return cls(request, export, context, uuid.uuid4(), timezone.now())

    def write(self, path: Path, name: str, on_rows: OnRows) -> dict[str, Any]:
        """Write the data file to `path`; the manifest, in which it is called `name`."""
        columns = self.export.columns(self.context)
        rows = write(
            path,
            file_format=self.request.file_format,
            columns=columns,
            rows=self.export.rows(self.context),
            title=self.export.title,
            bom=self.request.bom,
            on_rows=on_rows,
        )
        entry = manifests.FileEntry.of(
            path,
            name=name,
            file_format=self.request.file_format.value,
            rows=rows,
            columns=tuple(column.header for column in columns),
        )
        return manifests.build(
            package=str(self.reference),
            name=self.export.name,
            title=self.export.title,
            parameters=self.request.parameters,
            as_of=self.context.as_of,
            computed_at=self.computed_at,
            actor=self.context.actor,
            files=[entry],
        )

    def record(
        self,
        manifest: dict[str, Any],
        *,
        file_name: str,
        sha256: str,
        stored: str = "",
        job: Job | None = None,
    ) -> ExportPackage:
        """The row and its entry in the trail: who took what out, when. Call inside a transaction."""
        actor = self.context.actor
        package = ExportPackage.objects.create(
            reference=self.reference,
            job=job,
            name=self.export.name,
            title=self.export.title,
            file=stored,
            file_name=file_name,
            sha256=sha256,
            manifest=manifest,
            created_by=actor.user,
        )
        after = {
            "export": self.export.name,
            "parameters": manifest["parameters"],
            "rows": package.rows,
            "sha256": sha256,
        }
        record(actor=actor, verb="export.created", obj=package, after=after)
        return package


def _slug(name: str) -> str:
    return name.removeprefix("list:").replace("_", "-").replace(".", "-")


def _counter(progress: jobs.Progress | None, draft: _Draft) -> OnRows:
    """Says how far it is. The total is counted once; a list that grows meanwhile only shows as full."""
    if progress is None:
        return lambda n: None
    rows = draft.export.rows(draft.context)
    total = rows.count() if isinstance(rows, ListedRows) else rows.queryset.count()
    progress.report(done=0, total=total, message="Writing rows")
    return lambda n: progress.report(done=min(n, total), total=total, message="Writing rows")


def _zip(package: Path, data: Path, data_name: str, manifest: bytes, at: dt.datetime) -> None:
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for name, source in ((manifests.MANIFEST_NAME, manifest), (data_name, data)):
            info = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            if isinstance(source, bytes):
                archive.writestr(info, source)
                continue
            with source.open("rb") as file, archive.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(file, target, 1 << 20)


def _keep(
    draft: _Draft, package: Path, file_name: str, manifest: dict[str, Any], job: Job | None
) -> ExportPackage:
    """Store the zip under a random name and record it; the file goes again when the record fails."""
    digest = manifests.sha256_of(package)
    folder = timezone.now().strftime("exports/%Y/%m/")
    with package.open("rb") as file:
        stored = default_storage.save(f"{folder}{draft.reference.hex}.zip", File(file))
    try:
        with transaction.atomic():
            return draft.record(manifest, file_name=file_name, sha256=digest, stored=stored, job=job)
    except BaseException:
        default_storage.delete(stored)
        raise
