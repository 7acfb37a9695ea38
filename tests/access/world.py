"""A small program with a border through it: Houston, where a field PM works, and Miami, which is foreign.

In Houston one agency is assigned to the PM and one is not. Everything that belongs to Miami alone
is named FOREIGN_NAME, so that a page that shows it to the wrong person is caught by its text.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from agreements.choices import DecisionState, Origin, Status, VerdictKind
from agreements.models import (
    Addendum,
    Agency,
    AgencyAlias,
    Agreement,
    AgreementStatus,
    Decision,
    Duplicate,
    FieldOffice,
    Observation,
    PrintedRow,
    Publication,
    PublicationFile,
    RegisterChange,
    RosterImport,
    Verdict,
)
from agreements.services.store import CLEANING_VERSION
from agreements.services.waits import review_waits_sync
from itinstall.choices import AbsenceKind, IsaStepKind, Party
from itinstall.models import (
    Equipment,
    Forecast,
    Hold,
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    Installer,
    InstallerAbsence,
    Isa,
    IsaStep,
    PublishedInstallation,
    Site,
    StageTransition,
)
from oversight.access.models import ApiToken, User
from oversight.console.models import SavedView
from oversight.exchange.choices import JobState
from oversight.exchange.models import ExportPackage, Job, RecordFile, Upload
from oversight.metrics.models import Target
from oversight.periods.models import OfficeZone
from staffing.models import Assignment
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    InstallerFactory,
    ProgramManagerFactory,
    PublicationFactory,
    SiteFactory,
    UserFactory,
)

__all__ = ["FOREIGN_NAME", "ROLES", "Part", "World", "build"]

FOREIGN_NAME = "Foreign County"
ROLES = ("hq", "field_pm", "auditor", "administrator", "hq_administrator", "no_role", "anonymous")


@dataclass
class Installation:
    """One site with an open request: begun, moved on once, on hold."""

    site: Site
    request: InstallationRequest
    first_entry: StageTransition
    entry: StageTransition
    hold: Hold
    isa: Isa
    isa_step: IsaStep
    equipment: Equipment
    visit: InstallationVisit


@dataclass
class Part:
    """One agency with everything that hangs on it."""

    agency: Agency
    agreement: Agreement
    statement: AgreementStatus
    observation: Observation
    change: RegisterChange
    installation: Installation


@dataclass
class World:
    users: dict[str, User]
    houston: FieldOffice
    miami: FieldOffice
    publication: Publication
    assigned: Part
    unassigned: Part
    foreign: Part
    assignment: Assignment
    foreign_assignment: Assignment
    review: Decision
    decided: Decision
    verdict: Verdict
    roster_import: RosterImport
    import_job: Job
    stranger: User
    target: Target
    installer: Installer
    absence: InstallerAbsence
    policy: InstallationPolicy
    published: PublishedInstallation
    forecast: Forecast

    # what belongs to one person: made when first asked for

    def token(self, user: User) -> ApiToken:
        return ApiToken.objects.create(
            user=user,
            name="key",
            prefix="o287_xxxxxxx",
            digest=uuid.uuid4().hex * 2,
            expires_at=timezone.now() + timedelta(days=1),
        )

    def view(self, user: User) -> SavedView:
        return SavedView.objects.create(owner=user, page="agreements:agency_list", name=uuid.uuid4().hex)

    def job(self, user: User) -> Job:
        return Job.objects.create(kind="exchange.export", created_by=user, state=JobState.DONE)

    def record_file(self, user: User) -> RecordFile:
        text = b"Agency,Site,Submitted\r\nLEA-NOBODY00,Jail,2026-01-10\r\n"
        upload = Upload.objects.create(
            file=ContentFile(text, name="a.upload"), name="requests.csv", sha256="0" * 64, size=len(text),
            uploaded_by=user,
        )  # fmt: skip
        preview = {"rows": 1, "ready": 0, "known": 0, "errors": 1, "wrong_rows": 1, "tally": {}, "lines": []}
        return RecordFile.objects.create(
            kind="installations", upload=upload, state="previewed", preview=preview, created_by=user
        )

    def package(self, user: User) -> ExportPackage:
        return ExportPackage.objects.create(
            name="agencies",
            title="Agencies",
            file=ContentFile(b"PK", name="agencies.zip"),
            file_name="agencies.zip",
            manifest={"files": [{"name": "agencies.csv", "rows": 1}]},
            created_by=user,
        )


def build() -> World:
    """Everything at once; about 100 statements."""
    publication = PublicationFactory(published_on=dt.date(2025, 3, 1), row_count=3)
    PublicationFile.objects.create(
        publication=publication,
        file_name="list.xlsx",
        sha256="0" * 64,
        size=1,
        ordered_at=publication.ordered_at,
        published_on=publication.published_on,
        basis="modified",
    )
    houston = FieldOfficeFactory(slug="houston")
    miami = FieldOfficeFactory(slug="miami")
    users = _users()
    installer = InstallerFactory(name="Installer 1")
    places = (houston, "Assigned County"), (houston, "Unassigned County"), (miami, FOREIGN_NAME)
    assigned, unassigned, foreign = (
        _part(publication, office, f"{county} Sheriff's Office", number, hq=users["hq"], installer=installer)
        for number, (office, county) in enumerate(places, start=2)
    )
    OfficeZone.objects.create(
        office_slug="houston", zone="America/Chicago", valid_from=dt.date(2025, 1, 1), source="Office"
    )
    pm = ProgramManagerFactory(user=users["field_pm"], office=houston)
    miami_pm = ProgramManagerFactory(office=miami)
    review, decided = (_decision(publication, assigned, foreign, state) for state in ("open", "same"))
    review_waits_sync()
    return World(
        users=users,
        houston=houston,
        miami=miami,
        publication=publication,
        assigned=assigned,
        unassigned=unassigned,
        foreign=foreign,
        assignment=AssignmentFactory(program_manager=pm, agency=assigned.agency),
        foreign_assignment=AssignmentFactory(program_manager=miami_pm, agency=foreign.agency),
        review=review,
        decided=decided,
        verdict=Verdict.objects.create(
            subject="agency",
            left_key=decided.left_key,
            right_key=decided.right_key,
            decision=decided,
            kind=VerdictKind.SAME,
            decided_by=users["hq"],
        ),
        roster_import=RosterImport.objects.create(
            file_name="list.xlsx",
            sha256="0" * 64,
            state="previewed",
            register_version=0,
            kind="participating",
        ),
        import_job=Job.objects.create(kind="roster.preview", created_by=users["hq"], params={}),
        target=Target.objects.create(
            metric="agreements.listed",
            level="nation",
            direction="at_least",
            value=1,
            valid_from=dt.date(2025, 1, 1),
            owner="Unit Chief",
            source="Decision",
            created_by=users["hq"],
        ),
        stranger=miami_pm.user,
        installer=installer,
        absence=InstallerAbsence.objects.create(
            installer=installer,
            kind=AbsenceKind.LEAVE,
            begins_on=dt.date(2025, 7, 1),
            ends_on=dt.date(2025, 7, 8),
        ),
        policy=InstallationPolicy.objects.earliest("valid_from"),
        published=PublishedInstallation.objects.create(
            report="OIG-18-77", label="Bar 1 of 22", target_days=180, days=143, source="Chart"
        ),
        forecast=Forecast.objects.create(as_of=dt.date(2025, 6, 1), seed=287, runs=1, refusal="Too few."),
    )


def _users() -> dict[str, User]:
    return {
        "hq": UserFactory(username="matrix-hq", role="hq"),
        "field_pm": UserFactory(username="matrix-pm", role="field_pm"),
        "auditor": UserFactory(username="matrix-auditor", role="auditor"),
        "administrator": UserFactory(username="matrix-admin", role="", is_administrator=True),
        "hq_administrator": UserFactory(username="matrix-hq-admin", role="hq", is_administrator=True),
        "no_role": UserFactory(username="matrix-nobody", role=""),
    }


def _part(
    publication: Publication, office: FieldOffice, name: str, number: int, *, hq: User, installer: Installer
) -> Part:
    agency = AgencyFactory(name=name)
    AgencyOfficeFactory(agency=agency, office=office)
    AgencyAlias.objects.create(
        agency=agency, name=name.upper(), first_publication=publication, last_publication=publication
    )
    agreement = AgreementFactory(agency=agency, first_publication=publication, status=Status.SUSPENDED)
    Addendum.objects.create(agreement=agreement, url=f"https://example.org/{number}.pdf")
    AgreementStatusFactory(agreement=agreement, ends_on=None)
    statement = AgreementStatusFactory(
        agreement=agreement,
        status=Status.SUSPENDED,
        origin=Origin.STAFF,
        publication=None,
        begins_on=dt.date(2025, 6, 1),
        entered_by=hq,
        reason=f"Letter about {name}",
    )
    row = PrintedRow.objects.create(
        digest=f"{number:064x}",
        kind=publication.kind,
        cells={"agency": name},
        cleaning_version=CLEANING_VERSION,
        state_code="TX",
        name=name,
        canonical=name.lower(),
        agreement=agreement,
        rule="canonical_name",
    )
    Duplicate.objects.create(publication=publication, agreement=agreement, rows=[number, 9], identical=True)
    return Part(
        agency=agency,
        agreement=agreement,
        statement=statement,
        observation=Observation.objects.create(publication=publication, row_number=number, printed_row=row),
        change=RegisterChange.objects.create(
            publication=publication, kind="added", agency=agency, agreement=agreement, printed_row=row
        ),
        installation=_installation(agreement, f"Jail of {name}", hq, installer),
    )


def _installation(agreement: Agreement, name: str, hq: User, installer: Installer) -> Installation:
    site = SiteFactory(agency=agreement.agency, name=name)
    request = InstallationRequest.objects.create(
        ref=site.ref.replace("SIT", "ITR"),
        site=site,
        agreement=agreement,
        policy=InstallationPolicy.objects.earliest("valid_from"),
        stage_id="bids",
        stage_on=dt.date(2025, 3, 10),
    )
    first, entry = (
        StageTransition.objects.create(
            request=request, sequence=place, stage_id=stage, on=dt.date(2025, 3, day), entered_by=hq
        )
        for place, stage, day in ((1, "request", 3), (2, "bids", 10))
    )
    request.hold = hold = Hold.objects.create(
        request=request, why_id="bids", owner=Party.VENDOR, begins_on=dt.date(2025, 4, 1), entered_by=hq
    )
    request.save(update_fields=["hold"])
    isa = Isa.objects.create(site=site, last_kind=IsaStepKind.DRAFTED, last_on=dt.date(2025, 4, 2))
    return Installation(
        site=site,
        request=request,
        first_entry=first,
        entry=entry,
        hold=hold,
        isa=isa,
        isa_step=IsaStep.objects.create(
            isa=isa, sequence=1, kind=IsaStepKind.DRAFTED, on=dt.date(2025, 4, 2), entered_by=hq
        ),
        equipment=Equipment.objects.create(
            site=site,
            request=request,
            kind_id="workstation",
            serial=f"SN {name}",
            status_on=dt.date(2025, 5, 1),
        ),
        visit=InstallationVisit.objects.create(
            request=request,
            installer=installer,
            begins_on=dt.date(2025, 6, 2),
            ends_on=dt.date(2025, 6, 4),
        ),
    )


def _decision(publication: Publication, left: Part, right: Part, state: str) -> Decision:
    return Decision.objects.create(
        subject="agency",
        rule="typo" if state == DecisionState.OPEN else "modifier",
        left_key=f"TX|{left.agency.key_name}",
        right_key=f"TX|{right.agency.key_name}",
        left_agency=left.agency,
        right_agency=right.agency,
        publication=publication,
        state=DecisionState(state),
    )
