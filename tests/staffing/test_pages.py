"""Pages of program managers and assignments: what they show, to whom; wrong entries change nothing."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agreements.choices import Status
from oversight.access.actors import person
from oversight.access.models import User
from oversight.trail.models import TrailEntry
from staffing import services
from staffing.models import Assignment, ProgramManager
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
D = dt.date
YES = {"confirmed": "yes"}


@pytest.fixture
def hq(client: Client) -> User:
    user = UserFactory(role="hq")
    client.force_login(user)
    return user


def page(name: str, *args: Any) -> str:
    return reverse(f"staffing:{name}", args=args)


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


# --- list and detail


def test_the_list_counts_todays_agencies_once(client, hq) -> None:
    agency = AgencyFactory()
    manager = ProgramManagerFactory(name="PM 017")
    AssignmentFactory(program_manager=manager, agency=agency)
    AssignmentFactory(program_manager=manager, agency=AgencyFactory(merged_into=agency), role="backup")
    AssignmentFactory(program_manager=manager, role="backup")
    AssignmentFactory(program_manager=manager, valid_to=D(2021, 1, 1))
    ProgramManagerFactory(name="PM 018", valid_to=D(2021, 1, 1))
    table = client.get(page("program_manager_list")).context["table"]
    rows = {row.record.name: row.record for row in table.rows}
    first = rows["PM 017"]
    assert (first.n_agencies, first.n_primary, first.n_backup) == (2, 1, 2)
    assert rows["PM 018"].n_agencies == 0
    shown = text_of(client.get(page("program_manager_list"), {"today": "yes"}))
    assert "PM 017" in shown
    assert "PM 018" not in shown
    past = text_of(client.get(page("program_manager_list"), {"assigned": "no", "today": "no"}))
    assert "PM 018" in past
    assert "Synthetic" in shown


def test_list_and_page_cost_the_same_however_many_there_are(client, hq) -> None:
    manager = ProgramManagerFactory()
    for _ in range(8):
        assignment = AssignmentFactory(program_manager=manager)
        AgencyOfficeFactory(agency=assignment.agency)
        ProgramManagerFactory()
        agency = AgencyOfficeFactory().agency
        AgreementFactory(agency=agency)
    with baseline_queries("program_managers.list"):
        client.get(page("program_manager_list"))
    with baseline_queries("program_managers.detail"):
        client.get(page("program_manager_detail", manager.pk))


def test_the_portfolio_is_shown_as_of_any_day(client, hq) -> None:
    manager = ProgramManagerFactory(valid_from=D(2024, 1, 1))
    early = AssignmentFactory(program_manager=manager, valid_from=D(2024, 1, 1), valid_to=D(2024, 6, 1))
    late = AssignmentFactory(program_manager=manager, valid_from=D(2024, 6, 1))
    for on, row in (("2024-05-31", early), ("2024-06-01", late)):
        shown = client.get(page("program_manager_detail", manager.pk), {"on": on})
        assert [found.pk for found in shown.context["rows"]] == [row.pk]
    assert (
        list(client.get(page("program_manager_detail", manager.pk), {"on": "2023-12-31"}).context["rows"])
        == []
    )
    wrong = client.get(page("program_manager_detail", manager.pk), {"on": "31.12.2023"})
    assert wrong.status_code == 400
    assert "year-month-day" in text_of(wrong)


def test_a_field_pm_reads_the_rows_of_the_own_area_and_the_number_of_the_others(client) -> None:
    mine = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    near = AgencyOfficeFactory(office=mine.office).agency
    far = AgencyOfficeFactory(office=FieldOfficeFactory(slug="miami"), agency__name="Foreign County").agency
    other = ProgramManagerFactory(office=FieldOfficeFactory(slug="miami"))
    for agency in (near, far):
        AssignmentFactory(program_manager=other, agency=agency)
    client.force_login(mine.user)
    shown = client.get(page("program_manager_detail", other.pk))
    assert near.name in text_of(shown)
    assert "Foreign County" not in text_of(shown)
    assert "1 more lies outside your area and is not listed" in text_of(shown)
    for words in ("Assign an agency", "Hand over portfolio", "Add a program manager", "No primary PM"):
        assert words not in text_of(shown)
        assert words not in text_of(client.get(page("program_manager_list")))


def test_agencies_of_the_office_without_a_primary_are_offered(client, hq) -> None:
    manager = ProgramManagerFactory()

    def agency(**more: Any) -> Any:
        found = AgencyFactory(**more)
        AgencyOfficeFactory(agency=found, office=manager.office)
        AgreementFactory(agency=found)
        return found

    free, backed, taken = agency(), agency(), agency()
    AssignmentFactory(agency=backed, role="backup")
    AssignmentFactory(agency=taken)
    gone = agency()
    gone.agreements.update(status=Status.REMOVED)
    elsewhere = AgreementFactory().agency
    shown = client.get(page("program_manager_detail", manager.pk))
    assert set(shown.context["waiting"]) == {free, backed}
    assert shown.context["n_waiting"] == 2
    assert elsewhere not in shown.context["waiting"]


# --- entering and ending


def test_a_program_manager_is_entered_in_two_steps(client, hq) -> None:
    office, account = FieldOfficeFactory(slug="houston"), UserFactory(role="field_pm")
    data = {"name": "PM 100", "office": office.pk, "valid_from": "2025-02-01", "user": account.pk}
    asked = client.post(page("program_manager_create"), data)
    assert "PM 100 is program manager at Houston from 2025-02-01, with the sign-in of" in text_of(asked)
    assert not ProgramManager.objects.exists()
    done = client.post(page("program_manager_create"), data | YES, follow=True)
    manager = ProgramManager.objects.get()
    assert (manager.name, manager.user, manager.valid_from) == ("PM 100", account, D(2025, 2, 1))
    assert "PM 100 is added" in text_of(done)
    assert TrailEntry.objects.get(verb="program_manager.created").actor == hq
    twice = client.post(page("program_manager_create"), data | YES)
    assert twice.status_code == 422
    assert "is program manager there already" in text_of(twice)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Enter the name"),
        ({"office": "atlantis"}, "not one of the choices"),
        ({"valid_from": "02/30/2025"}, "year-month-day"),
        ({"user": "999999"}, "not one of the choices"),
    ],
)
def test_a_wrong_program_manager_is_refused_in_words(client, hq, wrong: dict, words: str) -> None:
    data = {"name": "PM 100", "office": FieldOfficeFactory().pk, "valid_from": "2025-02-01"}
    answer = client.post(page("program_manager_create"), data | YES | wrong)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not ProgramManager.objects.exists()


def test_only_accounts_of_field_pms_are_offered(client, hq) -> None:
    auditor = UserFactory(role="auditor")
    pm = UserFactory(role="field_pm")
    form = client.get(page("program_manager_create")).context["form"]
    assert set(form.fields["user"].queryset) == {pm}
    data = {"name": "PM", "office": FieldOfficeFactory().pk, "valid_from": "2025-02-01", "user": auditor.pk}
    assert client.post(page("program_manager_create"), data | YES).status_code == 422


def test_ending_asks_for_the_assignments(client, hq) -> None:
    assignment = AssignmentFactory()
    manager = assignment.program_manager
    address = page("program_manager_end", manager.pk)
    early = client.post(address, {"on": "2019-12-31", **YES})
    assert early.status_code == 422
    assert "It began on 2020-01-01; the end must be later" in text_of(early)
    refused = client.post(address, {"on": "2025-01-01", **YES})
    assert refused.status_code == 422
    assert f"{manager.name} still has 1 assignment on 2025-01-01. Hand it over first" in text_of(refused)
    AssignmentFactory(program_manager=manager)
    unasked = client.post(address, {"on": "2025-01-01"})
    assert (unasked.status_code, "Is this right?" in text_of(unasked)) == (422, False)
    assert "still has 2 assignments on 2025-01-01. Hand them over first, or end them too" in text_of(unasked)
    assert client.post(address, {"on": "2025-01-01", "end_assignments": "on", **YES}).status_code == 302
    assignment.refresh_from_db()
    manager.refresh_from_db()
    assert assignment.valid_to == manager.valid_to == D(2025, 1, 1)


def test_the_same_person_is_not_entered_twice_unless_it_is_a_namesake(client, hq) -> None:
    office = FieldOfficeFactory(slug="houston")
    ProgramManagerFactory(name="Jane Roe", office=office, valid_from=D(2024, 5, 1))
    data = {"name": "  jane  ROE", "office": office.pk, "valid_from": "2026-01-01"}
    refused = client.post(page("program_manager_create"), data)
    assert refused.status_code == 422
    assert "Jane Roe is entered already at Houston, from 2024-05-01 with no end." in text_of(refused)
    elsewhere = {"office": FieldOfficeFactory(slug="miami").pk}
    for other in (elsewhere, {"name": "Jane Rowe"}, {"namesake": "on"}):
        assert client.post(page("program_manager_create"), data | other | YES).status_code == 302
    assert ProgramManager.objects.filter(office=office, name__iexact="jane roe").count() == 2


def test_a_person_who_left_may_return_under_the_same_name(client, hq) -> None:
    office = FieldOfficeFactory(slug="houston")
    ProgramManagerFactory(name="Jane Roe", office=office, valid_to=D(2025, 1, 1))
    data = {"name": "Jane Roe", "office": office.pk}
    early = client.post(page("program_manager_create"), data | YES | {"valid_from": "2024-12-31"})
    assert "until 2025-01-01" in text_of(early)
    back = client.post(page("program_manager_create"), data | YES | {"valid_from": "2025-01-01"})
    assert back.status_code == 302


# --- assigning


def assign(client: Client, manager: ProgramManager, agency: str, **more: str) -> Any:
    data = {"program_manager": manager.pk, "agency": agency, "role": "primary", "on": "2025-03-01"}
    return client.post(page("assignment_begin"), data | YES | more)


def test_after_assigning_one_sees_the_person_or_where_one_came_from(client, hq) -> None:
    manager, other = ProgramManagerFactory(), ProgramManagerFactory()
    done = assign(client, manager, AgencyFactory().ref)
    assert done["Location"] == page("program_manager_detail", manager.pk)
    data = {
        "program_manager": manager.pk,
        "agency": AgencyFactory().ref,
        "role": "primary",
        "on": "2025-03-01",
    }
    came = client.post(f"{page('assignment_begin')}?program_manager={other.pk}", data | YES)
    assert came["Location"] == page("program_manager_detail", other.pk)


def test_an_agency_is_assigned_from_its_own_page(client, hq) -> None:
    agency, manager = AgencyFactory(), ProgramManagerFactory()
    names = client.get(reverse("agreements:agency_names", args=[agency.ref]))
    link = f"{page('assignment_begin')}?agency={agency.ref}"
    assert link in names.content.decode()
    form = client.get(link)
    assert f'value="{agency.ref}"' in form.content.decode()
    data = {"program_manager": manager.pk, "agency": agency.ref, "role": "backup", "on": "2025-03-01"}
    asked = client.post(link, data)
    assert f"is backup program manager for {agency.name}" in text_of(asked)
    assert not Assignment.objects.exists()
    done = client.post(link, data | YES)
    assert done["Location"] == reverse("agreements:agency_names", args=[agency.ref])
    row = Assignment.objects.get()
    assert (row.agency, row.role, row.valid_from, row.valid_to) == (agency, "backup", D(2025, 3, 1), None)
    shown = client.get(done["Location"]).content.decode()
    assert page("program_manager_detail", manager.pk) in shown


@pytest.mark.parametrize(
    "typed", ["LEA-TEST77", "lea-test77", "Harris County SO", "harris", " harris county so "]
)
def test_an_agency_is_found_by_reference_or_name(client, hq, typed: str) -> None:
    agency = AgencyFactory(ref="LEA-TEST77", name="Harris County SO")
    AgencyFactory()
    assert assign(client, ProgramManagerFactory(), typed).status_code == 302
    assert Assignment.objects.get().agency == agency


def test_an_agency_that_is_not_one_is_refused_in_words(client, hq) -> None:
    AgencyFactory(ref="LEA-TWIN1", name="Lake County Sheriff's Office", key_name="a")
    AgencyFactory(ref="LEA-TWIN2", name="Lake County Sheriff's Office", key_name="b")
    manager = ProgramManagerFactory()
    for typed, words in (
        ("lake", "LEA-TWIN1; "),
        ("LEA-NONE", "No agency has the reference LEA-NONE"),
        ("Atlantis PD", "No agency is called “Atlantis PD”"),
        ("", "Enter the agency’s reference or name"),
    ):
        answer = assign(client, manager, typed)
        assert answer.status_code == 422
        assert words in text_of(answer)
    assert not Assignment.objects.exists()


def test_wrong_assignments_are_refused_in_words(client, hq) -> None:
    agency, manager = AgencyFactory(), ProgramManagerFactory(valid_from=D(2025, 1, 1))
    AssignmentFactory(agency=agency, program_manager__name="PM 042")
    before = Assignment.objects.count()
    over = ProgramManagerFactory(valid_to=D(2021, 1, 1))
    for chosen, more, words in (
        (manager, {}, "PM 042 is primary for this agency from 2020-01-01 with no end"),
        (manager, {"role": "backup", "until": "2025-03-01"}, "is on or before the start"),
        (manager, {"role": "backup", "on": "2024-12-31"}, "is program manager from 2025-01-01 with no end"),
        (manager, {"role": "chief"}, "not one of the choices"),
        (manager, {"on": "tomorrow"}, "year-month-day"),
        (over, {"role": "backup"}, "not one of the choices"),
    ):
        answer = assign(client, chosen, agency.ref, **more)
        assert answer.status_code == 422, words
        assert words in text_of(answer)
    assert Assignment.objects.count() == before
    assert not TrailEntry.objects.filter(verb="assignment.begun").exists()


def test_an_assignment_ends_in_two_steps_and_not_before_it_began(client, hq) -> None:
    row = AssignmentFactory()
    address = page("assignment_end", row.pk)
    assert client.post(address, {"on": "2020-01-01", **YES}).status_code == 422
    asked = client.post(address, {"on": "2025-01-01"})
    assert "until 2025-01-01, that day not included" in text_of(asked)
    row.refresh_from_db()
    assert row.valid_to is None
    assert client.post(address, {"on": "2025-01-01", **YES}).status_code == 302
    row.refresh_from_db()
    assert row.valid_to == D(2025, 1, 1)
    again = client.post(address, {"on": "2025-01-01", **YES})
    assert "It has ended on 2025-01-01 already" in text_of(again)


@pytest.mark.parametrize("query", ["?agency=LEA-NOTHING", "?program_manager=999999999", "?program_manager=x"])
def test_an_address_about_nothing_answers_404(client, hq, query: str) -> None:
    assert client.get(page("assignment_begin") + query).status_code == 404


@pytest.mark.parametrize(
    "name", ["program_manager_detail", "program_manager_end", "portfolio_hand_over", "assignment_end"]
)
@pytest.mark.parametrize("pk", [0, 999_999_999, 10**30])
def test_a_number_of_nobody_answers_404(client, hq, name: str, pk: int) -> None:
    assert client.get(page(name, pk)).status_code == 404


def test_a_field_pm_changes_nothing_not_even_the_own_portfolio(client) -> None:
    row = AssignmentFactory()
    client.force_login(row.program_manager.user)
    pk = row.program_manager_id
    for address in (
        page("program_manager_create"),
        page("program_manager_end", pk),
        page("portfolio_hand_over", pk),
        page("assignment_begin"),
        page("assignment_end", row.pk),
    ):
        assert client.get(address).status_code == 403
        assert client.post(address, {"on": "2025-01-01", **YES}).status_code == 403
    row.refresh_from_db()
    assert row.valid_to is None


# --- handing over


@pytest.fixture
def portfolio(hq) -> tuple[ProgramManager, ProgramManager, list[Assignment]]:
    """The source: three primaries, one backup. The target: backup for the second, primary for the last."""
    source, target = ProgramManagerFactory(name="PM A"), ProgramManagerFactory(name="PM B")
    rows = [
        AssignmentFactory(
            program_manager=source, agency__name=f"County {n}", role="backup" if n == 4 else "primary"
        )
        for n in (1, 2, 3, 4)
    ]
    AssignmentFactory(program_manager=target, agency=rows[1].agency, role="backup")
    AssignmentFactory(program_manager=target, agency=rows[3].agency)
    return source, target, rows


def responsible(manager: ProgramManager, on: dt.date) -> set[tuple[str, str]]:
    rows = Assignment.objects.active_on(on).filter(program_manager=manager)
    return set(rows.values_list("agency__name", "role"))


def test_a_hand_over_is_entered_chosen_previewed_and_done(client, portfolio) -> None:
    source, target, rows = portfolio
    address = page("portfolio_hand_over", source.pk)
    entry = {"target": target.pk, "on": "2025-06-01", "reason": "Leave"}
    chosen = client.post(address, entry)
    assert chosen.content.decode().count(" checked") == 4
    choice = entry | {"step": "choice", "assignments": [row.pk for row in rows if row is not rows[2]]}
    preview = text_of(client.post(address, choice))
    assert "3 assignments of PM A go to PM B from 2025-06-01." in preview
    assert preview.count(">Moves<") == 1
    assert (
        preview.count(f'href="{page("program_manager_detail", source.pk)}"') == 2
    )  # breadcrumb and "Cancel"
    assert "backup becomes primary" in preview
    assert "Ends; the other one is primary already" in preview
    assert not Assignment.objects.filter(valid_to__isnull=False).exists()
    done = client.post(address, choice | {"step": "confirm"} | YES, follow=True)
    assert "3 agencies are handed over from PM A to PM B on 2025-06-01" in text_of(done)
    assert responsible(source, D(2025, 6, 1)) == {("County 3", "primary")}
    assert responsible(target, D(2025, 6, 1)) == {
        ("County 1", "primary"), ("County 2", "primary"), ("County 4", "primary")
    }  # fmt: skip
    assert len(responsible(source, D(2025, 5, 31))) == 4
    assert set(TrailEntry.objects.filter(verb="assignment.ended").values_list("reason", flat=True)) == {
        "Leave"
    }


def test_undo_is_to_hand_back_and_proposes_what_came(client, portfolio) -> None:
    source, target, rows = portfolio
    today = timezone.localdate()
    entry = {"target": target.pk, "on": str(today), "step": "confirm"}
    choice = {"assignments": [rows[0].pk, rows[2].pk]}
    done = client.post(page("portfolio_hand_over", source.pk), entry | choice | YES, follow=True)
    back = f"{page('portfolio_hand_over', target.pk)}?to={source.pk}"
    assert back in done.content.decode()
    form = client.get(back).context["form"]
    tomorrow = today + dt.timedelta(days=1)
    assert (form["target"].value(), form["on"].value()) == (source.pk, tomorrow)
    entry = {"target": source.pk, "on": str(tomorrow), "back": "True"}
    chosen = client.post(page("portfolio_hand_over", target.pk), entry)
    ticked = chosen.context["form"]["assignments"].value()
    names = Assignment.objects.filter(pk__in=ticked).values_list("agency__name", flat=True)
    assert set(names) == {"County 1", "County 3"}
    before = {
        ("County 1", "primary"),
        ("County 2", "primary"),
        ("County 3", "primary"),
        ("County 4", "backup"),
    }
    client.post(
        page("portfolio_hand_over", target.pk), entry | {"step": "confirm", "assignments": ticked} | YES
    )
    assert responsible(source, tomorrow) == before
    assert responsible(target, tomorrow) == {("County 2", "backup"), ("County 4", "primary")}


def test_wrong_hand_overs_are_refused_and_change_nothing(client, portfolio) -> None:
    source, target, rows = portfolio
    foreign = AssignmentFactory()
    late = ProgramManagerFactory(name="PM late", valid_from=D(2030, 1, 1))
    before = set(Assignment.objects.values_list("pk", "valid_to"))
    address = page("portfolio_hand_over", source.pk)
    entry = {"target": target.pk, "on": "2025-06-01", "step": "confirm", **YES}
    for data, words in (
        (entry | {"assignments": [foreign.pk]}, "The portfolio has changed since"),
        (entry | {"assignments": ["x"]}, "The portfolio has changed since"),
        (entry, "Tick at least one agency"),
        (entry | {"target": source.pk, "assignments": [rows[0].pk]}, "not one of the choices"),
        (entry | {"target": late.pk, "assignments": [rows[0].pk]}, "is program manager from 2030-01-01"),
        (entry | {"on": "2020-01-01", "assignments": [rows[0].pk]}, "begins on 2020-01-01 or later"),
        (entry | {"on": "", "assignments": [rows[0].pk]}, "Enter a day"),
    ):
        answer = client.post(address, data)
        assert answer.status_code == 422, words
        assert words in text_of(answer)
    assert set(Assignment.objects.values_list("pk", "valid_to")) == before
    assert not TrailEntry.objects.filter(object_type="staffing.assignment").exists()


def test_the_service_refuses_assignments_that_are_not_the_ones_of_the_source(portfolio) -> None:
    source, target, rows = portfolio
    actor = person(UserFactory(role="hq"))
    foreign = AssignmentFactory()
    with pytest.raises(ValidationError, match="portfolio has changed"):
        services.portfolio_hand_over(
            actor=actor, source=source, target=target, on=D(2025, 6, 1), assignments=[rows[0].pk, foreign.pk]
        )
    assert not Assignment.objects.filter(valid_to__isnull=False).exists()


def test_the_preview_costs_the_same_for_any_portfolio(client, portfolio) -> None:
    source, target, rows = portfolio
    rows += [AssignmentFactory(program_manager=source) for _ in range(10)]
    data = {
        "target": target.pk,
        "on": "2025-06-01",
        "step": "choice",
        "assignments": [row.pk for row in rows],
    }
    with baseline_queries("program_managers.hand_over"):
        assert client.post(page("portfolio_hand_over", source.pk), data).status_code == 200
