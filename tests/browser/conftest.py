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
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from oversight.access.models import User
from tests.support.browser import BROWSER_MISSING, NARROW, WIDE, Watch, chromium

# Playwright's loop runs in this thread; Django would refuse every query beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

STORED = "local_storage,indexeddb,cache_storage,service_workers"  # all but the cache of loaded files


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium that knows no other server than this machine."""
    path = chromium()
    if path is None:
        pytest.fail(BROWSER_MISSING)
    flags = [
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    ]
    # Beside Playwright's loop Django opens connections of their own. What stays open of the one kind or the
    # other would keep PostgreSQL from dropping the test database.
    connections.close_all()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=flags)
        yield running
        running.close()
        connections.close_all()


@pytest.fixture(scope="session")
def _profile(browser: Browser, live_server) -> Iterator[tuple[BrowserContext, Watch]]:
    """One for all tests of a process: style sheets and scripts are read once and then come from its cache."""
    context = browser.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce")
    context.new_page().goto("/healthz")  # as long as it is open, the process that shows pages stays
    yield context, Watch(context, live_server.url)
    context.close()


@pytest.fixture
def context(_profile: tuple[BrowserContext, Watch], live_server) -> Iterator[BrowserContext]:
    """A browser profile at 1280 px without cookies or anything stored; its problems fail the test."""
    shared, watch = _profile
    watch.problems.clear()
    yield shared
    first, *others = shared.pages
    for page in others:
        page.close()
    session = shared.new_cdp_session(first)
    session.send("Storage.clearDataForOrigin", {"origin": live_server.url, "storageTypes": STORED})
    session.detach()
    shared.clear_cookies()
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
