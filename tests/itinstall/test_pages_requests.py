"""Pages of installation requests: what they show, to whom; what is entered wrongly changes nothing."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from itinstall.choices import Party, Priority, RequestState
from itinstall.models import (
    Hold,
    HoldReason,
    InstallationPolicy,
    InstallationRequest,
    Isa,
    Site,
    StageTransition,
)
from itinstall.services import holds, requests
from itinstall.tables.requests import RequestTable, StuckTable
from oversight.access.models import User
from oversight.exchange.list_exports import columns_of
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyFactory,
    AgreementFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    SiteFactory,
    UserFactory,
)
from tests.itinstall.installations import SYSTEM, agency_of, request_in, stage
from tests.support.queries import baseline_queries

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]
D = dt.date
YES = {"confirmed": "yes"}
MARCH = D(2026, 3, 1)


@pytest.fixture
def hq(client: Client) -> User:
    user = UserFactory(role="hq", first_name="Hannah", last_name="Quill")
    client.force_login(user)
    return user


@pytest.fixture
def pm(client: Client) -> User:
    """A field PM at Houston, signed in."""
    manager = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    client.force_login(manager.user)
    return manager.user


def page(name: str, *args: Any, **query: Any) -> str:
    return reverse(f"itinstall:{name}", args=args, query=query or None)


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def words_of(response: Any) -> str:
    """What the page says, without its tags."""
    return (
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(response))).replace(" ,", ",").replace(" .", ".")
    )


def refs(response: Any) -> list[str]:
    return [row.record.ref for row in response.context["table"].rows]


def hold(request: InstallationRequest, on: dt.date = MARCH, why: str = "isa-lea", **more: Any) -> Hold:
    reason = HoldReason.objects.get(pk=why)
    found = holds.hold_begin(
        actor=SYSTEM, request=request, why=reason, owner=Party(reason.owner), on=on, **more
    )
    request.refresh_from_db()
    return found


# --- the list


def test_the_list_shows_days_in_stage_and_days_against_the_target(client, hq) -> None:
    row = request_in("isa", agency=agency_of(name="Harris County Sheriff's Office", signed_on=D(2025, 11, 1)))
    hold(row)
    shown = text_of(client.get(page("request_list")))
    assert "32 days late" in shown
    assert "212 of 180 days" in shown
    assert "ISA waiting on the agency (Law enforcement agency)" in shown
    record = client.get(page("request_list")).context["table"].rows[0].record
    assert (record.stage_days, record.due_on) == (122, D(2026, 4, 30))


def test_filters_find_what_they_say(client, hq) -> None:
    late = request_in("isa", agency=agency_of(signed_on=D(2025, 11, 1), name="Late County Sheriff"))
    fresh = request_in("bids", agency=agency_of("miami", signed_on=D(2026, 1, 1)))
    no_clock = request_in("request", agency=AgencyFactory(), priority=Priority.HIGH)
    done = request_in("access", complete=True)
    hold(fresh, on=D(2026, 2, 1), why="bids")
    every = {late.ref, fresh.ref, no_clock.ref, done.ref}
    cases = [
        ({"q": "late county"}, {late.ref}),
        ({"q": fresh.ref.lower()}, {fresh.ref}),
        ({"q": fresh.site.ref}, {fresh.ref}),
        ({"office": "miami"}, {fresh.ref}),
        ({"state": "TX"}, every),
        ({"stage": "isa"}, {late.ref}),
        ({"status": "completed"}, {done.ref}),
        ({"late": "yes"}, {late.ref}),
        ({"late": "no"}, every - {late.ref}),
        ({"hold": "yes"}, {fresh.ref}),
        ({"reason": "bids"}, {fresh.ref}),
        ({"hold_owner": "vendor"}, {fresh.ref}),
        ({"acting": "hq"}, {no_clock.ref, done.ref}),
        ({"priority": "2"}, {no_clock.ref}),
        ({"model": "JEM"}, every - {no_clock.ref}),
        ({"clock": "no"}, {no_clock.ref}),
        ({"agency": late.site.agency.ref}, {late.ref}),
        ({"site": late.site.ref}, {late.ref}),
        ({"days": "130"}, {fresh.ref, no_clock.ref}),
        ({"since_from": "2026-01-25", "since_until": "2026-01-31"}, {late.ref}),
        ({"submitted_until": "2026-01-09"}, set()),
        ({"due_until": "2026-05-01"}, {late.ref}),
        ({"closed_from": "2026-01-01"}, {done.ref}),
        ({"policy": str(late.policy_id)}, every),
        ({"synthetic": "yes"}, set()),
    ]
    for query, expected in cases:
        assert set(refs(client.get(page("request_list"), query))) == expected, query
    names = set(client.get(page("request_list")).context["filterset"].filters)
    assert names <= {name for query, _ in cases for name in query} | {
        "submitted_from",
        "due_from",
        "closed_until",
    }


@pytest.mark.parametrize("query", ["stage=moon", "late=perhaps", "due_from=soon", "sort=beauty", "color=red"])
def test_an_address_that_the_list_does_not_know_shows_no_rows(client, hq, query: str) -> None:
    request_in()
    for name in ("request_list", "board"):
        shown = client.get(f"{page(name)}?{query}")
        assert "Leave it out" in text_of(shown)
        assert "/installations/ITR-" not in text_of(shown)


def test_every_column_sorts_in_both_directions_over_pages(client, hq, monkeypatch) -> None:
    monkeypatch.setattr("oversight.console.list_views.PAGE_SIZE", 2)
    made = [request_in("isa", agency=agency_of(signed_on=D(2025, 10 + n, 1))) for n in (1, 2)]
    made += [request_in("bids"), request_in("access", complete=True), request_in(agency=AgencyFactory())]
    hold(made[0])
    table = client.get(page("request_list")).context["table"]
    for name in table.sort_headers:
        for sort in (name, f"-{name}"):
            seen, address = [], f"{page('request_list')}?sort={sort}"
            for _ in range(4):
                shown = client.get(address)
                seen += refs(shown)
                if not shown.context["next_query"]:
                    break
                address = f"{page('request_list')}?{shown.context['next_query']}"
            assert sorted(seen) == sorted(row.ref for row in made), sort


def test_a_field_pm_sees_the_own_office_and_chooses_only_the_assigned(client, pm) -> None:
    mine, near, far = agency_of(), agency_of(), agency_of("miami", name="Foreign County Sheriff")
    AssignmentFactory(program_manager=pm.program_managers.get(), agency=mine)
    rows = [request_in(agency=agency) for agency in (mine, near, far)]
    shown = client.get(page("request_list"))
    assert set(refs(shown)) == {rows[0].ref, rows[1].ref}
    assert f'id="choose-{rows[0].ref}"' in text_of(shown)
    assert f'id="choose-{rows[1].ref}"' not in text_of(shown)
    for name in ("request_list", "board", "stuck"):
        assert "Foreign County" not in text_of(client.get(page(name)))
    assert client.get(page("request_detail", rows[1].ref)).status_code == 200
    assert "Begin ISA today" not in text_of(client.get(page("request_detail", rows[1].ref)))
    assert client.get(page("request_detail", rows[2].ref)).status_code == 404
    for row in rows[1:]:
        assert client.post(page("request_move", row.ref), {"stage": "isa"}).status_code == 404


def test_an_auditor_reads_and_is_offered_nothing_to_change(client) -> None:
    client.force_login(UserFactory(role="auditor"))
    row = request_in()
    for address in (page("request_list"), page("board"), page("request_detail", row.ref)):
        shown = text_of(client.get(address))
        for words in ("New request", "Move on", "Choose ITR", "Put on hold", ">Correct<", "Begin ISA"):
            assert words not in shown, (address, words)


def test_paper_has_no_ticks_and_files_have_a_column_for_each_word(client, hq) -> None:
    request_in()
    assert "Choose" not in text_of(client.get(page("request_list"), {"print": "1"})).split("</table>")[0]
    assert [column.header for column in columns_of(RequestTable)] == [
        "Request", "Agency", "Site", "State", "Stage", "Since", "Days in stage", "Clock", "Due", "Hold",
        "Priority", "Open or ended",
    ]  # fmt: skip
    assert "Since (to act)" in [column.header for column in columns_of(StuckTable)]


def test_behind_a_figure_rows_are_not_chosen_and_a_column_says_no_more_than_in_the_list(client, hq) -> None:
    row = request_in("isa")
    address = f"/figures/itinstall.open/v1/nation/-/{D(2026, 6, 1)}/"
    headers = re.findall(r"<th[^>]*>(.*?)</th>", text_of(client.get(address)).split("Records behind it")[-1])
    words = [re.sub(r"<[^>]+>", "", header).strip() for header in headers]
    assert words[: words.index("Priority") + 1] == [
        "Request", "Agency", "State", "Stage", "Since", "Days in stage", "Clock", "Due", "Hold", "Priority",
    ]  # fmt: skip
    assert "Choose" not in words
    assert row.ref in text_of(client.get(address))
    assert "Choose" in words_of(client.get(page("request_list")))


def test_the_history_names_the_stage_that_a_request_was_taken_back_to(client, hq) -> None:
    row = request_in("isa")
    entry = StageTransition.objects.get(request=row, stage="isa")
    requests.entry_withdraw(actor=SYSTEM, entry=entry, reason="Entered for another site")
    told = TrailEntry.objects.get(verb="installation.step_withdrawn")
    assert told.after["stage"] == stage("bids").name


# --- the board


def test_the_board_counts_all_and_leads_to_the_rest(client, hq, monkeypatch) -> None:
    monkeypatch.setattr("itinstall.selectors.board.CARDS", 2)
    late = request_in("isa", agency=agency_of(signed_on=D(2025, 11, 1)))
    others = [request_in("isa", first_on=D(2026, 2, 1 + n)) for n in range(3)]
    request_in("access", complete=True)
    shown = client.get(page("board"))
    lanes = {item["lane"].stage.key: item for item in shown.context["lanes"]}
    lane = lanes["isa"]["lane"]
    assert (lane.n, lane.n_late, lane.n_more) == (4, 1, 2)
    assert [card.ref for card in lane.cards] == [late.ref, others[0].ref]
    assert lanes["access"]["lane"].n == 0
    assert "Show all 4" in text_of(shown)
    assert len(refs(client.get(lanes["isa"]["href"]))) == 4
    newest = client.get(page("board"), {"sort": "-stage_on", "late": "no"})
    lanes = {item["lane"].stage.key: item for item in newest.context["lanes"]}
    assert [card.ref for card in lanes["isa"]["lane"].cards] == [others[2].ref, others[1].ref]
    assert len(refs(client.get(lanes["isa"]["href"]))) == 3


def test_a_card_says_hold_and_lateness_in_words(client, hq) -> None:
    row = request_in("isa", agency=agency_of(signed_on=D(2025, 11, 1)))
    hold(row)
    shown = text_of(client.get(page("board")))
    for words in (
        "122 days in stage",
        "32 days late",
        "On hold",
        "ISA waiting on the agency (Law enforcement",
    ):
        assert words in shown
    empty = text_of(client.get(page("board"), {"q": "nobody"}))
    assert "No open request matches your filters" in empty


def test_htmx_gets_the_columns_alone(client, hq) -> None:
    request_in()
    whole, part = client.get(page("board")), client.get(page("board"), headers={"HX-Request": "true"})
    assert "<html" in text_of(whole)
    assert "<html" not in text_of(part)
    assert "HX-Request" in part["Vary"]


# --- stuck


def test_the_stuck_list_says_who_has_to_act_since_when(client, hq) -> None:
    row = request_in("isa", agency=agency_of(signed_on=D(2025, 11, 1)))
    far = request_in("isa", agency=agency_of("miami", signed_on=D(2025, 10, 1)))
    request_in("isa")
    hold(row)
    shown = client.get(page("stuck"))
    assert refs(shown) == [far.ref, row.ref]
    assert [row.record.beyond_days for row in shown.context["table"].rows] == [63, 32]
    assert 'Law enforcement agency <span class="cell-sub">since 2026-03-01' in text_of(shown)
    assert "Too few to say" in text_of(shown)
    assert refs(client.get(page("stuck"), {"acting": "agency"})) == [row.ref]
    assert refs(client.get(page("stuck"), {"office": "miami"})) == [far.ref]
    assert refs(client.get(page("stuck"), {"why": "stage"})) == []


# --- one request


def test_the_page_tells_clocks_with_and_without_holds(client, hq) -> None:
    row = request_in("isa", agency=agency_of(signed_on=D(2026, 1, 1)))
    first = hold(row, on=D(2026, 3, 2), note="Sheriff on leave")
    holds.hold_end(actor=SYSTEM, hold=first, on=D(2026, 3, 9))
    shown = client.get(page("request_detail", row.ref))
    clocks = shown.context["clocks"]
    assert (clocks.elapsed_days, clocks.net_days, clocks.paused_days) == (151, 144, 7)
    assert (clocks.business_days - clocks.net_business_days, shown.context["on_hold_business_days"]) == (5, 5)
    text = text_of(shown)
    for words in (
        "180 days from MOA signed, in force from 2000-01-01",
        "No hold stops the clock",
        "29 days left",
    ):
        assert words in text


def test_holds_that_stop_the_clock_are_named_and_put_the_due_day_off(client, hq) -> None:
    row = request_in("isa", agency=agency_of(signed_on=D(2026, 1, 1)))
    InstallationPolicy.objects.get().pausing.set(["isa-lea"])
    found = hold(row, on=D(2026, 3, 2))
    holds.hold_end(actor=SYSTEM, hold=found, on=D(2026, 3, 12))
    shown = client.get(page("request_detail", row.ref))
    assert (shown.context["clocks"].counted_days, shown.context["clocks"].elapsed_days) == (141, 151)
    assert "These holds stop the clock: ISA waiting on the agency." in text_of(shown)
    assert "Due 2026-07-10." in words_of(shown)
    assert "these stop the clock: ISA waiting on the agency" in text_of(
        client.get(page("hold_begin", row.ref))
    )


def test_corrections_stay_readable_with_who_and_why(client, hq) -> None:
    row = request_in("isa")
    entry = StageTransition.objects.get(request=row, stage="bids")
    actor_words = "Mail of the carrier"
    requests.entry_correct(actor=SYSTEM, entry=entry, on=D(2026, 1, 15), reason=actor_words)
    last = StageTransition.objects.get(request=row, stage="isa")
    requests.entry_withdraw(actor=SYSTEM, entry=last, reason="Of another site")
    text = words_of(client.get(page("request_detail", row.ref)))
    assert "Before: Bids and circuit on 2026-01-20, entered 2026-06-01 by the system" in text
    assert "“Mail of the carrier”" in text
    assert "Taken back" in text
    assert "“Of another site”" in text


def test_a_request_without_a_clock_says_why(client, hq) -> None:
    row = request_in(agency=AgencyFactory())
    assert "no agreement that needs equipment starts one" in text_of(
        client.get(page("request_detail", row.ref))
    )
    unsigned = AgreementFactory(agency=row.site.agency, signed_on=None)
    InstallationRequest.objects.filter(pk=row.pk).update(agreement=unsigned)
    assert f"the day on which {unsigned.ref} was signed is not known" in text_of(
        client.get(page("request_detail", row.ref))
    )


# --- a new request


def test_a_new_request_may_bring_its_site(client, hq) -> None:
    agency = agency_of()
    address = page("request_create", agency=agency.ref)
    data = {"site": "new", "new_site": "Main jail", "on": "2026-05-20", "priority": "2", "note": "By mail"}
    asked = client.post(address, data)
    assert "A request for the new site" in text_of(asked)
    assert "signed 2026-01-01; the target is 180 days" in text_of(asked)
    assert not Site.objects.exists()
    done = client.post(address, data | YES)
    row = InstallationRequest.objects.get()
    assert done.url == page("request_detail", row.ref)
    assert (row.site.name, row.priority, row.note, row.stage_on) == (
        "Main jail",
        2,
        "By mail",
        D(2026, 5, 20),
    )
    again = client.post(address, {**data, "site": row.site.ref, "new_site": ""})
    assert again.status_code == 422
    assert "The site has an open request already." in text_of(again)
    twin = client.post(address, data)
    assert twin.status_code == 422
    assert "The agency already has a site of this name." in text_of(twin)


def test_a_new_request_for_a_site_or_for_an_agency_yet_to_be_chosen(client, hq) -> None:
    agency = agency_of(name="Harris County Sheriff's Office")
    site = SiteFactory(agency=agency, name="Annex")
    shown = text_of(client.get(page("request_create", site=site.ref)))
    assert "Harris County Sheriff's Office: Annex" in shown
    client.post(page("request_create", site=site.ref), {"on": "2026-05-20", "priority": "3"} | YES)
    assert InstallationRequest.objects.get().site == site
    assert client.post(page("request_create"), {"agency": "harris"}).url == page(
        "request_create", agency=agency.ref
    )
    refused = client.post(page("request_create"), {"agency": "nobody"})
    assert refused.status_code == 422
    assert "No agency that you may change is called" in text_of(refused)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a site"),
        ({"site": "new"}, "Enter the name of the new site"),
        ({"site": "new", "new_site": "A", "on": "2026-06-02"}, "lies in the future"),
        ({"site": "new", "new_site": "A", "on": "1999-01-01"}, "No installation policy was in force"),
        ({"site": "new", "new_site": "A", "on": "yesterday"}, "year-month-day"),
        ({"site": "SIT-OTHER", "on": "2026-05-20"}, "not one of the choices"),
        (
            {"site": "new", "new_site": "A", "on": "2026-05-20", "agreement": "MOA-OTHER"},
            "not one of the choices",
        ),
        ({"site": "new", "new_site": "A", "on": "2026-05-20", "priority": "9"}, "not one of the choices"),
    ],
)
def test_a_new_request_that_is_wrong_says_what_and_saves_nothing(client, hq, data, words) -> None:
    agency = agency_of()
    refused = client.post(page("request_create", agency=agency.ref), {"priority": "3", **data} | YES)
    assert refused.status_code == 422
    assert words in text_of(refused)
    assert not Site.objects.exists()
    assert not InstallationRequest.objects.exists()


def test_a_field_pm_asks_for_the_assigned_agency_and_sets_no_priority(client, pm) -> None:
    mine, near = agency_of(), agency_of()
    AssignmentFactory(program_manager=pm.program_managers.get(), agency=mine)
    assert client.get(page("request_create", agency=near.ref)).status_code == 404
    assert "Priority" not in text_of(client.get(page("request_create", agency=mine.ref)))
    data = {"site": "new", "new_site": "Jail", "on": "2026-05-20", "priority": "1"}
    client.post(page("request_create", agency=mine.ref), data | YES)
    assert InstallationRequest.objects.get().priority == Priority.NORMAL


# --- moving on, ending


def test_the_next_stage_and_today_are_chosen_already(client, hq) -> None:
    row = request_in("bids")
    form = client.get(page("request_move", row.ref)).context["form"]
    assert form["stage"].initial == stage("isa")
    assert form["on"].value() == D(2026, 6, 1)
    shown = text_of(client.get(page("request_detail", row.ref)))
    assert "Begin ISA today" in shown
    one_press = {"stage": "isa", "on": "2026-06-01", "version": row.version}
    asked = client.post(page("request_move", row.ref), one_press)
    assert "leaves Bids and circuit after 132 days and is in ISA from 2026-06-01" in text_of(asked)
    assert StageTransition.objects.filter(request=row).count() == 2
    done = client.post(page("request_move", row.ref), one_press | YES, follow=True)
    assert "is in ISA since 2026-06-01. To undo, take the step back." in text_of(done)
    entry = StageTransition.objects.get(request=row, stage="isa")
    undo = f"{page('entry_withdraw', row.ref, entry.pk)}?undo=1"
    assert undo in text_of(done)
    form = client.get(undo).context["form"]
    client.post(undo, {"version": form["version"].value(), "reason": form["reason"].value()} | YES)
    row.refresh_from_db()
    assert (row.stage_id, row.stage_on) == ("bids", D(2026, 1, 20))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stage": ""}, "Choose a stage"),
        ({"on": ""}, "Enter a day"),
        ({"stage": "install"}, "ISA and Equipment must come before On-site installation"),
        ({"on": "2026-01-19"}, "before the step that it follows: Bids and circuit on 2026-01-20"),
        ({"on": "2026-06-02"}, "lies in the future"),
        ({"stage": "request"}, "Say why it goes back"),
        ({"version": ""}, "This form is incomplete"),
        ({"version": "x"}, "This form is damaged"),
    ],
)
def test_a_move_that_cannot_be_says_so_and_keeps_the_entry(client, hq, change, words) -> None:
    row = request_in("bids")
    data = {"stage": "isa", "on": "2026-03-01", "version": row.version, "reason": ""} | change
    for extra in ({}, YES):
        refused = client.post(page("request_move", row.ref), data | extra)
        assert refused.status_code == 422
        assert words in text_of(refused)
    assert StageTransition.objects.filter(request=row).count() == 2


def test_of_two_people_the_second_is_told_and_loses_nothing(client, hq) -> None:
    row = request_in("bids")
    data = {"stage": "isa", "on": "2026-03-01", "version": row.version}
    hold(row, why="bids", on=D(2026, 2, 1))
    told = client.post(page("request_move", row.ref), data | YES)
    assert told.status_code == 409
    assert "changed" in text_of(told)
    assert "Nothing of yours was saved" in text_of(told)
    form = told.context["form"]
    assert form["on"].value() == "2026-03-01"
    assert int(form["version"].value()) == row.version
    client.post(page("request_move", row.ref), data | {"version": form["version"].value()} | YES)
    row.refresh_from_db()
    assert row.stage_id == "isa"


def test_a_request_is_completed_and_opened_again(client, hq) -> None:
    row = request_in("access")
    data = {"on": "2026-04-01", "version": row.version}
    assert "its clock stops" in text_of(client.post(page("request_complete", row.ref), data))
    client.post(page("request_complete", row.ref), data | YES)
    row.refresh_from_db()
    assert (row.state, row.closed_on) == (RequestState.COMPLETED, D(2026, 4, 1))
    closed = client.post(
        page("request_move", row.ref), {"stage": "install", "on": "2026-05-01", "version": row.version}
    )
    assert closed.status_code == 422
    assert "The request has ended" in text_of(closed)
    entry = StageTransition.objects.get(request=row, kind="completed")
    assert "is open again" in text_of(
        client.post(page("entry_withdraw", row.ref, entry.pk), {"version": row.version, "reason": "No"})
    )
    client.post(page("entry_withdraw", row.ref, entry.pk), {"version": row.version, "reason": "No"} | YES)
    row.refresh_from_db()
    assert row.state == RequestState.OPEN


def test_closing_on_hold_is_refused_and_cancelling_needs_a_reason(client, hq) -> None:
    row = request_in("access")
    found = hold(row, on=D(2026, 3, 5), why="site")
    refused = client.post(page("request_complete", row.ref), {"on": "2026-04-01", "version": row.version})
    assert "It is on hold since 2026-03-05 (Site not ready). End the hold first." in text_of(refused)
    holds.hold_end(actor=SYSTEM, hold=found, on=D(2026, 3, 20))
    row.refresh_from_db()
    data = {"on": "2026-04-01", "version": row.version}
    assert "Say why" in text_of(client.post(page("request_cancel", row.ref), data))
    client.post(page("request_cancel", row.ref), data | {"reason": "Jail closes"} | YES)
    row.refresh_from_db()
    assert row.state == RequestState.CANCELLED


# --- correcting, holding, describing


def test_a_step_is_corrected_in_two_steps(client, hq) -> None:
    row = request_in("isa")
    entry = StageTransition.objects.get(request=row, stage="isa")
    address = page("entry_correct", row.ref, entry.pk)
    assert client.get(address).context["form"]["on"].value() == D(2026, 1, 30)
    data = {"on": "2026-02-10", "stage": "isa", "reason": "Letter of 2026-02-10", "version": row.version}
    assert "Instead of “ISA on 2026-01-30” it says “ISA on 2026-02-10”." in text_of(
        client.post(address, data)
    )
    client.post(address, data | YES)
    row.refresh_from_db()
    assert row.stage_on == D(2026, 2, 10)
    again = client.post(address, data | {"version": row.version} | YES)
    assert "This step was corrected meanwhile" in text_of(again)


def test_steps_and_holds_of_another_request_are_not_found(client, hq) -> None:
    row, other = request_in("isa"), request_in("isa")
    entry, found = StageTransition.objects.filter(request=other).last(), hold(other)
    steps = [(name, entry.pk) for name in ("entry_correct", "entry_withdraw")]
    of_holds = [(name, found.pk) for name in ("hold_end", "hold_correct", "hold_withdraw")]
    for name, pk in (*steps, *of_holds, ("hold_end", 2**70)):
        assert client.get(page(name, row.ref, pk)).status_code == 404


def test_a_hold_begins_ends_and_is_corrected_and_taken_back(client, hq) -> None:
    row = request_in("isa")
    begin = page("hold_begin", row.ref)
    data = {"why": "isa-lea", "on": "2026-03-01", "version": row.version}
    assert "Law enforcement agency has to act" in text_of(client.post(begin, data))
    done = client.post(begin, data | YES, follow=True)
    found = Hold.objects.get()
    assert f"{page('hold_withdraw', row.ref, found.pk)}?undo=1" in text_of(done)
    row.refresh_from_db()
    overlaps = client.post(begin, data | {"version": row.version})
    assert "Holds do not overlap" in text_of(overlaps)
    end = {"on": "2026-03-08", "version": row.version}
    assert "after 7 days on hold" in text_of(client.post(page("hold_end", row.ref, found.pk), end))
    client.post(page("hold_end", row.ref, found.pk), end | YES)
    row.refresh_from_db()
    assert row.hold is None
    ended = Hold.objects.standing().get()
    fix = {"why": "site", "owner": "hq", "begins_on": "2026-03-02", "ends_on": "", "reason": "Log"}
    client.post(page("hold_correct", row.ref, ended.pk), fix | {"version": row.version} | YES)
    row.refresh_from_db()
    assert (row.hold.why_id, row.hold.owner, row.hold.begins_on) == ("site", "hq", D(2026, 3, 2))
    back = {"reason": "Another site", "version": row.version}
    client.post(page("hold_withdraw", row.ref, row.hold_id), back | YES)
    row.refresh_from_db()
    assert row.hold is None
    assert not Hold.objects.standing().exists()
    text = text_of(client.get(page("request_detail", row.ref)))
    assert "Before: ISA waiting on the agency from 2026-03-01, still" in text


def test_priorities_are_set_by_headquarters_alone(client, pm) -> None:
    mine = agency_of()
    AssignmentFactory(program_manager=pm.program_managers.get(), agency=mine)
    row = request_in(agency=mine)
    address = page("request_describe", row.ref)
    assert "priority" not in client.get(address).context["form"].fields
    data = {
        "note": "Gate code by phone",
        "agreement": row.agreement.ref,
        "priority": "1",
        "version": row.version,
    }
    assert "gets: another note." in text_of(client.post(address, data))
    client.post(address, data | YES)
    row.refresh_from_db()
    assert (row.note, row.priority) == ("Gate code by phone", Priority.NORMAL)
    client.force_login(UserFactory(role="hq"))
    data |= {"agreement": "", "note": "", "version": row.version}
    asked = text_of(client.post(address, data))
    assert "gets: priority Urgent; no agreement starts its clock; no note." in asked
    client.post(address, data | YES)
    row.refresh_from_db()
    assert (row.note, row.priority, row.agreement) == ("", Priority.URGENT, None)
    same = text_of(client.post(address, data | {"version": row.version}))
    assert "stays as it is" in same


# --- several at once


def bulk(*rows: InstallationRequest, **more: Any) -> dict[str, Any]:
    return {"references": "\n".join(row.ref for row in rows), "stage": "isa", "on": "2026-03-01", **more}


def seen(*rows: InstallationRequest) -> dict[str, Any]:
    return {"seen": [f"{row.ref}:{row.version}" for row in rows], **YES}


def test_chosen_rows_are_shown_then_moved(client, hq) -> None:
    rows = [request_in("bids") for _ in range(3)]
    chosen = client.get(page("requests_move"), {"ref": [row.ref for row in rows]})
    assert chosen.context["form"]["stage"].initial == stage("isa")
    preview = client.post(page("requests_move"), bulk(*rows))
    assert "3 requests begin ISA on 2026-03-01." in text_of(preview)
    assert preview.context["seen"] == [f"{row.ref}:{row.version}" for row in rows]
    done = client.post(page("requests_move"), bulk(*rows) | seen(*rows), follow=True)
    assert "3 requests are in ISA since 2026-03-01" in text_of(done)
    assert set(refs(done)) == {row.ref for row in rows}


def test_all_refusals_are_shown_at_once_and_can_be_taken_out(client, hq) -> None:
    good, skips, done = request_in("bids"), request_in("request"), request_in("access", complete=True)
    n = StageTransition.objects.count()
    preview = client.post(page("requests_move"), bulk(good, skips, done))
    assert "2 of 3 cannot move" in text_of(preview)
    assert "Bids and circuit must come before ISA" in text_of(preview)
    assert "The request has ended" in text_of(preview)
    assert "Yes, move" not in text_of(preview)
    forced = client.post(page("requests_move"), bulk(good, skips, done) | seen(good, skips, done))
    assert forced.status_code == 409
    dropped = client.post(page("requests_move"), bulk(good, skips, done) | {"drop": "yes"})
    assert dropped.context["references"] == good.ref
    assert "1 request begins ISA" in text_of(dropped)
    assert StageTransition.objects.count() == n
    none = client.post(page("requests_move"), bulk(skips) | {"drop": "yes"})
    assert "None of them can move" in text_of(none)


def test_what_somebody_else_did_in_between_is_shown_before_it_is_confirmed_again(client, hq) -> None:
    first, second = request_in("bids"), request_in("bids")
    before = seen(first, second)
    hold(second, why="bids", on=D(2026, 2, 1))
    told = client.post(page("requests_move"), bulk(first, second) | before)
    assert told.status_code == 409
    assert "Somebody changed 1 of them meanwhile" in text_of(told)
    assert "Changed meanwhile" in text_of(told)
    first.refresh_from_db()
    assert first.stage_id == "bids"
    again = client.post(page("requests_move"), bulk(first, second) | {"seen": told.context["seen"]} | YES)
    assert again.status_code == 302
    unseen = request_in("bids")
    assert client.post(page("requests_move"), bulk(unseen) | YES).status_code == 409


def test_a_preview_in_which_nothing_can_move_offers_no_way_that_leads_nowhere(client, hq) -> None:
    shown = text_of(client.post(page("requests_move"), bulk(request_in("request"), request_in("request"))))
    assert "None of them can move" in shown
    assert "2 of 2 cannot move" in shown
    assert "Take the refused ones out" not in shown
    assert "Change the entry" in shown


def test_one_that_somebody_else_moved_is_said_with_what_can_be_done(client, hq) -> None:
    first, second = request_in("bids"), request_in("bids")
    before = seen(first, second)
    requests.request_move(actor=SYSTEM, request=second, stage=stage("isa"), on=D(2026, 2, 20))
    told = text_of(client.post(page("requests_move"), bulk(first, second) | before))
    assert "Somebody changed 1 of them meanwhile" in told
    assert "take out those that cannot move, or correct the entry" in told
    assert "confirm again" not in told
    assert "It is in ISA already, since 2026-02-20." in told
    left = client.post(page("requests_move"), bulk(first, second) | {"drop": "yes"})
    assert left.context["references"] == first.ref


def test_a_preview_says_which_ones_are_on_hold_and_stay_so(client, hq) -> None:
    row = request_in("bids")
    hold(row, why="bids", on=D(2026, 2, 1))
    assert "stays on hold" in text_of(client.post(page("requests_move"), bulk(row)))
    assert "stays on hold" not in text_of(client.post(page("requests_move"), bulk(request_in("bids"))))


def test_choosing_none_or_some_of_different_stages_is_said_before_a_stage_is_chosen(client, hq) -> None:
    none = text_of(client.get(page("requests_move"), {"chosen": "yes"}))
    assert "No request was chosen in the list." in none
    assert "No request was chosen" not in text_of(client.get(page("requests_move")))
    rows = [request_in("bids"), request_in("isa"), request_in("isa")]
    mixed = client.get(page("requests_move"), {"chosen": "yes", "ref": [row.ref for row in rows]})
    assert "in different stages: 1 in Bids and circuit, 2 in ISA." in text_of(mixed)
    assert mixed.context["form"]["stage"].initial is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"references": ""}, "Enter at least one reference"),
        ({"references": " ,; "}, "Enter at least one reference"),
        (
            {"references": "ITR-NOWHERE1 ITR-NOWHERE2"},
            "No request that you may see has the reference ITR-NOWHERE1, ITR-NOWHERE2",
        ),
        ({"stage": "moon"}, "not one of the choices"),
        ({"on": "soon"}, "year-month-day"),
        ({"on": "2026-06-02"}, "2026-06-02 lies in the future"),
    ],
)
def test_a_bulk_entry_that_is_wrong_says_what(client, hq, change, words) -> None:
    row = request_in("bids")
    refused = client.post(page("requests_move"), bulk(row) | change)
    assert refused.status_code == 422
    assert words in text_of(refused)


# --- the agency's page


def test_sites_and_requests_show_on_the_agencys_page(client, hq) -> None:
    agency = agency_of(signed_on=D(2025, 11, 1))
    row = request_in("isa", agency=agency)
    SiteFactory(agency=agency, name="Annex")
    shown = text_of(client.get(reverse("agreements:agency_detail", args=[agency.ref])))
    assert row.ref in shown
    assert "32 days late" in shown
    assert "No request" in shown
    empty = text_of(client.get(reverse("agreements:agency_detail", args=[agency_of().ref])))
    assert "No site of this agency is entered yet" in empty


# --- cost


def test_pages_cost_the_same_however_many_requests_there_are(client, hq) -> None:
    row = request_in("isa")
    hold(row)
    for _ in range(6):
        hold(request_in("isa", agency=agency_of(signed_on=D(2025, 11, 1))))
        request_in("bids", agency=row.site.agency)
    for name in ("request_list", "board", "stuck"):
        with baseline_queries(f"installations.{name}"):
            assert client.get(page(name)).status_code == 200
    Isa.objects.create(site=row.site)
    with baseline_queries("installations.detail"):
        client.get(page("request_detail", row.ref))
    rows = list(InstallationRequest.objects.filter(stage="bids"))
    with baseline_queries("installations.requests_move"):
        client.post(page("requests_move"), bulk(*rows) | {"on": "2026-05-01"})
    with baseline_queries("installations.agency"):
        client.get(reverse("agreements:agency_detail", args=[row.site.agency.ref]))
