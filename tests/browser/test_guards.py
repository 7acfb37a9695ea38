"""The guards of the browser tests notice what they are there for."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, Page

from tests.support.browser import Watch, axe_findings, too_wide

# Of Chromium, axe-core and this guard alone: no page here asks the database for anything.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def watched(browser: Browser, live_server):
    """A page whose problems are collected and do not fail the test."""
    context = browser.new_context(base_url=live_server.url)
    watch = Watch(context, live_server.url)
    yield context.new_page(), watch
    context.close()


def test_an_inline_script_breaks_the_policy(watched) -> None:
    page, watch = watched
    page.goto("/healthz")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in watch.problems)


def test_an_inline_style_breaks_the_policy(watched) -> None:
    page, watch = watched
    page.goto(reverse(settings.LOGIN_URL))  # Chromium's viewer of plain text is exempt
    page.evaluate("document.body.innerHTML = '<p style=\"color: red\">red</p>'")
    page.wait_for_timeout(100)
    assert any("inline style" in problem for problem in watch.problems), watch.problems


def test_a_request_to_another_server_is_stopped_and_seen(watched) -> None:
    page, watch = watched
    page.goto("/healthz")
    page.evaluate("location.assign('http://another.example/')")
    page.wait_for_timeout(300)
    assert watch.problems == ["asks another server: http://another.example/"]


def test_a_script_error_is_seen(watched) -> None:
    page, watch = watched
    page.goto("/healthz")
    page.evaluate("setTimeout(() => { throw new Error('broken') }, 0)")
    page.wait_for_timeout(100)
    assert watch.problems == ["script error: broken"]


def test_a_missing_static_file_is_seen(watched) -> None:
    page, watch = watched
    page.goto("/static/none.css")
    assert watch.problems == [f"404 for {page.url}"]


def test_axe_finds_an_image_without_words(page: Page) -> None:
    page.goto("/healthz")
    page.evaluate("document.body.append(document.createElement('img'))")
    assert any(finding.startswith("image-alt ") for finding in axe_findings(page))


def test_a_page_wider_than_a_telephone_is_measured(narrow_page: Page) -> None:
    narrow_page.goto("/healthz")
    assert too_wide(narrow_page) == 0
    narrow_page.evaluate(
        "document.body.append(Object.assign(document.createElement('canvas'), {width: 600}))"
    )
    assert too_wide(narrow_page) > 200
