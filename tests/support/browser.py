"""Chromium for the tests, accessibility by axe-core, and what a page must not do."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

CANDIDATES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
BROWSER_MISSING = (
    "The browser tests did not run: there is no Chromium. Install it (Debian and Ubuntu: "
    "apt-get install chromium), or name one: CHROMIUM=/path/to/chromium make test"
)


@functools.cache
def chromium() -> str | None:
    """The path of Chromium: CHROMIUM, else the first one found, else None."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in CANDIDATES if (path := shutil.which(name))), None)


class Watch:
    """Collects what a page must not do: script errors, breaches of the policy, failed or foreign loads."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.problems: list[str] = []
        self.base_url = base_url
        context.on("request", self._request)
        context.on("page", self._page)
        context.on("response", self._response)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.base_url, "data:", "blob:")):
            self.problems.append(f"asks another server: {request.url}")

    def _page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def _response(self, response: Response) -> None:
        if "/static/" in response.url and response.status >= 400:
            self.problems.append(f"{response.status} for {response.url}")


def axe_findings(page: Page, *, exclude: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds on the page, one line for each element: rule, help, place."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "([exclude, tags]) => axe.run(exclude.length ? {exclude: exclude.map(s => [s])} : document,"
        " {runOnly: tags, resultTypes: ['violations']})",
        [list(exclude), AXE_TAGS],
    )
    return [
        f"{violation['id']} ({violation['help']}): {node['target']}\n    {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def problems_at_both_widths(page: Page, name: str) -> list[str]:
    """What axe-core finds, and what sticks out, at 1280 and at 360 px; then the page is wide again.

    It is not loaded anew for the other width: styles follow the window.
    """
    problems: list[str] = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        problems += [f"{name} at {size['width']} px: {finding}" for finding in axe_findings(page)]
        if wide := too_wide(page):
            problems.append(f"{name} at {size['width']} px: {wide} px too wide")
    page.set_viewport_size(WIDE)
    return problems


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than the window (it must not scroll sideways)."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
