"""A browser against a live server, offline and under the product's own Content-Security-Policy.

    def test_…(page, sign_in):
        sign_in(user)
        page.goto("/agencies/")
        assert axe_findings(page) == []

`page` fails the test when a page breaks the policy, has an error in a script, or asks another server.
Playwright's `wait_for_function` needs eval, which the policy refuses: use locators and `expect`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from oversight.access.models import User
from tests.support.browser import BROWSER_MISSING, Watch, chromium

# Playwright's loop runs in this thread; Django would refuse every query beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.fail(BROWSER_MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser, live_server) -> Iterator[BrowserContext]:
    """A fresh browser profile at 1280 px; its problems fail the test."""
    fresh = browser.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce")
    watch = Watch(fresh, live_server.url)
    yield fresh
    fresh.close()
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def narrow_page(page: Page) -> Page:
    """The same page on a telephone of 360 px."""
    page.set_viewport_size(NARROW)
    return page


@pytest.fixture
def sign_in(context: BrowserContext, live_server) -> Callable[[User], None]:
    """Signs a user in without the form."""

    def do(user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"]
        context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])

    return do
