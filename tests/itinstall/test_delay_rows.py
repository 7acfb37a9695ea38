"""Every number of the page of delays leads to its requests, and they are as many as it says."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import lxml.html
import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.models import FieldOffice
from itinstall.selectors.delay_rows import Behind, rows_behind
from itinstall.selectors.delay_types import Asked
from oversight.access.choices import Role
from oversight.exchange.models import Job
from oversight.metrics import services
from tests.factories import ProgramManagerFactory, UserFactory
from tests.itinstall.forecast_world import fill
from tests.itinstall.histories import SLOW, TODAY, day, enter, plans, world
from tests.itinstall.installations import request_in
from tests.support.queries import baseline_queries

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC)),
]
PAGE = "/installations/delays/"
ROWS = "/installations/delays/requests/"
MEAN = re.compile(r"(-?[\d,.]+) on average")
COUNTED = {"Installations", "Left it", "tile"}
MEANS = {"Mean, days", "Late, mean days", "On time, mean days"}
ALL = [("run", n, 40, 0) for n in range(6)] + [("complete", n, 20 * n, 0) for n in range(5)]


@pytest.fixture
def hq(client):
    user = UserFactory()
    client.force_login(user)
    return user


@dataclass(frozen=True)
class Link:
    """A number of the page. `column`: of its table, "tile", or "" elsewhere; `line`: the whole line."""

    href: str
    words: str
    column: str
    line: Any


def number_of(words: str) -> Decimal:
    found = re.match(r"-?[\d,]+(\.\d+)?", words)  # a clock may start after completion
    assert found is not None, words
    return Decimal(found[0].replace(",", ""))


def links(client, query) -> list[Link]:
    text = client.get(PAGE, query).getvalue().decode()
    assert "cannot be drawn" not in text
    found = []
    for node in lxml.html.fromstring(text).xpath(f'//a[starts-with(@href, "{ROWS}")]'):
        cell = next(iter(node.xpath("ancestor::td")), None)
        tile = node.xpath("ancestor::dd[@class='tile__figure']/preceding-sibling::dt")
        is_main = "cell-sub" not in node.get("class", "")
        column = cell.get("data-label", "") if cell is not None and is_main else ""
        if tile:
            column = "" if "Median" in tile[0].text else "tile"
        line = next(iter(node.xpath("ancestor::tr")), None)
        words = (node.text or "").strip()
        # The median of the tiles is no count and no mean.
        if not (tile and not column):
            found.append(Link(node.get("href"), words, column, line))
    return found


def told_by(client, href: str) -> tuple[int, Decimal | None]:
    """How many the page of requests says there are, and how many days on average."""
    response = client.get(href)
    assert response.status_code == 200, href
    page = lxml.html.fromstring(response.content.decode())
    n = int(number_of(page.xpath('//h2[@class="list-bar__count"]')[0].text.strip()))
    rows = page.xpath("//tbody/tr")
    assert len(rows) == min(n, 50)
    mean = MEAN.search(response.content.decode())
    return n, number_of(mean[1]) if mean else None


def check(client, link: Link) -> None:
    n, mean = told_by(client, link.href)
    number = number_of(link.words)
    if link.column in MEANS:
        assert mean is not None
        assert abs(mean - number) <= Decimal("0.1"), link
    elif link.column == "Over target":
        whole = link.line.xpath('td[@data-label="Installations"]//a')[0].text
        assert abs(100 * n / number_of(whole) - number) <= Decimal("0.1"), link
    elif link.column not in {"Median, days", "90th percentile, days", "Difference, days"}:
        assert n == number, link


asked_for = st.fixed_dictionaries(
    {
        "office": st.sampled_from(["", "", "miami", "unknown"]),
        "model": st.sampled_from(["", "", "JEM"]),
        "year": st.sampled_from(["", "", "2023", "2024"]),
    }
)


@settings(max_examples=6, **SLOW)
@given(plan=plans, on=st.integers(60, 1200), asked=asked_for)
def test_every_number_leads_to_as_many_requests(client, plan, on, asked) -> None:
    with transaction.atomic():
        client.force_login(UserFactory())
        enter([*ALL, *plan], world())
        for link in links(client, {"as_of": min(day(on), TODAY).isoformat(), **asked}):
            check(client, link)
        transaction.set_rollback(True)


def test_no_number_of_the_page_stands_without_a_link(client, hq) -> None:
    """Cells with a number other than 0; limits of the control chart and shares of the curve are computed
    from numbers that have one."""
    enter(ALL, world())
    text = client.get(PAGE, {"as_of": day(300).isoformat()}).getvalue().decode()
    page = lxml.html.fromstring(text)
    unlinked = ("Mean before", "From", "To", "Days", "Still open, %", "At least, %", "At most, %")
    for table in page.xpath("//table"):
        heads = [head.text_content() for head in table.xpath("thead/tr/th")]
        for cell in table.xpath("tbody/tr/td | tfoot/tr/td"):
            head = heads[len(cell.xpath("preceding-sibling::*"))]
            words = cell.text_content().strip()
            if head not in unlinked and re.match(r"-?\d", words) and words != "0":
                assert cell.xpath(".//a"), (head, words)
    assert len(page.xpath('//dd[@class="tile__figure"]//a')) == 5


def test_a_program_manager_sees_how_many_there_are_and_the_rows_of_its_own_office(client, hq) -> None:
    enter(ALL, world())
    query = {"part": "open", "as_of": day(90).isoformat()}
    n, _ = told_by(client, f"{ROWS}?{urlencode(query)}")
    manager = ProgramManagerFactory(office=FieldOffice.objects.get(pk="miami"))
    manager.user = UserFactory(role=Role.FIELD_PM)
    manager.save()
    client.force_login(manager.user)
    page = lxml.html.fromstring(client.get(ROWS, query).content.decode())
    told = page.xpath('//h2[@class="list-bar__count"]')[0].text
    mine = re.fullmatch(rf"{n} requests, (\d) of them yours", told)
    assert mine is not None, told
    assert 0 < int(mine[1]) == len(page.xpath("//tbody/tr")) < n


@pytest.mark.parametrize(
    ("query", "words"),
    [({}, "Say which number"), ({"part": "all"}, "There is no such number"),
     ({"part": "left", "stage": "moon"}, "There is no stage “moon”"),
     ({"part": "month", "month": "May"}, "Enter the month as year-month"),
     ({"part": "month", "month": "9999-12"}, "There is nothing yet of 9999-12"),
     ({"part": "month", "month": "0001-01"}, "Choose a month from 1976-10 on"),
     ({"part": "completed", "as_of": "0001-01-01"}, "Choose a day from 1976-10-01 on"),
     ({"part": "left", "stage": "isa", "as_of": "0001-01-01"}, "Choose a day from 1976-10-01 on"),
     ({"part": "open", "colour": "red"}, "no filter called “colour”")],
)  # fmt: skip
def test_an_address_that_asks_for_nothing_known_is_told_so(client, hq, query, words) -> None:
    response = client.get(ROWS, query)
    assert response.status_code == 400
    assert words in response.content.decode()


@pytest.mark.parametrize("part", [{"part": "completed"}, {"part": "left", "stage": "isa"}])
def test_an_export_of_the_first_day_of_the_calendar_is_empty(db, part) -> None:
    enter(ALL, world())
    assert not rows_behind(asked=Asked(dt.date.min), behind=Behind(**part)).rows.exists()


@pytest.mark.parametrize("part", [{"part": "open"}, {"part": "left", "stage": "bids"}])
def test_the_requests_behind_a_number_take_the_same_queries_however_many_they_are(client, hq, part) -> None:
    counted = []
    for n in (6, 48):
        with transaction.atomic():
            fill(today=TODAY, n_past=n, n_open=n)
            told_by(client, f"{ROWS}?{urlencode(part)}")  # asks for names
            with baseline_queries(f"installations.delays.requests.{part['part']}"):
                counted.append(told_by(client, f"{ROWS}?{urlencode(part)}")[0])
            transaction.set_rollback(True)
    assert 6 <= counted[0] < counted[1]


def test_the_records_of_a_stage_say_when_they_entered_and_left_it_and_how_many_days_that_was(
    client, hq
) -> None:
    request_in("equipment", first_on=dt.date(2026, 1, 10), step=10)
    services.day_fill(as_of=TODAY)
    for metric in ("stage_days_median", "stage_days_p90"):
        text = client.get(f"/figures/itinstall.{metric}/v1/stage/bids/{TODAY}/").content.decode()
        assert "1 record<" in text
        cells = [cell.text_content().strip() for cell in lxml.html.fromstring(text).xpath(
            '//section[@id="rows"]//tbody/tr/td'
        )]  # fmt: skip
        assert cells[-3:] == ["2026-01-20", "2026-01-30", "10"]


def test_the_records_of_the_bottleneck_say_their_days_in_the_stage(client, hq) -> None:
    request_in("access", first_on=dt.date(2026, 1, 10), step=10, complete=True)
    services.day_fill(as_of=TODAY)
    address = f"/figures/itinstall.bottleneck_days/v1/stage/bids/{TODAY}/"
    text = client.get(address).content.decode()
    assert "Days there" in text
    assert "2026-01-20" in text
    assert "2026-01-30" in text
    text = client.get(f"/figures/itinstall.bottleneck_days/v1/stage/before-request/{TODAY}/").content.decode()
    assert "Days there" in text


def test_the_export_has_the_rows_of_the_page_and_what_they_bring_into_the_figure(hq, tmp_path) -> None:
    enter(ALL, world())
    on = day(300)
    found = rows_behind(asked=Asked(on), behind=Behind("left", stage="bids"))
    total = found.total_days()
    path = tmp_path / "rows.csv"
    call_command(
        "export", "installation_delay_requests", out=str(path), as_of=on.isoformat(), part="left",
        stage="bids", user=hq.username, stdout=io.StringIO(),
    )  # fmt: skip
    lines = list(csv.DictReader(path.open(newline="")))
    assert len(lines) == found.rows.count() > 2
    assert sum(int(line["Days there"]) for line in lines) == total
    assert all(line["Entered"] <= line["Left"] <= on.isoformat() for line in lines)


def test_the_page_starts_the_export_of_what_it_shows(client, hq) -> None:
    enter(ALL, world())
    query = urlencode({"part": "open", "as_of": day(90).isoformat(), "office": "miami", "page": 1})
    started = client.post(f"{ROWS}export/?{query}", {"format": "xlsx"})
    assert started.status_code == 302
    job = Job.objects.get(kind="exchange.export")
    assert job.params["parameters"] == {"part": "open", "office": "miami"}
    assert job.params["as_of"] == day(90).isoformat()
    assert client.post(f"{ROWS}export/?part=moon").status_code == 404
