"""Made-up people at national scale: accounts of every role, program managers, assignments and hand-overs."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db import transaction

from agreements.models import Agency, AgencyOffice, FieldOffice
from oversight.access.actors import system
from oversight.access.choices import Role
from oversight.access.models import User
from oversight.exchange.scale import Made, ScaleRequest, digest_of
from oversight.trail.services import Act, record_many
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager
from staffing.sample import ASSIGNED_FROM, DEMO_OFFICE, demo_users_make

__all__ = ["scale_people_make"]

AGENCIES_PER_PM = 45
UNASSIGNED_SHARE, HANDED_OVER_SHARE, BACKUP_SHARE, LEFT_SHARE = 0.06, 0.15, 0.1, 0.08
OTHER_USERS = 60  # headquarters and auditors beside the demo accounts


@transaction.atomic
def scale_people_make(request: ScaleRequest) -> Made:
    """Accounts, program managers by office, assignments. Offices, and so assignments, begin where areas are
    known (docs/data-sources.md)."""
    chance = request.chance("staffing")
    agencies = _agencies_by_office()
    users = list(demo_users_make().values())
    demo_pm = next(user for user in users if user.role == Role.FIELD_PM)
    managers = _managers(chance, agencies, request)
    users += _accounts(managers, demo_pm)
    ProgramManager.objects.bulk_create(managers, batch_size=500)
    assignments = _assignments(chance, agencies, managers, request)
    Assignment.objects.bulk_create(assignments, batch_size=500)
    made: list[User | ProgramManager | Assignment] = [*users, *managers, *assignments]
    acts = [Act("sample.made", obj, {}, {"is_synthetic": True}) for obj in made]
    record_many(actor=system("make_scale_data"), acts=acts)
    for row in (*managers, *assignments):
        request.changed_on.update(day for day in (row.valid_from, row.valid_to) if day)
    request.tell(f"{len(users)} people, {len(managers)} program managers, {len(assignments):,} assignments")
    counts = {"people": len(users), "program managers": len(managers), "assignments": len(assignments)}
    return Made(counts, _digest(assignments))


def _digest(assignments: Sequence[Assignment]) -> str:
    return digest_of(
        f"{row.program_manager.name} {row.agency.ref} {row.role} {row.valid_from} {row.valid_to}"
        for row in assignments
    )


def _agencies_by_office() -> dict[str, list[Agency]]:
    offices: dict[str, list[Agency]] = defaultdict(list)
    spans = AgencyOffice.objects.filter(agency__merged_into__isnull=True, valid_to__isnull=True)
    for span in spans.select_related("agency").order_by("agency__ref"):
        offices[span.office_id].append(span.agency)
    return offices


def _some_day(chance: random.Random, request: ScaleRequest) -> date:
    """A day after assignments began on which other facts change too: such days are few that way."""
    days = sorted(day for day in request.changed_on if ASSIGNED_FROM < day <= request.until)
    return chance.choice(days)


def _managers(
    chance: random.Random, agencies: dict[str, list[Agency]], request: ScaleRequest
) -> list[ProgramManager]:
    """One PM per so many agencies of an office, at least one; some left, and another came."""
    managers: list[ProgramManager] = []

    def add(office: FieldOffice, begins: date, ends: date | None) -> None:
        name = f"Synthetic PM {len(managers) + 1:03d}"
        managers.append(
            ProgramManager(name=name, office=office, valid_from=begins, valid_to=ends, is_synthetic=True)
        )

    for office in FieldOffice.objects.order_by("slug"):
        for _ in range(max(1, round(len(agencies[office.pk]) / AGENCIES_PER_PM))):
            if chance.random() < LEFT_SHARE:
                day = _some_day(chance, request)
                add(office, ASSIGNED_FROM, day)
                add(office, day, None)
            else:
                add(office, ASSIGNED_FROM, None)
    return managers


def _accounts(managers: Sequence[ProgramManager], demo_pm: User) -> list[User]:
    """A sign-in for each PM and for some of headquarters and audit; nobody knows their passwords."""
    users: list[User] = []
    is_demo_free = True
    for manager in managers:
        if is_demo_free and manager.office_id == DEMO_OFFICE and manager.valid_to is None:
            manager.user, is_demo_free = demo_pm, False
            continue
        manager.user = User(username=f"pm.{len(users) + 1:03d}", role=Role.FIELD_PM)
        users.append(manager.user)
    for number in range(OTHER_USERS):
        role = Role.AUDITOR if number % 4 == 0 else Role.HQ
        users.append(User(username=f"{role}.{number + 1:03d}", role=role))
    for user in users:
        user.first_name, user.last_name, user.is_synthetic = "Synthetic", user.username, True
        user.password = "!"  # noqa: S105 - no password fits
    User.objects.bulk_create(users, batch_size=500)
    for manager in managers:
        manager.user = manager.user  # its id is known only now
    return users


def _assignments(
    chance: random.Random,
    agencies: dict[str, list[Agency]],
    managers: Sequence[ProgramManager],
    request: ScaleRequest,
) -> list[Assignment]:
    """Each office's agencies over its PMs: some without one, some handed over, some with a backup."""
    by_office: dict[str, list[ProgramManager]] = defaultdict(list)
    for manager in managers:
        by_office[manager.office_id].append(manager)
    made: list[Assignment] = []

    def add(pm: ProgramManager, agency: Agency, role: str, begins: date, ends: date | None) -> None:
        made.append(
            Assignment(
                program_manager=pm, agency=agency, role=role, valid_from=begins, valid_to=ends,
                is_synthetic=True,
            )
        )  # fmt: skip

    for office, own in sorted(agencies.items()):
        here = [manager for manager in by_office[office] if manager.valid_to is None]
        for place, agency in enumerate(own):
            if chance.random() < UNASSIGNED_SHARE:
                continue
            manager = here[place % len(here)]
            begins = manager.valid_from
            if len(here) > 1 and begins == ASSIGNED_FROM and chance.random() < HANDED_OVER_SHARE:
                before = here[(place + 1) % len(here)]
                day = _some_day(chance, request)
                if before.valid_from < day:
                    add(before, agency, AssignmentRole.PRIMARY, before.valid_from, day)
                    begins = day
            add(manager, agency, AssignmentRole.PRIMARY, begins, None)
            if len(here) > 1 and chance.random() < BACKUP_SHARE:
                backup = here[(place + 2) % len(here)]
                if backup is not manager:
                    add(backup, agency, AssignmentRole.BACKUP, backup.valid_from, None)
    return made
