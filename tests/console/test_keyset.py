"""Paging by key gives the plain sorted list, cut in pieces: in both directions, with empty values."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.models import County, State
from oversight.console import keyset
from oversight.console.keyset import (
    Cursor,
    CursorError,
    Key,
    Page,
    count_up_to,
    few_keys,
    keys_of,
    ordered,
    page_of,
)

ORDERS = [
    ("name",),
    ("-name",),
    ("latitude",),
    ("-latitude",),
    ("latitude", "-name"),
    ("-latitude", "longitude", "name"),
    ("pk",),
    ("-pk",),
]
degrees = st.none() | st.integers(-3, 3).map(Decimal)
counties = st.lists(st.tuples(st.sampled_from("abc"), degrees, degrees), max_size=14)


def make(rows: list[tuple[str, Decimal | None, Decimal | None]]) -> Any:
    state = State.objects.create(code="ZZ", name="Nowhere")
    County.objects.bulk_create(
        County(fips=f"Z{place:04}", state=state, name=name, latitude=lat, longitude=lon)
        for place, (name, lat, lon) in enumerate(rows)
    )
    return County.objects.filter(state=state)


def expected(rows: list[County], order: tuple[str, ...]) -> list[str]:
    """Sorted by Python, last key first (stable): empty values last, the key of the row as tie-break."""
    paths = list(order)
    if not {"pk", "-pk"} & set(paths):
        paths.append("-pk" if paths[-1].startswith("-") else "pk")
    for path in reversed(paths):
        name, down = path.removeprefix("-"), path.startswith("-")
        filled = [row for row in rows if getattr(row, name) is not None]
        empty = [row for row in rows if getattr(row, name) is None]
        rows = sorted(filled, key=lambda row, name=name: getattr(row, name), reverse=down) + empty
    return [row.pk for row in rows]


def same_page(queryset: Any, keys: tuple[Key, ...], **asked: Any) -> Page:
    """A page, which is the same in one statement, in two, and of rows whose keys are known."""
    page = page_of(queryset, keys, **asked)
    known = few_keys(queryset)[2]
    for way in ({"in_two": True}, {"known": known}, {"known": known, "in_two": True}):
        assert page_of(queryset, keys, **asked, **way) == page
    return page


def walk(queryset: Any, keys: tuple[Key, ...], size: int, *, backward: bool) -> list[list[str]]:
    total = queryset.count()
    pages = []
    page = same_page(queryset, keys, size=size, before="end" if backward else "", total=total)
    while page.rows:
        places = [page.first, *(row.pk for row in page.rows)]
        pages.append(places)
        onward = page.previous if backward else page.next
        if not onward:
            break
        page = same_page(
            queryset, keys, size=size, total=total, **{"before" if backward else "after": onward}
        )
        assert len(pages) <= total, "the pages do not end"
    return pages


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(rows=counties, order=st.sampled_from(ORDERS), size=st.integers(1, 6))
def test_pages_forward_are_the_sorted_list(rows, order, size) -> None:
    with transaction.atomic():
        queryset = make(rows)
        keys = keys_of(County, order)
        pages = walk(queryset, keys, size, backward=False)
        found = [pk for _, *pks in pages for pk in pks]
        assert found == expected(list(queryset), order)
        assert [first for first, *_ in pages] == [1 + size * n for n in range(len(pages))]
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(rows=counties, order=st.sampled_from(ORDERS), size=st.integers(1, 6))
def test_pages_backward_from_the_end_show_every_row_and_end_on_the_first_page(rows, order, size) -> None:
    with transaction.atomic():
        queryset = make(rows)
        keys = keys_of(County, order)
        right = expected(list(queryset), order)
        pages = walk(queryset, keys, size, backward=True)
        for first, *pks in pages:
            assert pks == right[first - 1 : first - 1 + len(pks)]
        if pages:
            assert pages[0][1:] == right[-size:]
            assert pages[-1][1:] == right[:size], "the way back ends on a full first page"
            assert {pk for _, *pks in pages for pk in pks} == set(right)
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from("abc"), degrees, degrees), min_size=3, max_size=10),
       order=st.sampled_from(ORDERS))  # fmt: skip
def test_a_step_on_and_back_gives_the_same_page(rows, order) -> None:
    with transaction.atomic():
        queryset = make(rows)
        keys = keys_of(County, order)
        first = page_of(queryset, keys, size=2)
        second = page_of(queryset, keys, size=2, after=first.next)
        back = page_of(queryset, keys, size=2, before=second.previous)
        assert [row.pk for row in back.rows] == [row.pk for row in first.rows]
        assert page_of(queryset, keys, size=2, in_two=True) == first
        assert page_of(queryset, keys, size=2, before=second.previous, in_two=True) == back
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_rows_that_come_and_go_in_between_neither_repeat_nor_hide_others() -> None:
    queryset = make([("a", None, None), ("c", None, None), ("e", None, None), ("g", None, None)])
    keys = keys_of(County, ("name",))
    first = page_of(queryset, keys, size=2)
    assert [row.name for row in first.rows] == ["a", "c"]
    queryset.filter(name="c").delete()
    County.objects.create(fips="Z9999", state_id="ZZ", name="b")
    second = page_of(queryset, keys, size=2, after=first.next)
    assert [row.name for row in second.rows] == ["e", "g"]


@pytest.mark.django_db
def test_the_database_sorts_empty_values_last_in_both_directions() -> None:
    queryset = make([("a", Decimal(1), None), ("b", None, None), ("c", Decimal(2), None)])
    for order, right in ((("latitude",), "acb"), (("-latitude",), "cab")):
        assert "".join(row.name for row in ordered(queryset, keys_of(County, order))) == right


VALUES = [
    None, "Ünïcode ' \"", 17, True, 2.5, Decimal("-12.500"), dt.date(2025, 3, 1),
    dt.datetime(2025, 3, 1, 23, 30, 0, 123456, tzinfo=dt.UTC), dt.timedelta(days=-1, microseconds=5),
    uuid.UUID(int=7),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_cursor_carries_its_values_unchanged(value: Any) -> None:
    keys = (Key("x", False, True), Key("pk", False, False))
    back = Cursor.decode(Cursor((value, 5), 51).encode(keys), keys)
    assert back == Cursor((value, 5), 51)
    assert type(back.values[0]) is type(value)


@pytest.mark.parametrize(
    "text", ["x", "!!", "e30", "WzEsMl0", "bnVsbA", "é", "WyJhIiwxLFsiaiIsW11dXQ", "A" * 400]
)
def test_a_damaged_cursor_is_named_as_such(text: str) -> None:
    with pytest.raises(CursorError):
        Cursor.decode(text, keys_of(County, ("name",)))


def test_a_cursor_of_another_sort_is_refused() -> None:
    text = Cursor(("a", "48201"), 1).encode(keys_of(County, ("name",)))
    with pytest.raises(CursorError):
        Cursor.decode(text, keys_of(County, ("-name",)))


@pytest.mark.django_db
def test_counting_stops_at_the_limit_and_says_so() -> None:
    queryset = make([("a", None, None)] * 5)
    assert count_up_to(queryset, limit=5) == (5, True)
    assert count_up_to(queryset, limit=4) == (4, False)
    assert keyset.COUNT_LIMIT == 10_000


@pytest.mark.django_db
def test_rows_of_a_filter_are_counted_alike_and_named_while_they_are_few(monkeypatch) -> None:
    monkeypatch.setattr(keyset, "COUNT_LIMIT", 6)
    monkeypatch.setattr(keyset, "FEW", 2)
    queryset = make([("a", None, None)] * 7)
    assert few_keys(queryset) == (6, False, None)
    assert few_keys(queryset.filter(pk__lt="Z0006")) == (6, True, None)
    assert few_keys(queryset.filter(pk__lt="Z0002")) == (2, True, ["Z0000", "Z0001"])
    assert few_keys(queryset.filter(pk__lt="Z0002").distinct()) == (2, True, None)
    assert few_keys(queryset.none()) == (0, True, [])
