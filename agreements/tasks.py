"""Jobs of this app: preview and apply of lists; the daily look at statuses that begin or end by date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from agreements.models import RosterImport
from agreements.reconciliation.types import Refused
from agreements.services.imports import PreviewOutdated, roster_apply, roster_preview
from agreements.services.statuses import effective_statuses_refresh
from oversight.access.actors import system
from oversight.access.permissions import NotAllowed
from oversight.exchange.jobs import JobError, Progress, ResultLink, register_job
from oversight.exchange.models import Job, Upload
from oversight.metrics.services import days_compute_start

PREVIEW, APPLY = "roster.preview", "roster.apply"


def _import_link(job: Job) -> ResultLink | None:
    pk = job.result.get("import")
    return ResultLink("Open the import", reverse("agreements:import_detail", args=[pk])) if pk else None


@register_job(PREVIEW, title="Preview of a published list", result=_import_link)
def preview(progress: Progress) -> Mapping[str, Any]:
    """Params: `upload`, `kind`. Result: `import`. Run twice, it leaves one preview."""
    existing = RosterImport.objects.filter(job=progress.job).first()
    if existing is not None:
        return {"import": existing.pk}
    progress.report(done=0, total=2, message="Reading the workbook")
    upload = Upload.objects.get(pk=progress.params["upload"])
    try:
        with transaction.atomic():
            row = roster_preview(
                actor=progress.actor, upload=upload, kind=progress.params.get("kind", "auto")
            )
            row.job = progress.job
            row.save(update_fields=["job"])
    except NotAllowed as error:
        raise JobError(str(error)) from error
    return {"import": row.pk}


@register_job(APPLY, title="Import of a published list", result=_import_link)
def apply(progress: Progress) -> Mapping[str, Any]:
    """Params: `import`, `override_reason`. Result: `import`. All or nothing; run twice, it applies once."""
    progress.report(done=0, total=2, message="Applying the list")
    row = RosterImport.objects.get(pk=progress.params["import"])
    try:
        row = roster_apply(
            actor=progress.actor,
            roster_import=row,
            override_reason=progress.params.get("override_reason", ""),
        )
    except (NotAllowed, PreviewOutdated) as error:
        raise JobError(str(error)) from error
    except Refused as refusal:
        raise JobError(f"{refusal.message} {refusal.remedy}") from refusal
    _fill_its_day(row)
    return {"import": row.pk}


def _fill_its_day(row: RosterImport) -> None:
    """The days that the list changed are filled again by themselves; its own may never have been filled."""
    if row.publication is not None and row.publication.published_on <= timezone.localdate():
        days_compute_start(actor=system("figures"), days=[row.publication.published_on])


@shared_task
def refresh_statuses() -> int:
    """Daily: suspensions that begin or end today take effect. How many agreements changed."""
    with transaction.atomic():
        return effective_statuses_refresh(on=timezone.localdate())
