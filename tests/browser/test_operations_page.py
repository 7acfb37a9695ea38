"""The operations page: rules of accessibility, the policy, two widths."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from oversight.exchange.models import Job
from tests.factories import UserFactory
from tests.support.browser import problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_can_be_used_by_everybody_on_every_width(page: Page, sign_in) -> None:
    user = UserFactory(role="", is_administrator=True)
    error = "There are more than 1,048,575 rows. Choose CSV, or set filters."
    Job.objects.create(
        kind="exchange.export", state="failed", error=error, finished_at=timezone.now(), request_id="5f" * 16
    )
    facts = {"file": "nightly.tar", "bytes": 1, "sha256": "a" * 64, "problems": ["register: not whole"]}
    Job.objects.create(kind="exchange.backup", state="done", finished_at=timezone.now(), result=facts)
    sign_in(user)
    page.goto("/operations/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
    expect(page.get_by_role("region", name="Last failures")).to_contain_text(error)
    assert problems_at_both_widths(page, "operations") == []
    # By keyboard: the failure leads to its job.
    page.get_by_role("region", name="Last failures").get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(error)).to_be_visible()
