"""Query counts as reviewed baselines.

    with baseline_queries("agencies.list"):
        client.get("/agencies/")

compares the number of queries with tests/query_counts.json. A count that changed, also for the
better, fails and shows the difference; QUERY_COUNTS_WRITE=1 make test writes the
file anew, and the change is reviewed like code. A query that repeats (the same SQL apart from its
values, more than `repeats` times) fails at once: that is a query in a loop.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

BASELINES = Path(__file__).parent.parent / "query_counts.json"
WRITE = "QUERY_COUNTS_WRITE"

_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b|%s|\?")
_LIST = re.compile(r"\((?:\s*#\s*,?)+\)")
_CONTROL = re.compile(r"^\s*(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SET |PRAGMA)", re.IGNORECASE)


@contextmanager
def baseline_queries(name: str, *, repeats: int = 2) -> Iterator[CaptureQueriesContext]:
    """Fails when the block makes other than the recorded number of queries, or repeats one in a loop."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    statements = [item["sql"] for item in captured.captured_queries if not _CONTROL.match(item["sql"])]
    check_repeats(statements, repeats=repeats)
    check_count(name, statements)


def check_repeats(statements: list[str], *, repeats: int) -> None:
    """Fails when statements of one shape occur more than `repeats` times."""
    shapes = Counter(shape_of(sql) for sql in statements)
    often = {shape: count for shape, count in shapes.items() if count > repeats}
    assert not often, "The same query again and again:\n" + "\n".join(
        f"{count} x {shape[:300]}" for shape, count in often.items()
    )


def check_count(name: str, statements: list[str]) -> None:
    """Fails when `name` has another count than in the baseline file, or none; writes it when asked to."""
    key = f"{name} [{connection.vendor}]" if name in _vendor_specific() else name
    if os.environ.get(WRITE) == "1":
        _write(key, len(statements))
        return
    recorded = json.loads(BASELINES.read_text()).get(key) if BASELINES.is_file() else None
    assert len(statements) == recorded, (
        f"{key}: {recorded} queries recorded, {len(statements)} made. Meant? {WRITE}=1 make test "
        f"records it; review the change of {BASELINES.name}.\n" + "\n".join(sql[:200] for sql in statements)
    )


def shape_of(sql: str) -> str:
    """SQL without its values: lists of any length are one shape."""
    return _LIST.sub("(#)", _LITERAL.sub("#", sql))


def _vendor_specific() -> set[str]:
    """Names whose counts differ between the databases: they are recorded per database."""
    recorded = json.loads(BASELINES.read_text()) if BASELINES.is_file() else {}
    return {key.split(" [")[0] for key in recorded if key.endswith("]")}


def _write(key: str, count: int) -> None:
    # Several test processes write at once.
    with (Path(tempfile.gettempdir()) / "oversight-query-counts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        recorded = json.loads(BASELINES.read_text()) if BASELINES.is_file() else {}
        recorded[key] = count
        BASELINES.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
