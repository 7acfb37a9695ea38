"""Installation requests in a browser: axe at both widths; the board, and moving on, with the keyboard."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from itinstall.choices import Party
from itinstall.models import HoldReason, InstallationRequest, StageTransition
from itinstall.services import holds, requests
from tests.factories import SiteFactory, UserFactory
from tests.itinstall.installations import SYSTEM, agency_of, request_in
from tests.support.browser import axe_findings, too_wide

pytestmark = pytest.mark.django_db(transaction=True)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
LONG_AGO = dt.date(2025, 1, 10)


def at(name: str, *args: object, **query: str) -> str:
    return reverse(f"itinstall:{name}", args=args, query=query or None)


@pytest.fixture
def installation() -> InstallationRequest:
    """Late, on hold, with a corrected step."""
    agency = agency_of(signed_on=dt.date(2025, 1, 2), name="Example County Sheriff's Office")
    made = request_in("isa", agency=agency, first_on=LONG_AGO)
    bids = StageTransition.objects.get(request=made, stage="bids")
    requests.entry_correct(actor=SYSTEM, entry=bids, on=dt.date(2025, 1, 18), reason="Mail of the carrier")
    reason = HoldReason.objects.get(pk="isa-lea")
    holds.hold_begin(
        actor=SYSTEM, request=made, why=reason, owner=Party(reason.owner), on=dt.date(2025, 3, 1)
    )
    SiteFactory(agency=agency, name="Annex")
    for _ in range(9):
        request_in("bids", first_on=LONG_AGO)
    for signed_on in (LONG_AGO, dt.date(2026, 1, 1)):  # with a clock and without
        request_in("access", agency=agency_of(signed_on=signed_on), first_on=LONG_AGO, complete=True)
    made.refresh_from_db()
    return made


def problems_of(page: Page, name: str) -> list[str]:
    found: list[str] = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        found += [f"{name} {size['width']}: {finding}" for finding in axe_findings(page)]
        if wide := too_wide(page):
            found.append(f"{name} {size['width']}: {wide} px too wide")
    page.set_viewport_size(WIDE)
    return found


def test_pages_have_no_finding_at_either_width(page: Page, sign_in, installation) -> None:
    sign_in(UserFactory(first_name="Hannah", last_name="Quill", role="hq"))
    ref, site = installation.ref, installation.site
    step = StageTransition.objects.standing().filter(request=installation).latest("sequence")
    addresses = [at(name) for name in ("request_list", "board", "stuck", "requests_move", "request_create")]
    addresses += [at("board", q="nobody"), at("request_list", color="red"), at("request_list", print="1")]
    addresses += [at("request_create", agency=site.agency.ref), at("request_detail", ref)]
    addresses += [at(f"request_{name}", ref) for name in ("move", "complete", "cancel", "describe")]
    addresses += [at(name, ref, step.pk) for name in ("entry_correct", "entry_withdraw")]
    addresses += [
        at(name, ref, installation.hold_id) for name in ("hold_end", "hold_correct", "hold_withdraw")
    ]
    addresses += [at("hold_begin", ref), reverse("agreements:agency_detail", args=[site.agency.ref])]
    addresses += [at("delays"), at("delay_rows", part="left", stage="request"), at("delay_rows", part="all")]
    problems = []
    for address in addresses:
        page.goto(address)
        problems += problems_of(page, address)
    assert problems == []


def test_a_request_moves_on_by_keyboard_in_three_presses_and_back_in_two(
    page: Page, sign_in, installation
) -> None:
    sign_in(UserFactory(role="hq"))
    problems = []
    page.goto(at("board", q=installation.ref))
    card = page.get_by_role("link", name=installation.ref, exact=True)
    card.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Example County")
    page.get_by_role("button", name="Begin Equipment today").press("Enter")
    expect(page.get_by_text("and is in Equipment from")).to_be_visible()
    problems += problems_of(page, "question")
    page.get_by_role("button", name="Yes, move it").press("Enter")
    expect(page.get_by_text("To undo, take the step back")).to_be_visible()
    problems += problems_of(page, "moved")
    page.get_by_role("link", name="Undo").press("Enter")
    page.get_by_role("button", name="Continue").press("Enter")
    page.get_by_role("button", name="Yes, take it back").press("Enter")
    expect(page.get_by_text("is taken back. To undo, enter it again")).to_be_visible()
    problems += problems_of(page, "taken back")
    assert problems == []
    installation.refresh_from_db()
    assert installation.stage_id == "isa"


def test_a_refused_entry_is_kept_and_the_summary_leads_to_the_field(
    page: Page, sign_in, installation
) -> None:
    sign_in(UserFactory(role="hq"))
    page.goto(at("request_move", installation.ref))
    expect(page.get_by_role("radio", name="Equipment")).to_be_checked()
    tomorrow = timezone.localdate() + dt.timedelta(days=2)
    page.get_by_label("On (required)").fill(tomorrow.isoformat())
    page.get_by_role("button", name="Continue").press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").press("Enter")
    expect(page.get_by_label("On (required)")).to_be_focused()
    expect(page.get_by_label("On (required)")).to_have_value(tomorrow.isoformat())
    assert problems_of(page, "refused") == []


def test_several_are_chosen_in_the_list_and_moved_with_and_without_scripts(
    page: Page, sign_in, installation, browser, live_server
) -> None:
    sign_in(UserFactory(role="hq"))
    cookies = page.context.cookies()
    rows = list(InstallationRequest.objects.filter(stage="bids"))
    problems = []
    page.goto(at("request_list", stage="equipment"))
    expect(page.get_by_text("No rows match your filters.")).to_be_visible()
    expect(page.get_by_role("button", name="Move the chosen ones on")).to_be_hidden()
    page.goto(at("request_list", status="completed"))
    expect(page.get_by_role("button", name="Move the chosen ones on")).to_be_hidden()
    page.goto(at("request_list", stage="bids"))
    for row in rows[:2]:
        page.get_by_role("checkbox", name=f"Choose {row.ref}").press("Space")
    problems += problems_of(page, "chosen")
    page.get_by_role("button", name="Move the chosen ones on").press("Enter")
    expect(page.get_by_role("radio", name="ISA")).to_be_checked()
    page.get_by_role("button", name="Look at what happens").press("Enter")
    expect(page.get_by_text("2 requests begin ISA on")).to_be_visible()
    problems += problems_of(page, "preview")
    page.get_by_role("button", name="Yes, move 2").press("Enter")
    expect(page.get_by_text("2 requests are in ISA since")).to_be_visible()

    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, reduced_motion="reduce", viewport=NARROW
    )
    plain.add_cookies(cookies)
    bare = plain.new_page()
    bare.goto(at("request_list", stage="bids"))
    bare.locator(f"label[for=choose-{rows[2].ref}]").click()
    bare.get_by_role("button", name="Move the chosen ones on").click()
    bare.locator("label", has_text="Equipment").click()
    bare.get_by_role("button", name="Look at what happens").click()
    expect(bare.get_by_text("1 of 1 cannot move")).to_be_visible()
    expect(bare.get_by_text("ISA must come before Equipment")).to_be_visible()
    bare.goto(at("board"))
    expect(bare.get_by_role("link", name="Show as a list in Bids and circuit")).to_be_visible()
    plain.close()
    assert problems == []


def test_the_board_filters_at_once_and_announces_the_count(page: Page, sign_in, installation) -> None:
    sign_in(UserFactory(role="hq"))
    page.goto(at("board"))
    expect(page.get_by_role("heading", name="10 open requests")).to_be_visible()
    page.get_by_label("On hold").select_option("yes")
    expect(page.get_by_role("heading", name="1 open request")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("1 open request")
    assert "hold=yes" in page.url
    page.get_by_role("link", name="Show as a list").first.press("Enter")
    expect(page.get_by_role("heading", name="1 installation request")).to_be_visible()


def test_paper_shows_what_is_known_and_offers_nothing_to_press(page: Page, sign_in, installation) -> None:
    sign_in(UserFactory(role="hq"))
    page.goto(at("request_detail", installation.ref))
    expect(page.locator(".next-step")).to_be_visible()
    page.emulate_media(media="print")
    for kind in (".next-step", ".row-actions"):
        expect(page.locator(kind).first).to_be_hidden()
    expect(page.locator(".clocks").first).to_be_visible()
    page.goto(at("board"))
    expect(page.locator(".board-card__move").first).to_be_hidden()
    page.goto(at("request_list"))
    expect(page.locator(".bulk-bar")).to_be_hidden()
