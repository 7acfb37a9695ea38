"""The register's pages in a browser: axe at both widths, the keyboard, and filters that apply at once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from agreements.choices import Origin, Status
from tests.agreements.test_pages_agencies import a_full_agency
from tests.agreements.test_pages_publications import a_list
from tests.factories import AgreementFactory, AgreementStatusFactory, StateFactory, UserFactory
from tests.support.browser import NARROW, axe_findings, problems_at_both_widths, too_wide

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hq(sign_in):
    user = UserFactory(first_name="Hannah", last_name="Quill")
    sign_in(user)
    return user


@pytest.fixture
def addresses(hq) -> list[str]:
    """Every page of the register, with something on it."""
    agency = a_full_agency(2)
    agreement = agency.agreements.first()
    AgreementStatusFactory(
        agreement=agreement, status=Status.SUSPENDED, begins_on=dt.date(2025, 6, 1), origin=Origin.STAFF,
        publication=None, entered_by=hq, reason="Letter",
    )  # fmt: skip
    publication = a_list(2)
    pages = [
        reverse(f"agreements:{name}")
        for name in ("agency_list", "agreement_list", "office_list", "publication_list")
    ]
    pages += [
        reverse(f"agreements:{name}", args=[agency.ref])
        for name in ("agency_detail", "agency_life", "agency_changes", "agency_names")
    ]
    pages += [
        reverse(f"agreements:{name}", args=[agreement.ref])
        for name in ("agreement_detail", "agreement_prints", "agreement_suspend")
    ]
    pages += [
        reverse("agreements:office_detail", args=["houston"]),
        reverse("agreements:publication_detail", args=[publication.pk]),
        reverse("agreements:publication_rows", args=[publication.pk]),
        reverse("agreements:observation_detail", args=[publication.pk, 2]),
        f"{reverse('console:search')}?q=example",
        f"{reverse('agreements:agreement_list')}?status=active&colour=red",
        f"{reverse('agreements:agreement_list')}?model=WSO&q=nobody",
        f"{reverse('agreements:agreement_list')}?print=1",
        reverse("console:view_list"),
    ]
    return pages


def test_no_page_of_the_register_has_an_axe_finding_or_scrolls_sideways(page: Page, addresses) -> None:
    problems = []
    for address in addresses:
        page.goto(address)
        problems += problems_at_both_widths(page, address)
    assert problems == []


def test_a_filter_applies_at_once_goes_into_the_address_and_is_announced(page: Page, hq) -> None:
    StateFactory(code="FL")
    AgreementFactory()
    page.goto(reverse("agreements:agreement_list"))
    page.get_by_label("State", exact=True).focus()
    page.get_by_label("State", exact=True).select_option("FL")
    expect(page.get_by_text("No rows match your filters")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?state=FL$"))
    expect(page.locator("#announcer")).to_have_text("0 agreements")
    expect(page.get_by_label("State", exact=True)).to_be_focused()
    page.get_by_role("link", name="Remove filter State").click()
    expect(page.get_by_role("heading", name="1 agreement")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/agreements/$"))
    page.go_back()
    expect(page.get_by_text("No rows match your filters")).to_be_visible()


def test_filters_sort_and_saved_views_work_without_javascript(browser, live_server, client, hq) -> None:
    AgreementFactory(model="TFM")
    client.force_login(hq)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, viewport=NARROW)
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(reverse("agreements:agreement_list"))
    page.locator("label", has_text="TFM").click()  # USWDS keeps the input itself out of sight
    page.get_by_role("button", name="Apply filters").click()
    expect(page.get_by_role("link", name="Remove filter Model: TFM")).to_be_visible()
    page.locator("summary", has_text="Saved views").click()
    page.get_by_label("Name", exact=True).fill("Task force")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("The view “Task force” is saved")).to_be_visible()
    expect(page.get_by_role("link", name="Field offices")).to_be_visible()
    context.close()


def test_the_menu_of_a_telephone_opens_and_closes_with_the_keyboard(narrow_page: Page, hq) -> None:
    narrow_page.goto(reverse("agreements:agency_list"))
    menu = narrow_page.get_by_role("button", name="Menu", exact=True)
    menu.focus()
    narrow_page.keyboard.press("Enter")
    link = narrow_page.get_by_role("navigation", name="Primary").get_by_role("link", name="Agreements")
    expect(link).to_be_visible()
    assert axe_findings(narrow_page) == []
    narrow_page.keyboard.press("Escape")
    expect(link).to_be_hidden()


def test_the_skip_link_is_first_and_leads_to_the_content(page: Page, hq) -> None:
    page.goto(reverse("agreements:agency_list"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_suspension_is_entered_with_the_keyboard_alone(page: Page, hq) -> None:
    agreement = AgreementFactory()
    page.goto(reverse("agreements:agreement_suspend", args=[agreement.ref]))
    page.get_by_label("Reason").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Reason: Give the reason").press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Letter of 2025-06-01")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    page.get_by_role("button", name="Yes, suspend agreement").press("Enter")
    expect(page.get_by_text("The agreement is suspended from")).to_be_visible()


def test_an_agreement_whose_date_was_corrected_fits_a_telephone_and_prints_no_actions(
    narrow_page, hq
) -> None:
    agreement = AgreementFactory(first_printed_on=dt.date(2024, 2, 1))
    AgreementStatusFactory(
        agreement=agreement, status=Status.SUSPENDED, origin=Origin.STAFF, publication=None, entered_by=hq,
        reason="Letter",
    )  # fmt: skip
    narrow_page.goto(reverse("agreements:agreement_detail", args=[agreement.ref]))
    expect(narrow_page.get_by_text("(first printed as 2024-02-01)")).to_be_visible()
    assert not too_wide(narrow_page)
    expect(narrow_page.get_by_role("link", name="Withdraw")).to_be_visible()
    narrow_page.emulate_media(media="print")
    expect(narrow_page.get_by_role("link", name="Withdraw")).to_be_hidden()
