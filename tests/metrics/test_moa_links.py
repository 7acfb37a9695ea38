"""The share of agreements without an MOA document is a statement about its day, not about today's links."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from agreements.models import Agreement, Observation
from agreements.services.imports import roster_apply, roster_preview
from oversight.access.actors import system
from oversight.exchange.models import Upload
from oversight.metrics import services
from oversight.metrics.base import Subject
from oversight.metrics.choices import FillState, Level, Part
from oversight.metrics.models import DayFill
from oversight.metrics.movement import movement
from oversight.metrics.registry import get_metric
from oversight.metrics.selectors import newest_snapshots
from tests.agreements import workbooks

pytestmark = pytest.mark.django_db
KEY = "agreements.moa_missing_share"
NATION = Subject(Level.NATION)
MARCH, APRIL, MAY, JUNE = (dt.date(2025, month, 3) for month in (3, 4, 5, 6))
DAYS = (MARCH, APRIL, MAY, JUNE)


def a_list(on: dt.date, linked: int, n: int = 4) -> None:
    """`n` agreements, the first `linked` of them with a link."""
    names = workbooks.COUNTIES[:n]
    url = "https://www.ice.gov/doclib/about/offices/ero/287g/{}.pdf"
    lines = [
        workbooks.row(name, moa=url.format(name.lower()) if place < linked else "")
        for place, name in enumerate(names)
    ]
    data = workbooks.workbook(lines, on=on)
    upload = Upload(name=f"participating{on:%m%d%Y}.xlsx", sha256=f"{on:%Y%m%d}{linked:056x}", size=len(data))
    upload.file.save(upload.name, ContentFile(data))
    preview = roster_preview(actor=system("tests"), upload=upload, kind="auto")
    roster_apply(actor=system("tests"), roster_import=preview)


def missing(on: dt.date) -> tuple[Decimal | None, Decimal | None]:
    [figure] = [figure for figure in get_metric(KEY).compute(as_of=on) if figure.subject == NATION]
    assert get_metric(KEY).rows(as_of=on, subject=NATION).count() == figure.n
    return figure.numerator, figure.denominator


def as_printed(on: dt.date) -> int:
    """A walk over every printed row: agreements on the last list that no list up to the day linked."""
    rows = list(Observation.objects.select_related("printed_row", "publication"))
    until = [row for row in rows if row.publication.published_on <= on]
    newest = max(row.publication.published_on for row in until)
    listed = {row.printed_row.agreement_id for row in until if row.publication.published_on == newest}
    return len(listed - {row.printed_row.agreement_id for row in until if row.printed_row.moa_url})


def test_a_link_that_a_later_list_prints_does_not_change_the_days_before_it():
    a_list(MARCH, linked=1)
    a_list(APRIL, linked=1, n=5)
    a_list(MAY, linked=3, n=5)
    assert [missing(on) for on in DAYS] == [(3, 4), (4, 5), (2, 5), (2, 5)]
    assert [as_printed(on) for on in DAYS] == [3, 4, 2, 2]


def test_a_list_that_turns_up_late_and_links_earlier_restates_its_days_and_no_others():
    a_list(MARCH, linked=0)
    a_list(MAY, linked=2)
    for on in DAYS:
        services.day_fill(as_of=on)
    a_list(APRIL, linked=2)
    assert [missing(on) for on in DAYS] == [(4, 4), (2, 4), (2, 4), (2, 4)]
    stale = DayFill.objects.filter(metric=KEY, state=FillState.STALE).values_list("as_of", flat=True)
    assert list(stale) == [APRIL]
    services.stale_days_fill()
    shown = newest_snapshots(as_of=APRIL, metrics=[KEY])[KEY, NATION]
    assert (shown.numerator, shown.denominator) == (2, 4)


def test_a_link_that_vanishes_from_the_list_stays_known():
    a_list(MARCH, linked=2)
    a_list(APRIL, linked=1)
    assert [missing(on) for on in (MARCH, APRIL)] == [(2, 4), (2, 4)]
    assert Agreement.objects.filter(moa_linked_on=MARCH).count() == 2


def test_a_document_that_was_linked_is_why_an_agreement_left_the_figure():
    a_list(MARCH, linked=1)
    a_list(APRIL, linked=2)
    for on in (MARCH, APRIL):
        services.day_fill(as_of=on)
    moved = movement(metric=KEY, subject=NATION, first=MARCH, last=APRIL)
    [line] = [line for line in moved.lines if line.part == Part.NUMERATOR]
    assert (line.label, line.n, line.effect) == ("MOA document linked", -1, Decimal("-0.25"))
