"""Pages of figures in a browser: accessible at both widths, the trend drawn, the movement loaded, cited."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import expect

from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.metrics import services
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Subject
from oversight.metrics.choices import Direction, Level
from oversight.metrics.services.targets import NewTarget, target_set
from tests.factories import (
    AgencyOfficeFactory,
    AgreementStatusFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)
from tests.support.browser import axe_findings, problems_at_both_widths, too_wide

pytestmark = pytest.mark.django_db(transaction=True)
DAY = dt.date(2025, 6, 8)
HOUSTON = Subject(Level.OFFICE, "houston")
KEY = "staffing.agencies_per_pm"


def a_week(user) -> str:
    """A ratio with a target over two stored days; the address of its figure."""
    office = FieldOfficeFactory(slug="houston")
    for begins in (dt.date(2025, 3, 1), dt.date(2025, 6, 4)):
        agency = AgreementStatusFactory(begins_on=begins).agreement.agency
        AgencyOfficeFactory(agency=agency, office=office)
    ProgramManagerFactory(office=office)
    for day in (DAY - dt.timedelta(days=7), DAY):
        services.day_fill(as_of=day)
    target_set(
        actor=person(user),
        new=NewTarget(KEY, HOUSTON, Direction.AT_MOST, 1, dt.date(2025, 1, 1), "Unit Chief", "Memo 7"),
    )
    return figure_url(metric=KEY, subject=HOUSTON, as_of=DAY)


def test_the_page_of_a_figure_is_accessible_and_fits_at_both_widths(page, sign_in):
    user = UserFactory(role=Role.HQ)
    sign_in(user)
    page.goto(a_week(user))
    expect(page.get_by_text("First agreement listed")).to_be_visible()  # htmx brought what moved it
    for summary in page.locator("details.about > summary").all():
        summary.click()
    assert problems_at_both_widths(page, "figure") == []


def test_the_trend_shows_unit_and_target_and_the_citation_says_unchanged(page, sign_in):
    user = UserFactory(role=Role.HQ)
    sign_in(user)
    page.goto(a_week(user))
    chart = page.locator("#trend-chart")
    expect(chart.get_by_text("agencies per PM", exact=True)).to_be_visible()
    expect(chart.get_by_text("Target: at most 1.0 agencies per PM")).to_be_visible()
    page.get_by_text("Cite this figure").click()
    text = page.locator("#cite-text").input_value()
    page.goto(text.rpartition(" ")[2])
    expect(page.get_by_text("Unchanged since it was cited")).to_be_visible()


def test_lists_of_figures_targets_and_gaps_are_accessible_on_a_telephone(narrow_page, sign_in):
    user = UserFactory(role=Role.HQ)
    sign_in(user)
    a_week(user)
    for path in ("/figures/", f"/figures/{KEY}/?level=office", "/targets/", "/gaps/"):
        narrow_page.goto(path)
        assert axe_findings(narrow_page) == [], path
        assert not too_wide(narrow_page), path


def test_a_target_is_set_with_the_keyboard_after_a_question(page, sign_in):
    sign_in(UserFactory(role=Role.HQ))
    page.goto("/targets/new/?metric=agreements.pending_days_median&where=nation:")
    page.get_by_label("Value").fill("60")
    page.get_by_label("Owner").fill("Unit Chief")
    page.get_by_label("Source").fill("Memo 7")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(
        page.get_by_text("Days pending, median for the nation: at most 60.0 calendar days")
    ).to_be_visible()
    assert axe_findings(page) == []
    page.get_by_role("button", name="Yes, set target").press("Enter")
    expect(page.get_by_role("link", name="Days pending, median", exact=True)).to_be_visible()
