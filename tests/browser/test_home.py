"""The home page in a browser: accessible at both widths, full and empty; the chart, with the keyboard too."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from oversight.access.choices import Role
from oversight.metrics.services import day_fill
from tests.agreements.histories import a_register
from tests.factories import FieldOfficeFactory, ProgramManagerFactory, UserFactory
from tests.support.browser import NARROW, WIDE, axe_findings, problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)


def open_home(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)
    page.goto("/")
    for summary in page.locator("details.about > summary").all():
        summary.click()


@pytest.mark.parametrize("who", ["hq", "pm", "empty"])
def test_home_is_accessible_and_fits_at_both_widths(who, page, sign_in):
    if who != "empty":
        a_register()
        day_fill(as_of=timezone.localdate())
    if who == "pm":
        sign_in(ProgramManagerFactory(office=FieldOfficeFactory(slug="houston")).user)
    else:
        sign_in(UserFactory(role=Role.HQ))

    open_home(page, WIDE)

    assert problems_at_both_widths(page, who) == []


def test_a_part_that_fails_leaves_an_accessible_card(page, sign_in, monkeypatch):
    a_register()
    sign_in(UserFactory(role=Role.HQ))
    monkeypatch.setattr("agreements.selectors.dashboard.last_changes", lambda **_: 1 / 0)
    open_home(page, NARROW)
    expect(page.get_by_text("This part could not be shown.")).to_be_visible()
    assert axe_findings(page) == []


def test_the_chart_names_its_lines_and_shows_a_day_without_breaking_the_policy(page, sign_in):
    a_register()
    sign_in(UserFactory(role=Role.HQ))
    open_home(page, WIDE)

    chart = page.locator("#over-time-chart")
    for label in ("JEM 2", "WSO 2", "TFM 1"):
        expect(chart.get_by_text(label, exact=True)).to_be_visible()
    box = chart.bounding_box()
    chart.hover(position={"x": box["width"] * 0.8, "y": box["height"] / 2})
    expect(chart.get_by_text(re.compile("List of 2025-03-"))).to_be_visible()


def test_the_span_of_the_chart_is_chosen_with_the_keyboard(page, sign_in):
    a_register()
    sign_in(UserFactory(role=Role.HQ))
    open_home(page, WIDE)

    chart = page.locator("#over-time-chart")
    expect(chart.get_by_text("2022", exact=True)).to_be_visible()
    page.get_by_role("button", name="Last 12 months").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Last 12 months")).to_have_attribute("aria-pressed", "true")
    expect(chart.get_by_text("2022", exact=True)).to_have_count(0)


def test_a_state_on_the_map_opens_its_counties_with_the_keyboard(page, sign_in):
    a_register()
    day_fill(as_of=timezone.localdate())
    sign_in(UserFactory(role=Role.HQ))
    open_home(page, WIDE)

    page.get_by_role("link", name="Texas: 1 listed").focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/map/\?level=county&state=TX$"))


def test_without_scripts_the_table_stands_for_the_chart(browser, live_server, sign_in, context):
    a_register()
    sign_in(UserFactory(role=Role.HQ))
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto("/")

    expect(page.locator("#over-time-chart")).to_be_hidden()
    page.get_by_text("Table of this chart").click()
    expect(page.locator("#over-time-table")).to_be_visible()
    plain.close()
