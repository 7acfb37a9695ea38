"""Imports of published lists: the records, and the jobs that are on their way to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from agreements.choices import ImportState
from agreements.models import Agency, Agreement, County, Decision, Observation, RegisterState, RosterImport
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job, Upload

__all__ = [
    "LastPrint",
    "WaitingJob",
    "agencies_by_key",
    "agreements_by_key",
    "county_names",
    "decisions_of",
    "is_outdated",
    "last_prints",
    "roster_import",
    "roster_imports",
    "waiting_job",
    "waiting_jobs",
]

JOB_KINDS = ("roster.preview", "roster.apply")
FAILED_SHOWN_HOURS = 24
JOBS_SHOWN = 50


def roster_imports(*, user: User) -> QuerySet[RosterImport]:
    """Imports, newest first, without their entries (they may be large)."""
    rows = RosterImport.objects.select_related("created_by", "applied_by", "publication")
    return visible_to(rows.defer("entries"), user).order_by("-pk")


def roster_import(*, user: User, pk: int) -> RosterImport:
    """One import with its entries. Raises RosterImport.DoesNotExist."""
    rows = RosterImport.objects.select_related(
        "created_by", "applied_by", "publication", "upload__uploaded_by", "job"
    )
    return visible_to(rows, user).get(pk=pk)


def is_outdated(roster_import: RosterImport) -> bool:
    """Whether the register has moved since the preview was made: it must be made again first."""
    waits = roster_import.state == ImportState.PREVIEWED
    waits |= roster_import.state == ImportState.REFUSED and roster_import.overridable
    if not waits:
        return False
    version = RegisterState.objects.values_list("version", flat=True).filter(pk=1).first()
    return version is not None and version != roster_import.register_version


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that has not led to an import yet. `file_name` is the list it works on."""

    job: Job
    file_name: str
    is_preview: bool

    @property
    def import_pk(self) -> int | None:
        """The import that an application is about."""
        pk = self.job.params.get("import")
        return pk if isinstance(pk, int) else None

    @property
    def failed(self) -> bool:
        return self.job.state == JobState.FAILED


def waiting_jobs() -> list[WaitingJob]:
    """Previews and applications that wait, run, or failed within a day; newest first. Three queries."""
    jobs = Job.objects.filter(kind__in=JOB_KINDS).select_related("created_by")
    recent = timezone.now() - timedelta(hours=FAILED_SHOWN_HOURS)
    active = jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    failed = jobs.filter(state=JobState.FAILED, finished_at__gte=recent)
    return _with_names(list((active | failed).order_by("-created_at")[:JOBS_SHOWN]))


def waiting_job(job: Job) -> WaitingJob:
    """One job with the name of its file."""
    return _with_names([job])[0]


def _with_names(rows: list[Job]) -> list[WaitingJob]:
    uploads = {job.params.get("upload") for job in rows}
    imports = {job.params.get("import") for job in rows}
    upload_names = dict(Upload.objects.filter(pk__in=uploads - {None}).values_list("pk", "name"))
    import_names = dict(RosterImport.objects.filter(pk__in=imports - {None}).values_list("pk", "file_name"))
    return [
        WaitingJob(
            job=job,
            file_name=upload_names.get(job.params.get("upload"))
            or import_names.get(job.params.get("import"))
            or "A list",
            is_preview=job.kind == "roster.preview",
        )
        for job in rows
    ]


def decisions_of(roster_import: RosterImport, *, user: User) -> QuerySet[Decision]:
    """Conclusions and questions that show on the list of this import."""
    rows = Decision.objects.filter(publication=roster_import.publication_id, is_standing=True)
    rows = rows.select_related("left_agency", "right_agency", "left_agreement", "right_agreement")
    return visible_to(rows, user).order_by("state", "rule", "pk")


def agreements_by_key(keys: set[str], *, user: User) -> dict[str, Agreement]:
    """Agreements that are in the register and may be seen, by key. A double is shown as itself."""
    rows = visible_to(Agreement.objects.filter(key__in=keys).select_related("agency"), user)
    return {row.key: row for row in rows} if keys else {}


@dataclass(frozen=True, slots=True)
class LastPrint:
    """The row that printed an agreement last. `where`: its list in words."""

    row_number: int
    where: str
    cells: dict[str, Any]


def last_prints(agreements: Iterable[Agreement], *, user: User) -> dict[int, LastPrint]:
    """By agreement: the row on the last list that printed it. One query."""
    rows = Observation.objects.filter(
        printed_row__agreement__in=[agreement.pk for agreement in agreements],
        publication=F("printed_row__agreement__last_publication"),
    ).select_related("printed_row", "publication")
    found: dict[int, LastPrint] = {}
    for seen in visible_to(rows, user).order_by("row_number"):
        agreement = seen.printed_row.agreement_id
        if agreement is not None and agreement not in found:
            found[agreement] = LastPrint(seen.row_number, str(seen.publication), seen.printed_row.cells)
    return found


def agencies_by_key(keys: set[str], *, user: User) -> dict[str, Agency]:
    """Agencies that are in the register and may be seen, by "state|canonical name"."""
    states = {key.partition("|")[0] for key in keys}
    names = {key.partition("|")[2] for key in keys}
    rows = visible_to(Agency.objects.filter(key_state__in=states, key_name__in=names), user)
    return {f"{row.key_state}|{row.key_name}": row for row in rows} if keys else {}


def county_names(*, fips: set[str]) -> dict[str, str]:
    """Names by FIPS code, for the codes that entries carry."""
    return dict(County.objects.filter(pk__in=fips).values_list("pk", "name"))
