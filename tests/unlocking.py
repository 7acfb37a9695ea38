"""Tests that commit empty the database when they end; insert-only tables must let them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase

from oversight.trail.triggers import unlocked


@pytest.fixture(autouse=True, scope="session")
def emptying_insert_only_tables() -> Iterator[None]:
    """Unlocks insert-only tables for as long as Django flushes after a transactional test."""
    patch = pytest.MonkeyPatch()
    original = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        with unlocked():
            original(self)

    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
    yield
    patch.undo()
