"""States of jobs and severities of findings."""

from django.db import models


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Severity(models.TextChoices):
    ERROR = "error", "Error"
    WARNING = "warning", "Warning"


class RecordFileState(models.TextChoices):
    """How far a spreadsheet of records is on its way in."""

    READING = "reading", "Being read"
    PREVIEWED = "previewed", "Preview"
    REFUSED = "refused", "Refused"
    KNOWN = "known", "Already known"
    APPLIED = "applied", "Applied"
    DISCARDED = "discarded", "Put aside"
