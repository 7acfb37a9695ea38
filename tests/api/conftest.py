"""A register with something in and something outside of a field PM's scope, and clients that speak JSON."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from agreements.choices import DecisionState, Origin, Status
from agreements.models import Decision, Observation, PrintedRow, RegisterChange, RosterImport
from agreements.services.store import CLEANING_VERSION
from itinstall.models import EquipmentKind, Forecast, HoldReason
from itinstall.services.equipment import equipment_add
from itinstall.services.holds import hold_begin
from itinstall.services.isas import isa_begin
from itinstall.services.requests import request_create
from oversight.access.actors import system
from oversight.access.choices import Role
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    SiteFactory,
    StateFactory,
    UserFactory,
)

LEAD = system("test")


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch) -> None:
    """The tests of the limits set their own."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"read": None, "write": None})


@pytest.fixture
def client_of():
    def make(user) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make


def add_agreement(publication, **values):
    """An agreement with a status, a printed row and a change."""
    agreement = AgreementFactory(first_publication=publication, **values)
    AgreementStatusFactory(agreement=agreement, status=Status.ACTIVE, origin=Origin.LIST)
    number = publication.observations.count() + 2
    row = PrintedRow.objects.create(
        digest=f"row-{agreement.pk}", kind=publication.kind, cells={"agency": agreement.agency.name},
        cleaning_version=CLEANING_VERSION, name=agreement.agency.name, canonical="x", agreement=agreement,
        rule="canonical_name",
    )  # fmt: skip
    Observation.objects.create(publication=publication, row_number=number, printed_row=row)
    RegisterChange.objects.create(
        publication=publication, kind="added", agency=agreement.agency, agreement=agreement
    )
    return agreement


@pytest.fixture
def installation(register) -> None:
    """A site with a request on hold, an ISA, a piece of equipment; a forecast."""
    site = SiteFactory(ref="SIT-00000001", agency=register.own.agency)
    request = request_create(actor=LEAD, site=site, on=dt.date(2025, 3, 1))
    type(request).objects.filter(pk=request.pk).update(ref="ITR-00000001")
    why = HoldReason.objects.get(pk="bids")
    hold_begin(actor=LEAD, request=request, why=why, owner=why.owner, on=dt.date(2025, 3, 2))
    isa_begin(actor=LEAD, site=site, on=dt.date(2025, 3, 3))
    equipment_add(
        actor=LEAD, site=site, kind=EquipmentKind.objects.get(pk="workstation"), on=dt.date(2025, 3, 4)
    )
    Forecast.objects.create(as_of=dt.date(2025, 3, 5), seed=1, runs=1, results={"requests": {}})


@pytest.fixture
def register(db, client_of):
    publication = PublicationFactory(published_on=dt.date(2025, 3, 1))
    houston = FieldOfficeFactory(slug="houston")
    own = add_agreement(
        publication, ref="MOA-00000001", agency=AgencyFactory(ref="LEA-00000001", name="Own SO")
    )
    near = add_agreement(
        publication, ref="MOA-00000002", agency=AgencyFactory(ref="LEA-00000002", name="Near SO")
    )
    florida = AgencyFactory(ref="LEA-00000003", name="Far SO", state=StateFactory(code="FL"))
    far = add_agreement(publication, ref="MOA-00000003", agency=florida, model="TFM")
    for agreement in (own, near):
        AgencyOfficeFactory(agency=agreement.agency, office=houston)
    pm = ProgramManagerFactory(office=houston)
    AssignmentFactory(program_manager=pm, agency=own.agency)
    review = Decision.objects.create(
        subject="agency", rule="typo", left_key="TX|own", right_key="TX|near", left_agency=own.agency,
        right_agency=near.agency, publication=publication, state=DecisionState.OPEN,
    )  # fmt: skip
    hq = UserFactory(role=Role.HQ)
    RosterImport.objects.create(
        file_name="list.xlsx", sha256="0" * 64, state="applied", register_version=1, publication=publication
    )
    return SimpleNamespace(
        publication=publication, own=own, near=near, far=far, review=review,
        hq=client_of(hq), pm=client_of(pm.user), auditor=client_of(UserFactory(role=Role.AUDITOR)),
    )  # fmt: skip
