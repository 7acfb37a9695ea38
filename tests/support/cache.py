"""Cache keys that differ from test to test and from process to process."""

from __future__ import annotations

import itertools
import os

_numbers = itertools.count(1)
_current = 0


def begin_test() -> None:
    """Leave behind what the last test cached."""
    global _current
    _current = next(_numbers)


def make_key(key: str, key_prefix: str, version: int) -> str:
    """Django's key function: as its own, and with the process and the test."""
    return f"{key_prefix}:{os.getpid()}.{_current}:{version}:{key}"
