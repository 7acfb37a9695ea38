"""What changed between two days: figures, named records, the export; scope; queries."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile

import pytest
import time_machine
from django.urls import reverse

from agreements.choices import ChangeKind, DecisionState, Origin, Status, VerdictKind
from agreements.models import AgreementStatus, Decision, RegisterChange, Verdict
from oversight.access.choices import Role
from oversight.console import changes
from oversight.console.changes import ChangeRow, ChangesRequest, Section, register_change_section, sections_of
from oversight.exchange.models import ExportPackage
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill
from oversight.metrics.services import day_fill
from tests.agreements.histories import LAST, a_register
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    UserFactory,
)
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
PAGE = "/changes/"
BEFORE, AFTER = dt.date(2025, 3, 9), dt.date(2025, 3, 10)
DAYS = {"first": BEFORE.isoformat(), "last": AFTER.isoformat()}


def section(user, key, first=BEFORE, last=AFTER, limit=None) -> Section:
    found = {item.key: item.section for item in sections_of(ChangesRequest(user, limit=limit), first, last)}
    return found[key]


def texts(found: Section) -> list[tuple[str, str]]:
    return [(row.what, row.subject) for row in found.rows]


def test_figures_before_and_after_are_those_of_the_two_days(client):
    a_register()
    for day in (BEFORE, AFTER):
        day_fill(as_of=day)
    client.force_login(UserFactory())

    lines = {line.metric.key: line for line in client.get(PAGE, DAYS).context["movements"].lines}

    listed = lines["agreements.listed"]
    assert (listed.before, listed.after, listed.change, listed.moved) == ("7", "4", "−3", True)
    pending = lines["agreements.pending_days_median"]
    assert (pending.before, pending.after, pending.change) == ("8.0", "9.0", "+1.0")
    assert lines["staffing.agencies_per_pm"].before == "– (no PM)"


def test_figures_of_a_day_that_is_not_computed_are_left_out_and_can_be_asked_for(
    client, django_capture_on_commit_callbacks
):
    a_register()
    day_fill(as_of=BEFORE)
    day_fill(as_of=AFTER)
    DayFill.objects.filter(as_of=AFTER, metric="agreements.listed").update(state=FillState.STALE)
    client.force_login(UserFactory())

    response = client.get(PAGE, DAYS)
    lines = {line.metric.key: line for line in response.context["movements"].lines}
    assert (lines["agreements.listed"].before, lines["agreements.listed"].after) == ("7", "not computed")
    assert lines["agreements.in_force"].after == "5"
    assert response.context["movements"].missing == (AFTER,)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(PAGE, DAYS)
    assert client.get(PAGE, DAYS).context["movements"].missing == ()


def test_agreements_that_came_and_went_are_named_within_the_scope():
    publication = PublicationFactory(published_on=AFTER)
    old = PublicationFactory(published_on=BEFORE)
    houston = FieldOfficeFactory(slug="houston")
    mine, other = AgencyFactory(name="Mine PD"), AgencyFactory(name="Other PD")
    AgencyOfficeFactory(agency=mine, office=houston)
    for agency, kind, where in [
        (mine, ChangeKind.ADDED, publication),
        (other, ChangeKind.ADDED, publication),
        (mine, ChangeKind.REMOVED, publication),
        (mine, ChangeKind.ADDED, old),  # on the first day: it was there before
    ]:
        agreement = AgreementFactory(agency=agency, first_publication=where)
        RegisterChange.objects.create(publication=where, agency=agency, agreement=agreement, kind=kind)
    RegisterChange.objects.create(
        publication=publication, agency=mine, kind=ChangeKind.RENAMED,
        before={"name": "Mine Police"}, after={"name": "Mine PD"}, rule="rename",
    )  # fmt: skip
    hq, pm = UserFactory(), ProgramManagerFactory(office=houston).user

    assert section(hq, "agreements.came").n == 2
    assert texts(section(pm, "agreements.came")) == [("Added", "Mine PD, TX: JEM")]
    assert texts(section(pm, "agreements.went")) == [("Removed", "Mine PD, TX: JEM")]
    (renamed,) = section(pm, "agreements.corrected").rows
    assert (renamed.before, renamed.after) == ("Name: Mine Police", "Name: Mine PD")
    assert renamed.why == "New name, same MOA"


def test_the_page_shows_the_first_rows_and_says_how_many_there_are():
    publication = PublicationFactory(published_on=AFTER)
    for _ in range(4):
        agreement = AgreementFactory(first_publication=publication)
        RegisterChange.objects.create(
            publication=publication, agency=agreement.agency, agreement=agreement, kind=ChangeKind.ADDED
        )
    found = section(UserFactory(), "agreements.came", limit=3)
    assert (len(found.rows), found.n) == (3, 4)


def test_words_of_a_line_are_escaped(client, monkeypatch):
    row = ChangeRow(AFTER, "<i>What</i>", "A & B", "/a/?b=1&c=2", "<b>", 'say "no"', "it's")
    monkeypatch.setitem(
        changes._sections, "tests.words", (1, lambda *_: Section("Words", [row], 1, "Nothing."))
    )
    client.force_login(UserFactory())
    page = client.get(PAGE, DAYS).content.decode()
    assert '<td data-label="What">&lt;i&gt;What&lt;/i&gt;</td>' in page
    assert '<th scope="row"><a href="/a/?b=1&amp;c=2">A &amp; B</a></th>' in page
    assert '<td class="break-any" data-label="Before">&lt;b&gt;</td>' in page
    assert "say &quot;no&quot;" in page
    assert "it&#x27;s" in page


def test_days_are_those_of_the_reader():
    """23:30 in New York on the last day belongs to it; for a reader in UTC that is the day after."""
    agreement = AgreementFactory()
    at = dt.datetime(2025, 3, 11, 3, 30, tzinfo=dt.UTC)
    AgreementStatusFactory(
        agreement=agreement, status=Status.SUSPENDED, origin=Origin.STAFF, publication=None,
        entered_at=at, entered_by=UserFactory(), reason="Letter",
    )  # fmt: skip
    new_york, utc = UserFactory(), UserFactory(time_zone="UTC")

    (row,) = section(new_york, "agreements.statements").rows
    assert (row.on, row.what, row.after) == (AFTER, "Entered", "Suspended from 2025-03-01")
    assert row.why.endswith(": Letter")
    assert section(utc, "agreements.statements").rows == []


def test_a_withdrawn_statement_is_told_on_the_day_of_its_withdrawal():
    at = dt.datetime(2025, 3, 10, 12, tzinfo=dt.UTC)
    statement = AgreementStatusFactory(
        status=Status.TERMINATED, origin=Origin.STAFF, publication=None, entered_at=at - dt.timedelta(days=9)
    )
    AgreementStatus.objects.filter(pk=statement.pk).update(withdrawn_at=at, withdrawn_by=UserFactory())
    (row,) = section(UserFactory(), "agreements.statements").rows
    assert (row.what, row.before, row.after) == ("Withdrawn", "Terminated from 2025-03-01", "")


def test_assignments_and_program_managers_that_began_or_ended():
    houston = FieldOfficeFactory(slug="houston")
    agency = AgencyFactory(name="Mine PD")
    AgencyOfficeFactory(agency=agency, office=houston)
    leaving = ProgramManagerFactory(name="PM 1", office=houston, valid_to=AFTER)
    AssignmentFactory(agency=agency, program_manager=leaving, valid_to=AFTER)
    coming = ProgramManagerFactory(name="PM 2", office=houston, valid_from=AFTER)
    AssignmentFactory(agency=agency, program_manager=coming, valid_from=AFTER)
    AssignmentFactory(valid_from=AFTER)  # of another office

    found = section(coming.user, "staffing.assignments")
    assert {(row.what, row.before, row.after) for row in found.rows} == {
        ("Ended", "PM 1, primary", ""), ("Assigned", "", "PM 2, primary"),
    }  # fmt: skip
    assert section(UserFactory(), "staffing.assignments").n == 3
    managers = section(UserFactory(), "staffing.managers")
    assert {(row.what, row.subject) for row in managers.rows} >= {("Left", "PM 1"), ("On board", "PM 2")}


def test_reviews_are_for_those_who_may_read_them():
    at = dt.datetime(2025, 3, 10, 12, tzinfo=dt.UTC)
    decision = Decision.objects.create(
        subject="agency", rule="typo", left_key="TX|alpha", right_key="TX|alfa", state=DecisionState.OPEN,
        created_at=at,
    )  # fmt: skip
    hq = UserFactory()
    Verdict.objects.create(
        subject="agency", left_key="TX|x", right_key="TX|y", decision=decision, kind=VerdictKind.SAME,
        decided_by=hq, decided_at=at,
    )  # fmt: skip
    assert texts(section(hq, "agreements.reviews_opened")) == [("Open", "TX alpha / TX alfa")]
    assert texts(section(hq, "agreements.reviews_decided")) == [("Decided", "TX x / TX y")]
    keys = [item.key for item in sections_of(ChangesRequest(UserFactory(role=Role.FIELD_PM)), BEFORE, AFTER)]
    assert "agreements.came" in keys
    assert not [key for key in keys if "reviews" in key]


def test_without_days_it_is_the_last_week_and_wrong_days_are_refused_in_words(client):
    client.force_login(UserFactory())
    with time_machine.travel(dt.datetime(2025, 6, 2, 16, tzinfo=dt.UTC)):
        context = client.get(PAGE).context
        assert (context["first"], context["last"]) == (dt.date(2025, 5, 26), dt.date(2025, 6, 2))
        page = client.get(PAGE, {"first": "2025-06-01", "last": "2025-06-09"}).content.decode()
        assert "2025-06-09 is in the future. Choose today (2025-06-02) or an earlier day." in page
        page = client.get(PAGE, {"first": "2025-06-01", "last": "2025-06-01"}).content.decode()
        assert "2025-06-01 is not before 2025-06-01. Choose an earlier day." in page
        assert client.get(PAGE, {"first": "yesterday"}).status_code == 200


def test_why_a_figure_moved_is_a_part_of_the_page_and_without_scripts_the_figure_s_own(client):
    a_register()
    day_fill(as_of=BEFORE)
    day_fill(as_of=AFTER)
    client.force_login(UserFactory())
    address = reverse("console:changes_why", args=["agreements.listed"])

    part = client.get(address, DAYS, HTTP_HX_REQUEST="true").content.decode()
    plain = client.get(address, DAYS)

    assert "-1" in part
    assert plain["Location"] == f"/figures/agreements.listed/v1/nation/-/{AFTER}/moved/?from={BEFORE}"
    assert client.get(reverse("console:changes_why", args=["no.metric"])).status_code == 404


def test_the_export_has_every_row_of_the_person(client, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(changes, "ON_PAGE", 1)
    a_register()
    houston = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston")).user
    client.force_login(houston)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("console:changes_export"), DAYS)

    package = ExportPackage.objects.get()
    with zipfile.ZipFile(package.file) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8", newline="")))
    named = [row for row in rows if row["section"] != "Figures"]
    expected = [
        row
        for item in sections_of(ChangesRequest(houston, limit=None), BEFORE, AFTER)
        for row in item.section.rows
    ]
    assert [(row["what"], row["which"]) for row in named] == [(row.what, row.subject) for row in expected]
    assert len(named) >= 2
    assert not [row for row in named if ", FL" in row["which"]]


def test_wrong_days_make_no_export(client):
    client.force_login(UserFactory())
    answer = client.post(reverse("console:changes_export"), {"first": "2025-03-10", "last": "2025-03-01"})
    assert answer["Location"] == PAGE
    assert not ExportPackage.objects.exists()


def test_a_section_that_fails_is_named_and_the_others_are_shown(client, monkeypatch, caplog):
    monkeypatch.setattr(changes, "_sections", {})
    row = ChangeRow(AFTER, "Came", "Somebody")
    register_change_section("x.broken", 1, lambda request, first, last: 1 / 0)
    register_change_section("x.good", 2, lambda request, first, last: Section("Good", [row], 1, "None."))
    register_change_section("x.closed", 3, lambda request, first, last: None)
    client.force_login(UserFactory())

    page = client.get(PAGE, DAYS).content.decode()

    assert "The part “x.broken” could not be read." in page
    assert "Somebody" in page
    assert "x-closed" not in page
    assert "section x.broken of changes cannot be read" in caplog.text
    with pytest.raises(ValueError, match="Two sections"):
        register_change_section("x.good", 9, lambda request, first, last: None)


@pytest.mark.parametrize("times", [1, 10])
def test_queries_do_not_grow_with_the_register(times, client):
    a_register(times=times)
    day_fill(as_of=BEFORE)
    day_fill(as_of=AFTER)
    assert LAST == AFTER
    client.force_login(UserFactory(is_administrator=True))
    client.get(PAGE, DAYS)
    with baseline_queries("changes") as made:
        client.get(PAGE, DAYS)
    assert len(made.captured_queries) <= 12
    with baseline_queries("changes.why", repeats=3):
        client.get(reverse("console:changes_why", args=["agreements.listed"]), DAYS, HTTP_HX_REQUEST="true")
