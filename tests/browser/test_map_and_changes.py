"""The map, what changed and what needs attention in a browser: accessible, by keyboard, without scripts."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from agreements.models import Agency
from oversight.access.choices import Role
from oversight.metrics.services import day_fill
from tests.agreements.histories import a_register
from tests.factories import CountyFactory, UserFactory
from tests.support.browser import problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)
CHANGES = "/changes/?first=2025-03-09&last=2025-03-10"


@pytest.fixture
def register(sign_in):
    a_register()
    Agency.objects.filter(state="TX").update(county=CountyFactory())
    for day in (dt.date(2025, 3, 9), dt.date(2025, 3, 10)):
        day_fill(as_of=day)
    sign_in(UserFactory(role=Role.HQ, is_administrator=True))


def total(page: Page) -> str:
    return page.locator(".map-head__total").inner_text()


def test_pages_are_accessible_and_fit_at_both_widths(register, page):
    problems = []
    for path in ("/map/", "/map/?level=county&state=TX", CHANGES, "/attention/"):
        page.goto(path)
        problems += problems_at_both_widths(page, path)
    assert problems == []


def test_the_slider_walks_through_the_lists_with_the_keyboard_and_the_address_follows(register, page):
    page.goto("/map/")
    expect(page.locator(".map-head__total")).to_have_text("4 listed agreements")

    slider = page.get_by_label("List, from the oldest to the newest")
    slider.focus()
    page.keyboard.press("ArrowLeft")

    expect(page.locator(".map-head__total")).to_have_text("7 listed agreements")
    expect(page).to_have_url(re.compile(r"on=2025-03-01"))
    expect(page.get_by_label("List of", exact=True)).to_have_value("2025-03-01")
    expect(slider).to_have_attribute("aria-valuetext", "2025-03-01")
    assert "on=2025-03-01" in page.locator("#map-query").input_value()

    page.locator("#map-later").press("Enter")
    expect(page.locator(".map-head__total")).to_have_text("4 listed agreements")
    expect(page.locator("#map-earlier")).to_be_focused()

    page.get_by_label("Level", exact=True).select_option("county")
    expect(page.get_by_role("heading", name=re.compile("by county"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"level=county"))


def test_playing_goes_to_the_newest_list_and_stops(register, browser, live_server, context):
    moving = browser.new_context(base_url=live_server.url, reduced_motion="no-preference")
    moving.add_cookies(context.cookies())
    page = moving.new_page()
    page.goto("/map/?on=2021-01-31")
    play = page.get_by_role("button", name="Play")
    play.click()
    expect(page.get_by_label("List of", exact=True)).to_have_value("2025-03-10", timeout=6000)
    expect(page.get_by_role("button", name="Play")).to_have_attribute("aria-pressed", "false")
    moving.close()


def test_who_wants_no_motion_gets_no_player(register, browser, live_server, context):
    still = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    still.add_cookies(context.cookies())
    page = still.new_page()
    page.goto("/map/")
    expect(page.get_by_label("List, from the oldest to the newest")).to_be_visible()
    expect(page.locator("[data-map-play]")).to_be_hidden()
    still.close()


def test_without_scripts_the_map_is_a_form_and_links(register, browser, live_server, context):
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto("/map/")
    expect(page.locator("#map-scrub")).to_be_hidden()
    page.get_by_label("List of", exact=True).select_option("2025-03-01")
    page.get_by_label("Level", exact=True).select_option("county")
    page.get_by_role("button", name="Show").click()
    expect(
        page.get_by_role("heading", name="Listed agreements, by county, list of 2025-03-01")
    ).to_be_visible()
    page.locator("#map-later").click()
    expect(
        page.get_by_role("heading", name="Listed agreements, by county, list of 2025-03-10")
    ).to_be_visible()
    page.goto(CHANGES)
    page.locator(".why-of summary").first.click()
    page.get_by_role("link", name="What moved it").first.click()
    expect(page).to_have_url(re.compile(r"/figures/.*from=2025-03-09"))
    plain.close()


def test_why_a_figure_moved_opens_in_place(register, page):
    page.goto(CHANGES)
    row = page.locator(".movements tr").filter(
        has=page.get_by_role("rowheader", name="Listed agreements", exact=True)
    )
    row.locator("summary").press("Enter")
    expect(row.locator(".why li").first).to_be_visible()
    expect(row).to_contain_text("-1")
