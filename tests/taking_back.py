"""Tests that commit leave the database as the migrations made it.

Django empties every table after such a test and has each app load its reference data again, which takes
longer than most of these tests. Here only what the test did is taken back: a table that began empty is
emptied when it holds rows, and one that began with rows (reference data, permissions) is filled anew when
they differ.
"""

# ruff: noqa: S608 - the only names in these statements are those of the models' tables

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

from oversight.trail.triggers import unlocked

Rows = list[tuple[Any, ...]]


@pytest.fixture(autouse=True, scope="session")
def taking_back_what_tests_commit() -> Iterator[None]:
    """Replaces Django's flush after tests that commit. Insert-only tables are unlocked meanwhile."""
    patch = pytest.MonkeyPatch()
    original = TransactionTestCase.__dict__["_fixture_setup"].__func__
    at_first: dict[str, Rows] = {}

    def setup(cls: type[TransactionTestCase]) -> None:
        if not at_first:
            at_first.update(rows_of_all_tables())
        original(cls)

    def teardown(self: TransactionTestCase) -> None:
        with unlocked(), transaction.atomic(), connection.cursor() as cursor:
            take_back(cursor, at_first)

    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(setup))
    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
    yield
    patch.undo()


def rows_of_all_tables() -> dict[str, Rows]:
    """Every table of the models, with its rows in the order of their keys."""
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        return {table: rows_of(cursor, table) for table in sorted(tables)}


def take_back(cursor: CursorWrapper, at_first: dict[str, Rows]) -> None:
    """Make the tables hold `at_first` and nothing else. Foreign keys are checked at the transaction's end."""
    for table in filled(cursor, [table for table, rows in at_first.items() if not rows]):
        cursor.execute(f"DELETE FROM {quoted(table)}")
    for table, rows in at_first.items():
        if rows and rows_of(cursor, table) != rows:
            cursor.execute(f"DELETE FROM {quoted(table)}")
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", rows)


def filled(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Those of the tables that hold a row; one statement for all."""
    each = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quoted(table)})" for table in tables)
    cursor.execute(" UNION ALL ".join(each))
    return [table for (table,) in cursor.fetchall()]


def rows_of(cursor: CursorWrapper, table: str) -> Rows:
    cursor.execute(f"SELECT * FROM {quoted(table)} ORDER BY 1")
    return cursor.fetchall()


def quoted(table: str) -> str:
    return connection.ops.quote_name(table)
