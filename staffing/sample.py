"""Sample data: real lists through the real importer; people and assignments made up, seeded and marked.

ICE does not publish who its program managers are (docs/data-sources.md), so everything here that is a
person is synthetic, and shown as such.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agreements.models import Agency, AgencyOffice, FieldOffice, Publication
from agreements.services.batches import FileOutcome, rosters_import
from oversight.access.actors import Actor
from oversight.access.choices import Role
from oversight.access.models import User
from oversight.exchange.models import Job
from oversight.metrics.calendar import fact_days
from oversight.metrics.services import day_fill, missing_days_compute_start
from oversight.trail.services import Act, record_many
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager

__all__ = [
    "DEMO_PASSWORD",
    "DemoAccount",
    "demo_accounts",
    "demo_users_make",
    "sample_lists_load",
    "sample_people_load",
]

LISTS = Path(settings.BASE_DIR) / "sample_data" / "lists"
# Demo accounts are refused when DEBUG is off, so this is no secret.
DEMO_PASSWORD = "see-every-agreement"  # noqa: S105
SEED = 287
# Offices are known from this day on; no assignment may be made up before.
ASSIGNED_FROM = date(2025, 9, 1)
AGENCIES_PER_PM = 45
UNASSIGNED_SHARE = 0.06
DEMO_OFFICE = "houston"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    username: str
    role: str  # Role value, "" for administration only
    is_administrator: bool
    words: str


DEMO_ACCOUNTS = (
    DemoAccount("hq.demo", Role.HQ, False, "Headquarters staff"),
    DemoAccount("pm.demo", Role.FIELD_PM, False, "Field program manager, Houston"),
    DemoAccount("auditor.demo", Role.AUDITOR, False, "Auditor"),
    DemoAccount("admin.demo", "", True, "Administrator"),
)


def demo_accounts() -> list[DemoAccount]:
    """The demo accounts that exist here, for the sign-in lines that `make run` prints."""
    there = set(User.objects.filter(is_synthetic=True, is_active=True).values_list("username", flat=True))
    return [account for account in DEMO_ACCOUNTS if account.username in there]


def sample_lists_load(*, actor: Actor) -> Iterator[FileOutcome]:
    """Import the sample lists (17 captures, about one participating and one pending list a month)."""
    yield from rosters_import(actor=actor, files=sorted(LISTS.glob("*.xlsx")))
    _note_originals()


def _note_originals() -> None:
    """Write down what the sanitized copies are copies of."""
    from agreements.models import PublicationFile

    with (LISTS / "ORIGINALS.csv").open(encoding="utf-8", newline="") as file:
        originals = {line["file"]: line["original_sha256"] for line in csv.DictReader(file)}
    rows = list(PublicationFile.objects.filter(file_name__in=originals, original_sha256=""))
    for row in rows:
        row.original_sha256 = originals[row.file_name]
    PublicationFile.objects.bulk_update(rows, ["original_sha256"], batch_size=200)


@transaction.atomic
def sample_people_load(*, actor: Actor) -> int:
    """Demo accounts, synthetic program managers and assignments; once. How many program managers.

    Raises RuntimeError when DEBUG is off: there, everybody is real.
    """
    if not settings.DEBUG:
        raise RuntimeError("Demo accounts exist in development only (DEBUG is off).")
    if User.objects.filter(is_synthetic=True).exists():
        return 0
    users = demo_users_make()
    managers = _managers(users["pm.demo"])
    ProgramManager.objects.bulk_create(managers)
    assignments = _assignments(managers)
    Assignment.objects.bulk_create(assignments, batch_size=500)
    made: list[User | ProgramManager | Assignment] = [*users.values(), *managers, *assignments]
    record_many(actor=actor, acts=[Act("sample.made", obj, {}, {"is_synthetic": True}) for obj in made])
    return len(managers)


def demo_users_make() -> dict[str, User]:
    """One account per role, with the password of the demonstration. By user name."""
    users = {}
    for account in DEMO_ACCOUNTS:
        user = User(
            username=account.username,
            first_name="Demo",
            last_name=account.words,
            role=account.role,
            is_administrator=account.is_administrator,
            is_synthetic=True,
        )
        user.set_password(DEMO_PASSWORD)
        user.save()
        users[account.username] = user
    return users


def _agencies_by_office() -> dict[str, list[int]]:
    offices: dict[str, list[int]] = defaultdict(list)
    listed = Agency.objects.current().filter(ever_participating=True)
    spans = AgencyOffice.objects.filter(agency__in=listed, valid_to__isnull=True)
    for office, agency in spans.order_by("agency_id").values_list("office_id", "agency_id"):
        offices[office].append(agency)
    return offices


def _managers(demo_user: User) -> list[ProgramManager]:
    """One synthetic PM per so many agencies of an office, at least one."""
    agencies = _agencies_by_office()
    managers: list[ProgramManager] = []
    for office in FieldOffice.objects.order_by("slug"):
        for place in range(max(1, round(len(agencies[office.pk]) / AGENCIES_PER_PM))):
            is_demo = office.pk == DEMO_OFFICE and place == 0
            managers.append(
                ProgramManager(
                    user=demo_user if is_demo else None,
                    name=f"Synthetic PM {len(managers) + 1:03d}",
                    office=office,
                    valid_from=ASSIGNED_FROM,
                    is_synthetic=True,
                )
            )
    return managers


def _assignments(managers: list[ProgramManager]) -> list[Assignment]:
    """Spread each office's agencies over its PMs; leave some without, as happens."""
    chance = random.Random(SEED)  # noqa: S311 - sample data, seeded so that it is the same everywhere
    by_office: dict[str, list[ProgramManager]] = defaultdict(list)
    for manager in managers:
        by_office[manager.office_id].append(manager)
    made = []
    for office, agencies in sorted(_agencies_by_office().items()):
        for place, agency in enumerate(agencies):
            if chance.random() >= UNASSIGNED_SHARE:
                manager = by_office[office][place % len(by_office[office])]
                made.append(
                    Assignment(
                        program_manager=manager,
                        agency_id=agency,
                        role=AssignmentRole.PRIMARY,
                        valid_from=ASSIGNED_FROM,
                        is_synthetic=True,
                    )
                )
    return made


def sample_figures_start(*, actor: Actor) -> Job | None:
    """Figures of today and of the newest list's day at once, so that the first page has them; those of all
    other days by a worker. None when no day is missing."""
    days = [timezone.localdate(), *fact_days()[-1:]]
    for day in dict.fromkeys(days):
        day_fill(as_of=day)
    return missing_days_compute_start(actor=actor)


def is_empty() -> bool:
    """Whether nothing was imported here yet."""
    return not Publication.objects.exists()
