"""CSV that the database writes (COPY, or a bare cursor) has the bytes that Python writes."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import DateField, Subquery, Value
from django.db.models.functions import Length
from hypothesis import given
from hypothesis import strategies as st

from agreements.models import County, State
from oversight.exchange.columns import Column, Kind, guard, text_of, unguard
from oversight.exchange.exports import ListedRows, QueryRows
from oversight.exchange.models import Job
from oversight.exchange.writers import Format, write

NASTY = [
    "plain",
    "",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tTAB",
    "\rCR",
    "\nLF",
    "'quoted",
    "'=already guarded",
    "''-twice",
    'with "quotes", commas',
    "two\r\nlines",
    "carriage\rreturn",
    " leading blank",
    "\\.",
    "\\N",
    "100 % of {} %s",
    "Doña Ana County Sheriff’s Office",
    "O'Brien",
]
COLUMNS = (
    Column("text"),
    Column("length", Kind.INT),
    Column("decimal", Kind.DECIMAL, places=4),
    Column("territory", Kind.BOOL),
    Column("on", Kind.DATE),
    Column("at", Kind.DATETIME),
)
# What every database has to write for NASTY[6] … is spelled out once, by hand.
EXPECTED_HEAD = (
    "text,length,decimal,territory,on,at\r\n"
    "plain,5,,false,2025-03-31,2025-03-31T14:05:09Z\r\n"
    ",0,-66.5000,true,2025-03-31,2025-03-31T14:05:09Z\r\n"
    "'=1+1,4,18.2001,false,2025-03-31,2025-03-31T14:05:09Z\r\n"
    "'+1,2,,true,2025-03-31,2025-03-31T14:05:09Z\r\n"
)


@pytest.fixture
def counties(db) -> QueryRows:
    """One county per nasty text. Latitudes: none, negative, many places."""
    states = [
        State.objects.update_or_create(code=code, defaults={"name": code, "is_territory": territory})[0]
        for code, territory in (("XA", False), ("XB", True))
    ]
    latitudes = [None, Decimal("-66.5"), Decimal("18.2001")]
    County.objects.bulk_create(
        County(fips=f"{n:05}", state=states[n % 2], name=text, latitude=latitudes[n % 3])
        for n, text in enumerate(NASTY)
    )
    at = dt.datetime(2025, 3, 31, 10, 5, 9, 123456, tzinfo=dt.timezone(dt.timedelta(hours=-4)))
    Job.objects.create(kind="clock", created_at=at)
    clock = Job.objects.filter(kind="clock").values("created_at")[:1]
    queryset = (
        County.objects.annotate(
            length=Length("name"),
            on=Value(dt.date(2025, 3, 31), output_field=DateField()),
            at=Subquery(clock),
        )
        .filter(state__in=states)
        .order_by("fips")
    )
    return QueryRows(queryset, ("name", "length", "latitude", "state__is_territory", "on", "at"))


def as_python(rows: QueryRows) -> ListedRows:
    queryset = rows.queryset.values_list(*rows.fields)
    return ListedRows(queryset.iterator, queryset.count)


def test_the_database_writes_the_bytes_that_python_writes(counties, tmp_path: Path) -> None:
    quick, slow = tmp_path / "quick.csv", tmp_path / "slow.csv"
    assert write(quick, file_format=Format.CSV, columns=COLUMNS, rows=counties) == len(NASTY)
    assert write(slow, file_format=Format.CSV, columns=COLUMNS, rows=as_python(counties)) == len(NASTY)
    assert quick.read_bytes() == slow.read_bytes()
    assert quick.read_bytes().startswith(EXPECTED_HEAD.encode())


@pytest.mark.postgresql
def test_postgresql_copies_instead_of_fetching(counties, tmp_path: Path, django_assert_num_queries) -> None:
    with django_assert_num_queries(1) as captured:
        write(tmp_path / "copy.csv", file_format=Format.CSV, columns=COLUMNS, rows=counties)
    assert captured.captured_queries[0]["sql"].startswith("COPY (SELECT")


def test_a_csv_reads_back_as_it_was(counties, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write(path, file_format=Format.CSV, columns=COLUMNS, rows=counties)
    with path.open(encoding="utf-8", newline="") as file:
        assert [unguard(row["text"]) for row in csv.DictReader(file)] == NASTY


def test_one_column_and_no_rows(counties, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    one = QueryRows(counties.queryset, ("name",))
    assert write(path, file_format=Format.CSV, columns=COLUMNS[:1], rows=one) == len(NASTY)
    with path.open(encoding="utf-8", newline="") as file:
        assert [unguard(row["text"]) for row in csv.DictReader(file)] == NASTY
    nothing = QueryRows(counties.queryset.none(), ("name", "length"))
    assert write(path, file_format=Format.CSV, columns=COLUMNS[:2], rows=nothing) == 0
    assert path.read_bytes() == b"text,length\r\n"


def test_a_byte_order_mark_only_when_asked(counties, tmp_path: Path) -> None:
    for bom in (True, False):
        path = tmp_path / f"{bom}.csv"
        write(path, file_format=Format.CSV, columns=COLUMNS, rows=counties, bom=bom)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf") is bom
        assert path.read_bytes().count(b"\xef\xbb\xbf") == bom


@given(st.text())
def test_every_text_survives_the_guard_and_none_can_run(text: str) -> None:
    guarded = guard(text)
    assert unguard(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_value_that_is_none_of_an_export_is_refused() -> None:
    with pytest.raises(TypeError, match="“x” holds a list"):
        text_of([1], Column("x"))  # type: ignore[arg-type]
