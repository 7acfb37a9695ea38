"""Sign-in, account, trail, error pages and the admin: rules of accessibility, the policy, two widths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from oversight.access.actors import person
from oversight.access.services import account_change, api_token_create
from oversight.trail.services import record
from tests.factories import AgencyFactory, UserFactory
from tests.support.browser import NARROW, WIDE, axe_findings, problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery staple"


def look(page: Page, name: str) -> None:
    """Keeps pictures at both widths where SHOTS says, for eyes."""
    folder = os.environ.get("SHOTS")
    for size in (NARROW, WIDE) if folder else ():
        page.set_viewport_size(size)
        page.screenshot(path=str(Path(folder) / f"{name}-{size['width']}.png"), full_page=True)


@pytest.fixture
def keeper(settings):
    """Headquarters and administrator, with some history and a token."""
    from django.db import transaction

    user = UserFactory(username="keeper", first_name="Kim", last_name="Example", is_administrator=True)
    user.set_password(PASSWORD)
    user.save()
    agency = AgencyFactory(name="Example County Sheriff's Office", ref="LEA-HISTORY1")
    with transaction.atomic():
        record(
            actor=person(user),
            verb="agency.corrected",
            obj=agency,
            before={"name": "Exampel County Sheriffs Office", "agency_type": "municipal", "county": None},
            after={"name": agency.name, "agency_type": "county", "county": "Harris County, TX"},
            reason="Letter of the sheriff, 2025-06-02; the list has a typing error.",
            request_id="0f3c1a5be2d94c7a8f11",
        )
    account_change(actor=person(user), first_name="Kim", last_name="Sample", time_zone="America/Chicago")
    user.refresh_from_db()
    api_token_create(actor=person(user), name="nightly report", may_write=False, days=90)
    return user


def addresses(user) -> dict[str, str]:
    token = user.api_tokens.get()
    return {
        "account": reverse("access:account"),
        "password": reverse("access:password_change"),
        "tokens": reverse("access:tokens"),
        "token-new": reverse("access:token_create"),
        "token-revoke": reverse("access:token_revoke", args=[token.pk]),
        "trail": reverse("trail:entry_list"),
        "history": reverse("trail:history", args=["agreements.agency", "LEA-HISTORY1"]),
        "history-empty": reverse("trail:history", args=["agreements.state", "TX"]),
        "not-found": "/no-such-page/",
    }


def test_pages_are_accessible_at_both_widths(page: Page, sign_in, keeper) -> None:
    page.goto(reverse("access:sign_in"))
    look(page, "sign-in")
    problems = problems_at_both_widths(page, "sign-in")
    sign_in(keeper)
    for name, address in addresses(keeper).items():
        page.goto(address)
        look(page, name)
        problems += problems_at_both_widths(page, name)
        assert page.locator("h1").count() == 1, name
    assert problems == []


def test_signing_in_by_keyboard_and_what_a_refusal_says(page: Page, keeper) -> None:
    page.goto(reverse("access:account"))
    expect(page).to_have_title("Sign in | 287(g) program oversight")
    page.get_by_label("User name").fill("keeper")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("do not match an active account").first).to_be_visible()
    look(page, "sign-in-refused")
    assert axe_findings(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("America/Chicago")


def test_a_token_is_created_shown_once_and_revoked(page: Page, sign_in, keeper) -> None:
    sign_in(keeper)
    page.goto(reverse("access:token_create"))
    page.get_by_label("Name").fill("weekly extract")
    page.get_by_label("Days until it expires").fill("400")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_text("from 1 to 365").first).to_be_visible()
    look(page, "token-refused")
    page.get_by_label("Days until it expires").fill("30")
    page.get_by_role("button", name="Create token").click()
    secret = page.get_by_label("weekly extract").input_value()
    assert secret.startswith("o287_")
    look(page, "token-created")
    assert axe_findings(page) == []
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("row", name="weekly extract")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke weekly extract").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("is revoked").first).to_be_visible()


def test_the_admin_works_under_the_policy(page: Page, sign_in, keeper) -> None:
    """The `page` fixture fails the test on any violation."""
    sign_in(keeper)
    for name, address in {
        "admin": reverse("admin:index"),
        "admin-users": reverse("admin:access_user_changelist"),
        "admin-user": reverse("admin:access_user_change", args=[keeper.pk]),
        "admin-user-new": reverse("admin:access_user_add"),
        "admin-areas": reverse("admin:agreements_fieldofficearea_changelist"),
        "admin-area-new": reverse("admin:agreements_fieldofficearea_add"),
    }.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        look(page, name)
    # its own scripts run: the search for a county
    page.locator(".field-county .select2-selection").click()
    page.locator(".select2-search__field").fill("Harris")
    expect(page.locator(".select2-results__option").first).to_be_visible()
