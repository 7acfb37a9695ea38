"""The two jobs of an import: preview and application. Both may run twice and do their work once."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from oversight.exchange import jobs
from oversight.exchange.models import Job, RecordFile
from oversight.exchange.records.services import (
    APPLY,
    PREVIEW,
    NotReady,
    record_file_apply,
    record_file_preview,
)

__all__ = ["run_apply", "run_preview"]


def _page(job: Job) -> jobs.ResultLink | None:
    return jobs.ResultLink("See the import", reverse("exchange:record_file", args=[job.params["file"]]))


def _file(progress: jobs.Progress) -> RecordFile:
    return RecordFile.objects.select_related("upload").get(pk=progress.params["file"])


@jobs.register_job(PREVIEW, title="Preview of an import", result=_page)
def run_preview(progress: jobs.Progress) -> dict[str, Any]:
    file = record_file_preview(actor=progress.actor, file=_file(progress), job=progress.job)
    return {"file": file.pk, "state": file.state}


@jobs.register_job(APPLY, title="Import", result=_page)
def run_apply(progress: jobs.Progress) -> dict[str, Any]:
    try:
        file = record_file_apply(actor=progress.actor, file=_file(progress), job=progress.job)
    except NotReady as reason:
        raise jobs.JobError(str(reason)) from reason
    return {"file": file.pk, "state": file.state}
