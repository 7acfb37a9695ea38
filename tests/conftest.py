"""What every test stands on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.db import connection

from tests.support import cache
from tests.support.browser import BROWSER_MISSING, chromium
from tests.support.installation import migrate_in
from tests.taking_back import taking_back_what_tests_commit

__all__ = ["taking_back_what_tests_commit"]


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.begin_test()


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path: Path) -> None:
    """Uploads and exports of a test go to its own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied by tests that start processes of their own."""
    return migrate_in(tmp_path_factory.mktemp("migrated"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is about the other database; marks what needs a browser.

    Tests under tests/browser carry the mark `browser`; without Chromium they are skipped, never in CI.
    """
    other = "postgresql" if connection.vendor == "sqlite" else "sqlite"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    # The minutes-long ones begin first: the other processes take over the rest meanwhile.
    items.sort(key=lambda item: item.get_closest_marker("full") is None)
    missing = chromium() is None
    for item in items:
        if Path(__file__).parent / "browser" in item.path.parents:
            item.add_marker(pytest.mark.browser)
        if missing and item.get_closest_marker("browser") and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason=BROWSER_MISSING))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, in words, that the browser tests did not run."""
    if chromium() is None and any(
        BROWSER_MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])
    ):
        terminalreporter.write_line(BROWSER_MISSING, yellow=True, bold=True)
