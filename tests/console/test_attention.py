"""What needs attention: found while its cause lasts, cut to the person's scope, the gravest first."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from agreements.choices import DecisionState, Status
from agreements.models import Decision
from oversight.access.choices import Role
from oversight.console import attention
from oversight.console.attention import AttentionItem, Severity, attention_of, register_attention
from oversight.console.panels import PanelRequest
from oversight.exchange.backup.writing import KIND as BACKUP
from oversight.exchange.choices import JobState
from oversight.exchange.models import Job
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Target
from oversight.metrics.services import day_fill
from oversight.periods.models import Parameter
from tests.agreements.histories import a_register
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
PAGE = "/attention/"


def today() -> dt.date:
    return timezone.localdate()


def ago(days: int) -> dt.date:
    return today() - dt.timedelta(days=days)


def items(user, key: str) -> list[AttentionItem]:
    found = attention_of(PanelRequest(user=user, today=today()))
    return [item for item in found if item.key == key]


def only(user, key: str) -> AttentionItem:
    (item,) = items(user, key)
    return item


@pytest.mark.parametrize(
    ("age", "severity"), [(14, None), (15, Severity.MEDIUM), (28, Severity.MEDIUM), (29, Severity.HIGH)]
)
def test_the_newest_list_is_old_after_fourteen_days(age, severity):
    PublicationFactory(published_on=ago(age))
    found = items(UserFactory(), "agreements.old_list")
    assert [item.severity for item in found] == ([severity] if severity else [])
    if severity:
        assert f"{age} days old" in found[0].text
        assert found[0].since == ago(age - 14)


def test_how_old_a_list_may_be_is_a_parameter():
    PublicationFactory(published_on=ago(15))
    Parameter.objects.filter(key="attention.list_age_days").update(value=20)
    assert items(UserFactory(), "agreements.old_list") == []


def test_open_reviews_wait_since_the_oldest_arose():
    for n, state in enumerate([DecisionState.OPEN, DecisionState.LATER, DecisionState.SAME]):
        at = timezone.now() - dt.timedelta(days=n)
        Decision.objects.create(
            subject="agency", rule="typo", left_key=f"TX|a{n}", right_key="TX|b", state=state, created_at=at
        )
    item = only(UserFactory(), "agreements.open_reviews")
    assert (item.count, item.since) == (2, ago(1))
    assert "1 of them put off" in item.text
    assert items(UserFactory(role=Role.FIELD_PM), "agreements.open_reviews") == []


def test_missing_agreements_are_named_when_the_next_list_removes_them():
    lists = [PublicationFactory(published_on=ago(n), sequence=10 - n) for n in (9, 6, 3)]
    for since in (ago(6), ago(3)):
        AgreementFactory(status=Status.MISSING, status_on=since, first_publication=lists[0])
    item = only(UserFactory(), "agreements.near_removal")
    assert (item.count, item.since) == (1, ago(6))


def test_a_field_pm_is_told_of_the_own_office_only():
    publication = PublicationFactory(published_on=ago(1))
    houston, miami = FieldOfficeFactory(slug="houston"), FieldOfficeFactory(slug="miami")
    for office, n in ((houston, 1), (miami, 2)):
        for _ in range(n):
            agency = AgencyFactory()
            AgencyOfficeFactory(agency=agency, office=office)
            agreement = AgreementFactory(agency=agency, first_publication=publication)
            AgreementStatusFactory(agreement=agreement, begins_on=ago(1))
            AgreementFactory(
                agency=agency, status=Status.PENDING, status_on=ago(40 * n), first_publication=publication
            )
    day_fill(as_of=today())
    pm, hq = ProgramManagerFactory(office=houston).user, UserFactory()

    assert only(pm, "staffing.agencies_without_pm").text == "1 agency has no program manager in Houston."
    assert only(hq, "staffing.agencies_without_pm").count == 3
    assert (only(pm, "agreements.pending").count, only(hq, "agreements.pending").count) == (1, 3)
    assert (only(pm, "agreements.without_moa").count, only(hq, "agreements.without_moa").count) == (1, 3)
    assert only(hq, "agreements.pending").since == ago(80)
    assert items(pm, "staffing.offices_without_pm") == []


def test_offices_without_a_program_manager_are_named():
    publication = PublicationFactory(published_on=ago(1))
    for slug in ("houston", "miami"):
        agency = AgencyFactory()
        AgencyOfficeFactory(agency=agency, office=FieldOfficeFactory(slug=slug))
        agreement = AgreementFactory(agency=agency, first_publication=publication)
        AgreementStatusFactory(agreement=agreement, begins_on=ago(1))
    manager = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    AssignmentFactory(program_manager=manager, agency=agency)
    day_fill(as_of=today())

    item = only(UserFactory(), "staffing.offices_without_pm")

    assert item.text == "1 field office has agencies but no program manager: Miami."
    assert item.severity == Severity.HIGH


def test_backups_and_failed_jobs_are_for_administrators():
    admin, hq = UserFactory(role="", is_administrator=True), UserFactory()
    assert only(admin, "exchange.machinery").text == "No backup was ever made."
    assert items(hq, "exchange.machinery") == []

    made = timezone.now() - dt.timedelta(days=9)
    Job.objects.create(kind=BACKUP, state=JobState.DONE, finished_at=made)
    Job.objects.create(kind="exchange.export", state=JobState.FAILED, finished_at=made)
    assert [item.text for item in items(admin, "exchange.machinery")] == ["The last backup is 9 days old."]

    Job.objects.create(kind="exchange.export", state=JobState.FAILED, finished_at=timezone.now())
    Job.objects.create(kind=BACKUP, state=JobState.DONE, finished_at=timezone.now())
    assert [item.text for item in items(admin, "exchange.machinery")] == ["1 job failed in the last 7 days."]


def test_figures_that_are_behind_are_said():
    user = UserFactory()
    assert only(user, "metrics.behind").severity == Severity.HIGH
    day_fill(as_of=ago(1))
    assert f"those of {ago(1)}" in only(user, "metrics.behind").text
    day_fill(as_of=today())
    assert items(user, "metrics.behind") == []
    DayFill.objects.filter(as_of=ago(1)).update(state=FillState.STALE)
    assert "1 past day waits" in only(user, "metrics.behind").text


def test_a_missed_target_of_an_office_is_told_to_its_people():
    agency = AgencyFactory()
    houston = FieldOfficeFactory(slug="houston")
    AgencyOfficeFactory(agency=agency, office=houston)
    agreement = AgreementFactory(agency=agency, first_publication=PublicationFactory(published_on=ago(1)))
    AgreementStatusFactory(agreement=agreement, begins_on=ago(1))
    hq = UserFactory()
    Target.objects.create(
        metric="agreements.listed", level="office", for_every=True, direction="at_most", value=0,
        owner="Houston", source="Decision", created_by=hq, valid_from=ago(9),
    )  # fmt: skip
    day_fill(as_of=today())

    pm = ProgramManagerFactory(office=houston).user
    assert (
        only(pm, "staffing.missed_targets").text
        == "Listed agreements, Houston: 1; the target is at most 0 agreements."
    )
    assert only(hq, "metrics.targets").owner == "Houston"
    other = ProgramManagerFactory(office=FieldOfficeFactory(slug="miami")).user
    assert items(other, "staffing.missed_targets") == []


def test_the_gravest_come_first_then_the_oldest_and_a_reader_that_fails_is_named(monkeypatch, caplog):
    monkeypatch.setattr(attention, "_readers", {})
    a, b = ago(1), ago(5)
    given = [(Severity.LOW, b), (Severity.HIGH, None), (Severity.HIGH, a), (Severity.HIGH, b)]
    register_attention(
        "x.items", "records.view",
        lambda request: [AttentionItem(severity, "x", 1, "", "HQ", since) for severity, since in given],
    )  # fmt: skip
    register_attention("x.broken", "records.view", lambda request: [1 / 0])
    register_attention("x.closed", "operations.manage", lambda request: [1 / 0])

    found = attention_of(PanelRequest(user=UserFactory(), today=today()))

    assert [(item.severity, item.since) for item in found] == [
        (Severity.HIGH, b),
        (Severity.HIGH, a),
        (Severity.HIGH, None),
        (Severity.MEDIUM, None),
        (Severity.LOW, b),
    ]
    assert "“x.broken” needs attention could not be checked" in found[3].text
    assert "attention x.broken cannot be read" in caplog.text
    with pytest.raises(ValueError, match="Two readers"):
        register_attention("x.items", "records.view", lambda request: [])
    with pytest.raises(KeyError):
        register_attention("x.other", "no.such_action", lambda request: [])


def test_the_page_says_urgency_in_words_and_nothing_when_there_is_nothing(client, monkeypatch):
    PublicationFactory(published_on=ago(100))
    client.force_login(UserFactory())
    page = client.get(PAGE).content.decode()
    assert "Act now</span>" in page
    assert "100 days old" in page

    monkeypatch.setattr(attention, "_readers", {})
    assert "Nothing needs your attention today." in client.get(PAGE).content.decode()


@pytest.mark.parametrize("times", [1, 10])
def test_queries_do_not_grow_with_the_register(times, client):
    a_register(times=times)
    day_fill(as_of=today())
    client.force_login(UserFactory(is_administrator=True))
    client.get(PAGE)
    with baseline_queries("attention") as made:
        client.get(PAGE)
    assert len(made.captured_queries) <= 12
