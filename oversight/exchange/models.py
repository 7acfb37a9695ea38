"""Jobs, uploaded files, row errors and exported packages."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from oversight.exchange.choices import JobState, RecordFileState, Severity

__all__ = ["ExportPackage", "Job", "Pulse", "RecordFile", "RowError", "Upload"]


class Upload(models.Model):
    """A file as it was received. Kept under a random name, outside of anything served by URL."""

    file = models.FileField(upload_to="uploads/%Y/%m/")
    name = models.CharField(max_length=255, help_text="Name it came with.")
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """Work that a worker does. The row is the truth; the message in the queue only says that it waits.

    A worker claims it with a conditional update and beats `heartbeat_at` as it goes; the sweep sends a
    stale one again, up to `JOB_MAX_ATTEMPTS`. A handler is idempotent: run twice, it does its work once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="jobs",
        help_text="Empty: system.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0, help_text="Steps done.")
    total = models.PositiveIntegerField(default=0, help_text="Steps in all; 0: not known yet.")
    message = models.CharField(max_length=300, blank=True, help_text="What it is doing, for people.")
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True, help_text="A sentence for people. Details are in the log.")
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "heartbeat_at"], name="exchange_job_state_idx")]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]}"

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED}

    @property
    def share_done(self) -> float | None:
        """0 to 1, or None when the number of steps is not known."""
        return min(1.0, self.done / self.total) if self.total else None


class RowError(models.Model):
    """One thing wrong, or worth knowing, in an imported file: where, what, and what to do."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="row_errors")
    file_name = models.CharField(max_length=255, blank=True)
    row = models.PositiveIntegerField(
        null=True, help_text="Row number in the spreadsheet; empty: the whole file."
    )
    column = models.CharField(max_length=80, blank=True)
    value = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.ERROR)
    message = models.CharField(max_length=500)
    remedy = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.file_name}:{self.row or '-'} {self.code}"


class RecordFile(models.Model):
    """A spreadsheet of records on its way in. Example: installations.xlsx, 1,998 of 2,000 rows applied.

    `job` is the newest one about it: its row errors are those that stand. `left_out`: numbers of rows that a
    person leaves out. `preview`: what it would do, or did: numbers, and a line for each of the first rows.
    """

    kind = models.CharField(max_length=40)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="record_files")
    state = models.CharField(max_length=12, choices=RecordFileState, default=RecordFileState.READING)
    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="record_files")
    left_out = models.JSONField(default=list)
    preview = models.JSONField(default=dict)
    refusal = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.upload.name


class ExportPackage(models.Model):
    """Files that were handed out, with the manifest that proves them. Kept for good: auditors verify again.

    Written by the command `export`, the file lies where the command put it and `file` is empty.
    """

    reference = models.UUIDField(
        null=True, unique=True, editable=False, help_text="Stands in the manifest as “package”."
    )
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="package", null=True)
    name = models.CharField(max_length=80, help_text="Name of the export.")
    title = models.CharField(max_length=200, blank=True)
    file = models.FileField(upload_to="exports/%Y/%m/", blank=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file that was handed out.")
    manifest = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def rows(self) -> int:
        return sum(entry["rows"] for entry in self.manifest["files"])


class Pulse(models.Model):
    """When a recurring part of the machinery last ran. Example: the sweep, every 30 seconds."""

    SWEEP = "sweep"

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"
