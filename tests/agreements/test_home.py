"""The home page over HTTP: each figure is the rows it opens; scope; roles; empty states; queries."""

from __future__ import annotations

import csv
import html
import json
import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from oversight.access.choices import Role
from oversight.console.panels import Panel, all_panels, register_panel
from tests.agreements.histories import a_register
from tests.factories import FieldOfficeFactory, ProgramManagerFactory, PublicationFactory, UserFactory
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
HOME = "/"
FIGURE = re.compile(r'<a class="figure(?:__mine)?" href="([^"#]+)">([\d,]+)')


def as_user(client, role=Role.HQ):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def as_pm(client, office="houston"):
    manager = ProgramManagerFactory(office=FieldOfficeFactory(slug=office))
    client.force_login(manager.user)
    return manager.user


def figures_of(page: str) -> list[tuple[str, int]]:
    """Every figure that is a link: address and number."""
    return [(html.unescape(href), int(n.replace(",", ""))) for href, n in FIGURE.findall(page)]


def rows_behind(client, address: str) -> int:
    """How many rows the page at `address` says that it has."""
    response = client.get(address)
    assert response.status_code == 200, address
    context = response.context
    if "reading" in context:
        assert not context["problems"], address
        return context["count"]
    if "kinds" in context:
        return next((kind["n"] for kind in context["kinds"] if kind["is_current"]), 0)
    if "paged" in context:
        return len(context["paged"].rows)
    return context["count"]


@pytest.mark.parametrize("who", ["hq", "auditor", "administrator", "pm"])
def test_every_figure_is_the_number_of_rows_it_opens(who, client):
    a_register()
    if who == "pm":
        as_pm(client)
    else:
        user = as_user(client, {"hq": Role.HQ, "auditor": Role.AUDITOR}.get(who, ""))
        user.is_administrator = who == "administrator"
        user.save()

    figures = figures_of(client.get(HOME).content.decode())

    assert len(figures) > 15
    # Reviews are a queue with a tally of its own; its page is compared below.
    checked = [(href, n) for href, n in figures if not href.startswith(reverse("agreements:review_list"))]
    wrong = {href: (n, rows) for href, n in checked if (rows := rows_behind(client, href)) != n}
    assert wrong == {}


def test_the_figures_of_a_known_register(client):
    a_register()
    as_user(client)

    page = client.get(HOME).content.decode()

    found = dict(figures_of(page))
    assert found["/agreements/?listed=yes"] == 5
    assert found["/agreements/?status=active&status=missing"] == 5  # plus one missing, less one suspended
    assert found["/agreements/?status=missing"] == 1
    assert found["/agencies/?listed=yes"] == 5
    assert found["/agreements/?listed=yes&office=unknown"] == 1
    assert found["/agreements/?listed=yes&state=FL"] == 3
    assert "-1 by staff statements" in page


def test_a_field_pm_sees_the_nation_without_links_and_own_figures_with(client):
    a_register()
    as_pm(client)

    page = client.get(HOME).content.decode()

    assert (
        '<span class="figure">5</span> <a class="figure__mine" href="/agreements/?listed=yes">2 yours' in page
    )
    # All of Houston is in scope, nothing of Miami is.
    houston = re.search(r'<th scope="row">Houston</th>\s*<td class="numeric">(.*?)</td>', page, re.S)
    miami = re.search(r'<th scope="row">Miami</th>\s*<td class="numeric">(.*?)</td>', page, re.S)
    assert 'href="/agreements/?listed=yes&amp;office=houston"' in houston[1]
    assert miami[1] == '<span class="figure">2</span>'
    assert "office=miami" not in page


@pytest.mark.parametrize(("role", "shown"), [(Role.HQ, True), (Role.AUDITOR, True), (Role.FIELD_PM, False)])
def test_open_reviews_are_shown_to_those_who_may_read_them(role, shown, client):
    a_register()
    as_user(client, role)

    page = client.get(HOME)

    titles = [item.panel.key for item in page.context["panels"]]
    assert ("agreements.reviews" in titles) is shown
    if shown:
        count = rows_behind(client, reverse("agreements:review_list"))
        assert page.context["panels"][titles.index("agreements.reviews")].data["found"].n == count == 1


@pytest.mark.parametrize(
    ("role", "may_import"), [(Role.HQ, True), (Role.AUDITOR, False), (Role.FIELD_PM, False)]
)
def test_without_lists_the_page_says_what_to_do(role, may_import, client):
    as_user(client, role)

    page = client.get(HOME)

    assert [item.panel.key for item in page.context["panels"]] == ["agreements.start"]
    assert (f'href="{reverse("agreements:import_list")}">Import lists' in page.content.decode()) is may_import


def test_a_pending_list_alone_does_not_make_figures(client):
    PublicationFactory(kind="pending")
    as_user(client)
    assert [item.panel.key for item in client.get(HOME).context["panels"]] == ["agreements.start"]


def test_somebody_without_a_role_sees_no_figures(client):
    as_user(client, "")
    assert client.get(HOME).status_code == 403


def test_the_table_of_the_chart_says_what_the_chart_draws(client):
    a_register()
    as_user(client)
    page = client.get(HOME).content.decode()

    chart = json.loads(
        re.search(r'<script id="over-time-data" type="application/json">(.*?)</script>', page)[1]
    )
    table = re.search(r'<table[^>]*id="over-time-table".*?<tbody>(.*?)</tbody>', page, re.S)[1]
    rows = [re.findall(r">([^<>]+)</(?:a|td)>", row) for row in table.split("</tr>") if "<th" in row]

    drawn = [
        [day, *(series["values"][n] for series in chart["series"])] for n, day in enumerate(chart["days"])
    ]
    n_models = len(chart["series"])
    assert [[row[0], *map(int, row[1 : 1 + n_models])] for row in reversed(rows)] == drawn
    assert [series["name"] for series in chart["series"]] == ["JEM", "WSO", "TFM"]
    assert drawn[-1] == ["2025-03-10", 2, 2, 1]
    assert all(int(row[n_models + 1]) == sum(map(int, row[1 : 1 + n_models])) for row in rows)


def test_the_exported_table_is_the_table_on_the_page(client, tmp_path):
    a_register()
    as_user(client)
    out = tmp_path / "over_time.csv"
    call_command("export", "agreements_over_time", format="csv", out=str(out))

    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))

    data = next(
        item.data for item in client.get(HOME).context["panels"] if item.panel.key == "agreements.over_time"
    )
    on_page = [(str(row["day"]), *row["by_model"], row["total"], row["missing"]) for row in data["rows"]]
    columns = ("jem", "wso", "tfm", "listed", "missing")
    assert [(row["list_on"], *(int(row[name]) for name in columns)) for row in reversed(rows)] == on_page
    assert all(row["joint"] == row["model_not_read"] == "0" for row in rows)


def test_the_button_starts_the_export(client, django_capture_on_commit_callbacks):
    a_register()
    as_user(client)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("agreements:over_time_export"))

    job = client.get(answer["Location"])
    assert job.status_code == 200
    assert job.context["job"].state == "done"


@pytest.mark.parametrize("times", [1, 6])
def test_queries_do_not_grow_with_the_register(times, client):
    a_register(times=times)
    as_user(client)
    client.get(HOME)  # fills what is asked once in five minutes
    with baseline_queries("home"):
        client.get(HOME)


def test_a_field_pm_costs_no_more_queries(client):
    a_register()
    as_pm(client)
    client.get(HOME)
    with baseline_queries("home.field_pm"):
        client.get(HOME)


def test_panels_have_keys_of_their_own_and_known_actions():
    taken = all_panels()[0]
    with pytest.raises(ValueError, match="Two panels"):
        register_panel(taken)
    with pytest.raises(KeyError):
        register_panel(Panel("x.y", "X", 1, "no.such_action", lambda request: {}, "x.html"))
    assert "x.y" not in [panel.key for panel in all_panels()]
