"""Program managers and the calendar in a browser: axe at both widths, and a hand-over with the keyboard."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from staffing.models import Assignment
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)
from tests.support.browser import problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)


def test_pages_have_no_finding_and_a_portfolio_is_handed_over_by_keyboard(page: Page, sign_in) -> None:
    sign_in(UserFactory(first_name="Hannah", last_name="Quill", role="hq", is_administrator=True))
    office = FieldOfficeFactory(slug="houston")
    source, target = (ProgramManagerFactory(name=name, office=office) for name in ("PM 017", "PM 018"))
    rows = [
        AssignmentFactory(program_manager=source, agency__name=f"Example {n} County Sheriff's Office")
        for n in range(1, 7)
    ]
    AssignmentFactory(program_manager=source, valid_to=dt.date(2021, 1, 1), role="backup")
    waiting = AgencyFactory(name="Waiting County Sheriff's Office")
    AgencyOfficeFactory(agency=waiting, office=office)
    AgreementFactory(agency=waiting)
    problems: list[str] = []

    def check(name: str) -> None:
        problems.extend(problems_at_both_widths(page, name))

    names = ("program_manager_list", "program_manager_create", "assignment_begin")
    addresses = [reverse(f"staffing:{name}") for name in names]
    of_one = ("program_manager_detail", "program_manager_end", "portfolio_hand_over")
    addresses += [reverse(f"staffing:{name}", args=[source.pk]) for name in of_one]
    addresses += [reverse("staffing:assignment_end", args=[rows[0].pk]), reverse("periods:calendar")]
    for address in addresses:
        page.goto(address)
        check(address)

    page.goto(reverse("staffing:portfolio_hand_over", args=[source.pk]))
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    check("refused")
    page.get_by_label("To", exact=False).first.select_option(label="PM 018, Houston")
    page.get_by_label("From").fill("2025-06-01")
    page.get_by_role("button", name="Continue").press("Enter")
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(6)
    check("choice")
    boxes.first.press("Space")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_text("5 assignments of PM 017 go to PM 018")).to_be_visible()
    check("preview")
    page.get_by_role("button", name="Yes, hand over").press("Enter")
    expect(page.get_by_text("5 agencies are handed over")).to_be_visible()
    check("done")
    page.get_by_role("link", name="hand back to PM 017").press("Enter")
    expect(page.get_by_role("heading", name="Hand over portfolio")).to_be_visible()
    assert Assignment.objects.filter(program_manager=target, valid_to__isnull=True).count() == 5
    assert problems == []
