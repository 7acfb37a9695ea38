"""The body of a table, written in one go, holds what django-tables2 would put into each cell."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import django_tables2 as tables
import pytest
from django.template import Context
from django.utils.html import conditional_escape, format_html

from itinstall.choices import Party
from itinstall.models import HoldReason
from itinstall.services.holds import hold_begin
from oversight.console import table_rows
from oversight.console.lists import all_lists
from oversight.console.table_rows import rows_html
from tests.factories import AgencyFactory, AgreementFactory, ProgramManagerFactory, UserFactory
from tests.itinstall.installations import SYSTEM, TODAY, request_in


class Trees(tables.Table):
    name = tables.Column("Name <of it>")
    height = tables.Column(attrs={"td": {"class": "numeric"}}, default="–")
    note = tables.Column(empty_values=())
    page = tables.Column(accessor="name", linkify=lambda value: f"/{value}/")

    def render_note(self, record: dict[str, Any], bound_column: Any) -> Any:
        return format_html("<b>{}</b>", f"{record['name']} {bound_column.name}")


TREES = [{"name": "<elm>", "height": 12000}, {"name": "Oak & ash", "height": None}]


class Cells(HTMLParser):
    """Rows of (tag, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, dict[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append((tag, dict(attrs)))


def test_cells_are_escaped_once_and_name_their_column() -> None:
    html = rows_html(Trees(TREES), Context())
    assert html.count("<tr>") == 2
    assert "&lt;elm&gt;" in html
    assert "<elm>" not in html
    assert "&amp;amp;" not in html
    assert "<b>&lt;elm&gt; note</b>" in html
    assert '<a href="/Oak &amp; ash/">Oak &amp; ash</a>' in html
    cells = Cells(html).rows[1]
    assert [tag for tag, _ in cells] == ["th", "td", "td", "td"]
    assert cells[0][1]["scope"] == "row"
    assert cells[1][1]["data-label"] == "Height"
    assert cells[1][1]["class"] == "numeric"
    assert "<div>–</div>" in html


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["agencies", "agreements"])
def test_every_cell_is_what_the_library_renders(key: str) -> None:
    for number in range(3):
        AgreementFactory(agency=AgencyFactory(name=f"O'Brien & <Sons> County {number}"))
    spec = next(spec for spec in all_lists() if spec.key == key)
    table = spec.table(list(spec.selector(user=UserFactory(role="hq"))), order_by=())
    table.request_user = None
    html = rows_html(table, Context())
    for row in table.rows:
        for _, cell in row.items():
            assert str(conditional_escape(cell)) in html


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["agencies", "agreements", "installation_requests", "program_managers"])
def test_values_found_by_attribute_are_those_that_the_library_finds(key: str, monkeypatch) -> None:
    AgreementFactory(agency=AgencyFactory(name="O'Brien & <Sons>", county=None))
    held = request_in("isa")
    why = HoldReason.objects.get(pk="isa-lea")
    hold_begin(actor=SYSTEM, request=held, why=why, owner=Party.VENDOR, on=TODAY)
    request_in("access", complete=True)
    ProgramManagerFactory()
    spec = next(spec for spec in all_lists() if spec.key == key)
    user = UserFactory(role="hq")

    def html() -> str:
        table = spec.table(list(spec.selector(user=user).order_by("pk")), order_by=())
        table.request_user = user
        return rows_html(table, Context())

    here = html()
    monkeypatch.setattr(table_rows, "_path", lambda bound, record: None)
    assert here == html()
    assert "<tr>" in here


class Things:
    """What a row's value may be besides a plain one."""

    alters_data = False

    def __call__(self) -> str:
        return "called"


def test_what_is_called_looked_up_or_missing_is_left_to_the_library() -> None:
    class Odd(tables.Table):
        name = tables.Column()
        called = tables.Column(default="none")
        looked_up = tables.Column(accessor="box__key", default="none")
        missing = tables.Column(accessor="box__lid__color", default="none")

    agency = AgencyFactory.build(name="Alpha")
    agency.called, agency.box = Things(), {"key": "brass"}
    assert [cell for _, cell in next(iter(Odd([agency]).rows)).items()] == [
        "Alpha",
        "called",
        "brass",
        "none",
    ]
    html = rows_html(Odd([agency]), Context())
    assert [part.split("<")[0] for part in html.split("<div>")[1:]] == ["called", "brass", "none"]
