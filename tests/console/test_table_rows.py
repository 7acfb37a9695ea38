"""The body of a table, written in one go, holds what django-tables2 would put into each cell."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import django_tables2 as tables
import pytest
from django.template import Context
from django.utils.html import conditional_escape, format_html

from oversight.console.lists import all_lists
from oversight.console.table_rows import rows_html
from tests.factories import AgencyFactory, AgreementFactory, UserFactory


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
