"""Imports and reviews in a browser: accessibility at two widths, and the way of a list by keyboard alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import Page, expect

from agreements.choices import DecisionState, ImportState
from agreements.models import Agreement, Decision, RosterImport
from agreements.services.imports import roster_apply, roster_preview
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.access.models import User
from oversight.exchange.uploads import upload_store
from tests.agreements.workbooks import PENDING, row, rows, workbook
from tests.factories import UserFactory
from tests.support.browser import axe_findings, problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "participatingAgencies03032025am.xlsx"
TABS = 80  # more than any page here has stops


@pytest.fixture
def hq(sign_in) -> User:
    user = UserFactory(role=Role.HQ)
    sign_in(user)
    return user


def preview(user: User, day: dt.date, data: bytes, name: str = "") -> RosterImport:
    name = name or f"participatingAgencies{day:%m%d%Y}am.xlsx"
    upload = upload_store(actor=person(user), file=SimpleUploadedFile(name, data))
    return roster_preview(actor=person(user), upload=upload)


def look(page: Page, address: str) -> None:
    """Open the page: no findings at either width, nothing sticks out."""
    page.goto(address)
    for details in page.locator("main details").all()[:3]:
        details.locator("summary").first.click()
    assert problems_at_both_widths(page, address) == []


def test_import_pages_are_accessible_at_both_widths(page: Page, hq: User):
    names = [row("Wood", name=name) for name in ("Alba Police Department", "Alma Police Department")]
    first = preview(hq, dt.date(2025, 3, 3), workbook([*rows(), *names], on=dt.date(2025, 3, 3)))
    roster_apply(actor=person(hq), roster_import=first)
    changed = rows()
    changed[0][5] = dt.date(2025, 2, 12)
    second = preview(hq, dt.date(2025, 3, 10), workbook(changed, on=dt.date(2025, 3, 10)))
    third = preview(hq, dt.date(2025, 3, 17), workbook(rows(3), on=dt.date(2025, 3, 17)))
    refused = preview(hq, dt.date(2025, 3, 24), b"%PDF-1.7")
    # The sentence of this refusal holds the file's name: a long word in a narrow cell.
    preview(hq, dt.date(2025, 11, 26), workbook(rows(), headers=PENDING))
    look(page, reverse("agreements:import_list"))
    for one in (first, second, third, refused):
        look(page, reverse("agreements:import_detail", args=[one.pk]))
    look(page, reverse("agreements:import_apply", args=[second.pk]))


def test_review_pages_are_accessible_at_both_widths(page: Page, hq: User):
    alike = [row("Wood", name=name) for name in ("Alba Police Department", "Alma Police Department")]
    lists = [[*rows(), *alike, row("Wood", name="Hawkins Police Department")],
             [*rows(), *alike, row("Wood", name="Hawkinss Police Department")]]  # fmt: skip
    for day, lines in zip((dt.date(2025, 3, 3), dt.date(2025, 3, 10)), lists, strict=True):
        roster_apply(actor=person(hq), roster_import=preview(hq, day, workbook(lines, on=day)))
    for name in ("review_list", "rule_decision_list"):
        look(page, reverse(f"agreements:{name}"))
    for state in (DecisionState.OPEN, DecisionState.APPLIED):
        decision = Decision.objects.get(state=state)
        look(page, reverse("agreements:review_detail", args=[decision.pk]))
    question = Decision.objects.get(state=DecisionState.OPEN)
    page.goto(reverse("agreements:review_detail", args=[question.pk]))
    page.get_by_role("button", name="Same", exact=True).click()
    expect(page.get_by_role("heading", name="Are they the same?")).to_be_visible()
    assert axe_findings(page) == []


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control called `name` has the focus, and see that the focus shows."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.text_content() or focused.get_attribute("name") or ""):
            style = focused.evaluate("e => getComputedStyle(e).outlineStyle + getComputedStyle(e).boxShadow")
            assert style != "nonenone", f"{name} has the focus, but it does not show"
            return
        if focused.count() and focused.get_attribute("name") == name:
            return
    pytest.fail(f"{TABS} times Tab did not reach {name!r}")


def test_a_list_goes_from_upload_to_the_register_by_keyboard_alone(page: Page, hq: User, tmp_path: Path):
    file = tmp_path / NAME
    file.write_bytes(workbook(rows()))
    page.goto(reverse("agreements:import_list"))
    tab_to(page, "workbooks")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(file)
    tab_to(page, "Upload and preview")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    expect(page.get_by_role("link", name="12 added")).to_be_visible()
    tab_to(page, "Apply this list")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Apply {NAME}?")).to_be_visible()
    tab_to(page, "Apply: 12 added")
    page.keyboard.press("Enter")
    expect(page.locator(".badge", has_text="Applied")).to_be_visible()
    assert RosterImport.objects.get().state == ImportState.APPLIED
    assert Agreement.objects.count() == 12


def test_a_pair_is_answered_by_keyboard_alone(page: Page, hq: User):
    alike = [row("Wood", name=name) for name in ("Alba Police Department", "Alma Police Department")]
    day = dt.date(2025, 3, 3)
    roster_apply(actor=person(hq), roster_import=preview(hq, day, workbook([*rows(), *alike], on=day)))
    question = Decision.objects.get(state=DecisionState.OPEN)
    page.goto(reverse("agreements:review_detail", args=[question.pk]))
    tab_to(page, "reason")
    page.keyboard.type("Two towns in one county")
    tab_to(page, "Different")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Decided: different.")).to_be_visible()
    question.refresh_from_db()
    assert question.state == DecisionState.DISTINCT
