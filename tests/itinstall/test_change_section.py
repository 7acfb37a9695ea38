"""Installations on the page of changes: the first rows are those of the whole, for everybody's scope."""

from __future__ import annotations

import datetime as dt

import pytest

from itinstall.change_sections import happened
from itinstall.choices import EntryKind, Party
from itinstall.models import Hold, InstallationPolicy, InstallationRequest, StageTransition
from oversight.access.choices import Role
from oversight.console.changes import ChangesRequest
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 6, 1), dt.date(2026, 6, 8)


def submitted(number: int, on: dt.date, agency) -> InstallationRequest:
    request = InstallationRequest.objects.create(
        ref=f"ITR-C{number:07d}",
        site=SiteFactory(agency=agency),
        policy=InstallationPolicy.objects.earliest("valid_from"),
        stage_id="request",
        stage_on=on,
    )
    StageTransition.objects.create(
        request=request, sequence=1, kind=EntryKind.STAGE, stage_id="request", on=on
    )
    return request


@pytest.fixture
def week() -> None:
    """Six requests, half of them in Houston: submitted, moved, held and released; one corrected, one done."""
    houston = FieldOfficeFactory(slug="houston")
    for number in range(6):
        agency = AgencyFactory()
        if number % 2:
            AgencyOfficeFactory(agency=agency, office=houston, valid_from=dt.date(2020, 1, 1))
        day = FIRST + dt.timedelta(days=number)
        request = submitted(number, day, agency)
        moved = StageTransition.objects.create(
            request=request, sequence=2, kind=EntryKind.STAGE, stage_id="bids", on=LAST
        )
        begins = max(day, FIRST + dt.timedelta(days=1))
        # Begins and ends within the days: one entry that is told twice.
        Hold.objects.create(
            request=request, why_id="bids", owner=Party.VENDOR, begins_on=begins,
            ends_on=begins + dt.timedelta(days=1), reason=f"Reason {number}",
        )  # fmt: skip
        if number == 3:
            StageTransition.objects.create(
                request=request, sequence=2, kind=EntryKind.STAGE, stage_id="isa", on=LAST, corrects=moved
            )
        if number == 4:
            StageTransition.objects.create(request=request, sequence=3, kind=EntryKind.COMPLETED, on=LAST)


@pytest.mark.parametrize("office", ["", "houston"])
def test_the_first_rows_are_those_of_the_whole_and_so_is_their_number(week, office):
    user = UserFactory(role=Role.HQ)
    if office:
        user = UserFactory(role=Role.FIELD_PM)
        ProgramManagerFactory(user=user, office_id=office, valid_from=dt.date(2020, 1, 1))
    whole = happened(ChangesRequest(user, limit=None), FIRST, LAST)
    assert {row.what for row in whole.rows} >= {"Submitted", "Moved", "Put on hold", "Hold ended"}
    assert whole.n == len(whole.rows) > 0
    for limit in (1, 3, 8, 100):
        some = happened(ChangesRequest(user, limit=limit), FIRST, LAST)
        assert (some.n, list(some.rows)) == (whole.n, list(whole.rows)[:limit])


def test_an_entry_that_was_corrected_is_not_told(week):
    rows = happened(ChangesRequest(UserFactory(), limit=50), FIRST, LAST).rows
    assert sum(row.what == "Moved" for row in rows) == 6
    assert sum(row.what == "Completed" for row in rows) == 1


def test_without_anything_the_number_is_zero():
    found = happened(ChangesRequest(UserFactory(), limit=50), FIRST, LAST)
    assert (found.n, list(found.rows)) == (0, [])
