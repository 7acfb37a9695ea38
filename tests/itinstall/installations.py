"""Requests for tests of pages: put into a stage through the services."""

from __future__ import annotations

import datetime as dt
from typing import Any

from agreements.models import Agency
from itinstall.models import InstallationRequest, Stage
from itinstall.services import requests
from oversight.access.actors import system
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    SiteFactory,
)

__all__ = ["ORDER", "SYSTEM", "TODAY", "agency_of", "request_in", "stage"]

TODAY = dt.date(2026, 6, 1)
SYSTEM = system("test")
ORDER = ("request", "bids", "isa", "equipment", "install", "access")


def stage(key: str) -> Stage:
    return Stage.objects.get(pk=key)


def agency_of(office: str = "houston", *, signed_on: dt.date = dt.date(2026, 1, 1), **more: Any) -> Agency:
    """An agency of an office with a JEM agreement."""
    agency = AgencyFactory(**more)
    AgencyOfficeFactory(agency=agency, office=FieldOfficeFactory(slug=office))
    AgreementFactory(agency=agency, signed_on=signed_on)
    return agency


def request_in(
    last: str = "bids",
    *,
    agency: Agency | None = None,
    first_on: dt.date = dt.date(2026, 1, 10),
    step: int = 10,
    complete: bool = False,
    **more: Any,
) -> InstallationRequest:
    """A request that was submitted on `first_on` and went on every `step` days, up to the stage `last`."""
    site = SiteFactory(agency=agency or agency_of())
    request = requests.request_create(actor=SYSTEM, site=site, on=first_on, **more)
    day = first_on
    for key in ORDER[1 : ORDER.index(last) + 1]:
        day += dt.timedelta(days=step)
        requests.request_move(actor=SYSTEM, request=request, stage=stage(key), on=day)
    if complete:
        requests.request_complete(actor=SYSTEM, request=request, on=day + dt.timedelta(days=step))
    request.refresh_from_db()
    return request
