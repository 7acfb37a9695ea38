"""Answers what pages of agreements ask about program managers (agreements.responsible)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.http import urlencode

from agreements.responsible import AssignmentLine, ManagerLine
from oversight.access.actors import person
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.access.scope import visible_to
from staffing.choices import AssignmentRole
from staffing.models import Assignment, ProgramManager
from staffing.services import ACTION

__all__ = ["StaffingResponsible"]


class StaffingResponsible:
    """`agreements.responsible.ResponsibleProvider`."""

    def primary_name(self, *, on: date) -> Any:
        now = Assignment.objects.active_on(on).filter(agency=OuterRef("pk"), role=AssignmentRole.PRIMARY)
        return Subquery(now.order_by("-valid_from", "-pk").values("program_manager__name")[:1])

    def assignments(self, *, user: User, agency_id: int) -> Sequence[AssignmentLine]:
        rows = (
            visible_to(Assignment.objects.filter(agency=agency_id), user)
            .select_related("program_manager__office")
            .order_by(F("valid_to").desc(nulls_first=True), "-valid_from", "role")
        )
        return [
            AssignmentLine(
                name=row.program_manager.name,
                role=row.get_role_display(),
                office=row.program_manager.office.name,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                is_synthetic=row.is_synthetic or row.program_manager.is_synthetic,
                href=_page(row.program_manager_id),
            )
            for row in rows
        ]

    def managers(self, *, user: User, office: str, on: date) -> Sequence[ManagerLine]:
        open_now = Q(assignments__valid_from__lte=on) & (
            Q(assignments__valid_to__isnull=True) | Q(assignments__valid_to__gt=on)
        )
        rows = (
            visible_to(ProgramManager.objects.active_on(on).filter(office=office), user)
            .annotate(
                n_primary=Count(
                    "assignments",
                    filter=open_now & Q(assignments__role=AssignmentRole.PRIMARY),
                    distinct=True,
                ),
                n_backup=Count(
                    "assignments", filter=open_now & Q(assignments__role=AssignmentRole.BACKUP), distinct=True
                ),
            )
            .order_by("name", "pk")
        )
        return [
            ManagerLine(
                row.name, row.valid_from, row.is_synthetic, row.n_primary, row.n_backup, _page(row.pk)
            )
            for row in rows
        ]

    def assign_address(self, *, user: User, agency_ref: str) -> str:
        if not may(person(user), ACTION):
            return ""
        return f"{reverse('staffing:assignment_begin')}?{urlencode({'agency': agency_ref})}"


def _page(pk: int) -> str:
    return reverse("staffing:program_manager_detail", args=[pk])
