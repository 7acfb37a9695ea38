"""Reading agreements for pages, lists and search."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from agreements.models import (
    AgencyOffice,
    Agreement,
    AgreementStatus,
    Observation,
    PrintedRow,
    RegisterChange,
)
from agreements.selectors import register
from oversight.access.models import User
from oversight.access.scope import changeable_by, visible_to

__all__ = [
    "agreement_by_ref",
    "agreement_changes",
    "agreement_list",
    "agreement_observations",
    "agreement_statements",
    "changeable_agreement",
]

MAX_HOPS = 5
# Of the last list: every row it printed, packed, and what was read beside them. Up to 100 kB for each line.
_UNREAD = tuple(f"last_publication__{name}" for name in ("packed_rows", "flags", "headers"))


def agreement_list(*, user: User) -> QuerySet[Agreement]:
    """Agreements visible to `user`, with agency, state, last list and today's field office."""
    office = (
        AgencyOffice.objects.active_on(timezone.localdate())
        .filter(agency=OuterRef("agency"))
        .order_by("-valid_from")
    )
    return (
        register.agreements(user=user)
        .select_related("agency", "agency__state", "last_publication")
        .defer(*_UNREAD)
        .annotate(
            office_name=Subquery(office.values("office__name")[:1], output_field=CharField()),
            office_slug=Subquery(office.values("office")[:1], output_field=CharField()),
        )
    )


def agreement_by_ref(*, user: User, ref: str) -> Agreement:
    """The agreement that `ref` names today: itself, or the one it was found to be (compare `.ref`).

    Raises Agreement.DoesNotExist when there is none or `user` may not see it.
    """
    row = Agreement.objects.only("pk", "merged_into_id").get(ref=ref.upper())
    for _ in range(MAX_HOPS):
        if row.merged_into_id is None:
            break
        row = Agreement.objects.only("pk", "merged_into_id").get(pk=row.merged_into_id)
    return (
        agreement_list(user=user)
        .select_related("agency__county", "first_publication", "superseded_by", "superseded_by__agency")
        .get(pk=row.pk)
    )


def changeable_agreement(*, user: User, ref: str) -> Agreement:
    """The agreement that `user` may change. Raises Agreement.DoesNotExist."""
    rows = changeable_by(Agreement.objects.current(), user).select_related("agency", "agency__state")
    return rows.get(ref=ref.upper())


def _same(agreement: Agreement) -> QuerySet[Agreement, Any]:
    """Ids of the agreement and of those that were found to be it. As a subquery, so that an index serves."""
    return Agreement.objects.filter(Q(pk=agreement.pk) | Q(merged_into=agreement)).values("pk")


def agreement_statements(*, user: User, agreement: Agreement) -> QuerySet[AgreementStatus]:
    """Every dated status, by lists and by staff, the withdrawn ones too."""
    return (
        visible_to(AgreementStatus.objects.filter(agreement__in=_same(agreement)), user)
        .select_related("publication", "entered_by", "withdrawn_by")
        .order_by("-begins_on", "-pk")
    )


def agreement_observations(*, user: User, agreement: Agreement) -> QuerySet[Observation]:
    """Every row of every list that printed it, with the cells."""
    printed = PrintedRow.objects.filter(agreement__in=_same(agreement)).values("pk")
    rows = Observation.objects.filter(printed_row__in=printed)
    return (
        visible_to(rows, user)
        .select_related("publication", "printed_row")
        .defer("publication__packed_rows", "publication__flags", "publication__headers")
    )


def agreement_changes(*, user: User, agreement: Agreement) -> QuerySet[RegisterChange]:
    """What lists changed about it, newest first."""
    return (
        visible_to(RegisterChange.objects.filter(agreement__in=_same(agreement)), user)
        .select_related("publication", "agency", "agreement")
        .order_by("-publication__ordered_at", "-pk")
    )
