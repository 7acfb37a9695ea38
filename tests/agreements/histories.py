"""A small register with something in every panel of the home page."""

from __future__ import annotations

import datetime as dt

from agreements.choices import ChangeKind, DecisionState, ListKind, Origin, Status, SupportModel
from agreements.models import Decision, Publication, RegisterChange
from tests.agreements.test_pages_publications import printed
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    FieldOfficeFactory,
    PublicationFactory,
    StateFactory,
)

FIRST = dt.date(2021, 1, 31)
LAST = dt.date(2025, 3, 10)
JEM, WSO, TFM = SupportModel.JEM, SupportModel.WSO, SupportModel.TFM


def a_register(times: int = 1) -> Publication:
    """Texas (Houston), Florida (Miami) and an agency whose office is not known; the newest list is returned.

    `times` multiplies everything, for counting queries.
    """
    days = [FIRST, dt.date(2025, 3, 1), LAST]
    lists = [PublicationFactory(published_on=day, sequence=n + 1, row_count=7) for n, day in enumerate(days)]
    asked = PublicationFactory(kind=ListKind.PENDING, published_on=days[1], sequence=1, row_count=times)
    texas, florida = StateFactory(code="TX", name="Texas"), StateFactory(code="FL", name="Florida")
    houston, miami = FieldOfficeFactory(slug="houston"), FieldOfficeFactory(slug="miami")
    for place in range(times):
        for state, office, model, status in [
            (texas, houston, JEM, Status.ACTIVE),
            (texas, houston, TFM, Status.MISSING),
            (texas, houston, TFM, Status.REMOVED),
            (florida, miami, TFM, Status.ACTIVE),
            (florida, miami, WSO, Status.ACTIVE),
            (florida, None, WSO, Status.ACTIVE),
        ]:
            agency = AgencyFactory(state=state)
            if office:
                AgencyOfficeFactory(agency=agency, office=office)
            _agreement(agency, model, status, lists)
        agency = AgencyFactory(state=texas)
        AgencyOfficeFactory(agency=agency, office=houston)
        _suspended(agency, lists)
        pending = AgreementFactory(
            agency=agency, model=WSO, status=Status.PENDING, status_on=days[1], signed_on=None,
            ever_participating=False, first_publication=asked,
        )  # fmt: skip
        AgreementStatusFactory(agreement=pending, status=Status.PENDING, begins_on=days[1])
        printed(pending, asked, place + 2)
    for n in range(times):
        Decision.objects.create(
            subject="agency",
            rule="typo",
            left_key=f"TX|alpha {n}",
            right_key=f"TX|alpha so {n}",
            state=DecisionState.OPEN,
        )  # fmt: skip
    return lists[-1]


def _agreement(agency, model, status, lists) -> None:
    agreement = AgreementFactory(
        agency=agency, model=model, status=status, status_on=LAST, first_publication=lists[0]
    )
    ends = None if status == Status.ACTIVE else LAST
    AgreementStatusFactory(agreement=agreement, begins_on=FIRST, ends_on=ends)
    if ends:
        AgreementStatusFactory(agreement=agreement, status=status, begins_on=LAST, publication=lists[-1])
    kinds = {
        Status.ACTIVE: ChangeKind.CHANGED,
        Status.MISSING: ChangeKind.MISSING,
        Status.REMOVED: ChangeKind.REMOVED,
    }
    RegisterChange.objects.create(
        publication=lists[-1], agency=agency, agreement=agreement, kind=kinds[status]
    )


def _suspended(agency, lists) -> None:
    """Printed by the newest list, suspended by staff: listed, but not in force."""
    agreement = AgreementFactory(
        agency=agency, model=JEM, status=Status.SUSPENDED, list_status=Status.ACTIVE, status_on=LAST,
        first_publication=lists[0],
    )  # fmt: skip
    AgreementStatusFactory(agreement=agreement, begins_on=FIRST)
    AgreementStatusFactory(
        agreement=agreement, status=Status.SUSPENDED, begins_on=LAST, origin=Origin.STAFF, publication=None
    )
