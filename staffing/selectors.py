"""Reading program managers and assignments; which agencies a person reaches."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from agreements.choices import IN_FORCE
from agreements.models import Agency, AgencyOffice, Agreement, FieldOffice
from agreements.selectors import register
from oversight.access.models import User
from oversight.access.scope import visible_to
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager

__all__ = [
    "AssignmentScope",
    "agencies_without_primary",
    "assigned_agency_ids",
    "assignment_list",
    "open_program_managers",
    "portfolio",
    "portfolio_size",
    "program_manager_list",
    "program_managers_of",
]


def program_managers_of(*, user: User, on: date) -> QuerySet[ProgramManager]:
    """The PM rows that `user` fills on `on`."""
    return ProgramManager.objects.active_on(on).filter(user=user)


def assigned_agency_ids(*, user: User, on: date) -> QuerySet[Assignment, Any]:
    """Ids of the agencies that `user` is responsible for on `on`, as primary or backup."""
    mine = program_managers_of(user=user, on=on)
    return Assignment.objects.active_on(on).filter(program_manager__in=mine).values("agency")


class AssignmentScope:
    """`access.scope.AgencyProvider`: a field PM sees the agencies of the own office and the assigned ones,
    and changes the assigned ones (docs/roles.md)."""

    def visible(self, user: User) -> QuerySet[Agency, Any]:
        on = timezone.localdate()
        offices = program_managers_of(user=user, on=on).values("office")
        in_office = AgencyOffice.objects.active_on(on).filter(office__in=offices).values("agency")
        return Agency.objects.filter(
            Q(pk__in=in_office) | Q(pk__in=assigned_agency_ids(user=user, on=on))
        ).values("pk")

    def changeable(self, user: User) -> QuerySet[Agency, Any]:
        return Agency.objects.filter(pk__in=assigned_agency_ids(user=user, on=timezone.localdate())).values(
            "pk"
        )


def program_manager_list(*, user: User) -> QuerySet[ProgramManager]:
    """Every program manager, past ones too, with today's agencies: as primary, as backup, and each once.

    The figures are national; the rows behind them are cut to the reader's scope.
    """

    def count(**where: Any) -> Coalesce:
        now = Assignment.objects.active_on(timezone.localdate()).filter(
            program_manager=OuterRef("pk"), **where
        )
        agency = Coalesce("agency__merged_into", "agency")  # doubles of one agency count once
        n = now.order_by().values("program_manager").annotate(n=Count(agency, distinct=True)).values("n")
        return Coalesce(Subquery(n, output_field=IntegerField()), 0)

    return (
        visible_to(ProgramManager.objects.all(), user)
        .select_related("office")
        .annotate(
            n_primary=count(role=AssignmentRole.PRIMARY),
            n_backup=count(role=AssignmentRole.BACKUP),
            n_agencies=count(),
        )
    )


def open_program_managers(*, user: User, on: date) -> QuerySet[ProgramManager]:
    """Those who are program manager on some day from `on`, to choose from."""
    rows = ProgramManager.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    return visible_to(rows, user).select_related("office").order_by("office__name", "name", "pk")


def assignment_list(*, user: User) -> QuerySet[Assignment]:
    """Assignments to agencies that `user` may see."""
    return visible_to(Assignment.objects.all(), user).select_related("agency", "program_manager__office")


def portfolio(*, user: User, manager: ProgramManager, on: date) -> QuerySet[Assignment]:
    """What `manager` is responsible for on `on`, as far as `user` may see it, by agency."""
    rows = Assignment.objects.active_on(on).filter(program_manager=manager)
    return visible_to(rows, user).select_related("agency").order_by("agency__name", "role", "pk")


def portfolio_size(*, manager: ProgramManager, on: date) -> int:
    """How many assignments `manager` holds on `on`, in the nation."""
    return Assignment.objects.active_on(on).filter(program_manager=manager).count()


def agencies_without_primary(*, user: User, office: FieldOffice, on: date) -> QuerySet[Agency]:
    """Agencies with an agreement in force today that are the office's on `on` and have no primary then."""
    in_office = AgencyOffice.objects.active_on(on).filter(office=office).values("agency")
    # Asked of each agency of the office, so that it costs what the office holds, not the nation. Assignments
    # to a double count for the agency it was found to be.
    held = Assignment.objects.active_on(on).filter(role=AssignmentRole.PRIMARY)
    in_force = Agreement.objects.current().filter(status__in=IN_FORCE, agency=OuterRef("pk"))
    rows = register.agencies(user=user).filter(Exists(in_force), pk__in=in_office)
    rows = rows.exclude(Exists(held.filter(agency=OuterRef("pk"))))
    rows = rows.exclude(Exists(held.filter(agency__merged_into=OuterRef("pk"))))
    return rows.order_by("name", "pk")
