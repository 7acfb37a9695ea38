"""The home page over HTTP: each figure is the rows it opens; scope; roles; empty states; queries."""

from __future__ import annotations

import csv
import datetime as dt
import html
import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agreements.models import Agreement, AgreementStatus, RegisterState, State
from agreements.panels.trend import over_time
from oversight.access.choices import Role
from oversight.console.panels import Panel, PanelRequest, all_panels, register_panel
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Snapshot, Target
from oversight.metrics.services import day_fill
from tests.agreements.histories import a_register
from tests.factories import FieldOfficeFactory, ProgramManagerFactory, PublicationFactory, UserFactory
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
HOME = "/"


def as_user(client, role=Role.HQ):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def as_pm(client, office="houston"):
    manager = ProgramManagerFactory(office=FieldOfficeFactory(slug=office))
    client.force_login(manager.user)
    return manager.user


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


def page_of(client) -> str:
    """The whole page, all its parts."""
    response = client.get(HOME)
    assert response.status_code == 200
    return response.getvalue().decode()


def filled(*days: dt.date) -> None:
    """Compute the figures of these days; by default of today and a week before."""
    today = timezone.localdate()
    for day in days or (today, today - dt.timedelta(days=7)):
        day_fill(as_of=day)


def panels_on(page: str) -> list[str]:
    """Titles of the panels, in order."""
    return re.findall(r'<h2 class="panel__title"[^>]*>(.*?)</h2>', page)


def tiles_on(page: str) -> dict[str, str]:
    """Label → figure."""
    tiles = re.findall(
        r'<div class="tile">\s*<dt>(.*?)</dt>\s*<dd class="tile__figure">(.*?)</dd>', page, re.S
    )
    return {label: re.sub(r"<span.*?</span>|<[^>]+>", "", figure).strip() for label, figure in tiles}


def rows_on(page: str) -> list[tuple[str, int | None]]:
    """Every link to records: address, and how many it says there are; None: those of the figure above."""
    found = re.findall(r'<a(?: class="figure__mine")? href="(/ag[^"]+)">(?:([\d,]+) yours|[Rr]ecords)<', page)
    return [(html.unescape(href), int(n.replace(",", "")) if n else None) for href, n in found]


@pytest.mark.parametrize("role", [Role.HQ, Role.AUDITOR])
def test_the_figures_are_the_snapshots_of_the_day_and_a_plain_recomputation(role, client):
    a_register()
    as_user(client, role)
    filled()

    tiles = tiles_on(page_of(client))

    # Five listed, one of them suspended by staff; one missing.
    assert tiles["Listed agreements"] == "4"
    assert tiles["Agreements in force"] == "5"
    assert tiles["Agencies"] == "4"
    assert tiles["Pending"] == "1"
    assert tiles["Without an MOA document"] == "100.0\xa0%"
    active = [row for row in Agreement.objects.all() if row.status == "active"]
    assert int(tiles["Listed agreements"]) == len(active)
    assert int(tiles["Agencies"]) == len({row.agency_id for row in active})


def test_each_figure_opens_the_page_that_explains_it_on_its_day(client):
    a_register()
    as_user(client)
    filled()

    links = re.findall(r'class="figure" href="(/figures/[^"]+)"', page_of(client))

    today = timezone.localdate()
    assert f"/figures/agreements.listed/v1/nation/-/{today}/" in links
    assert f"/figures/agreements.listed/v1/state/FL/{today}/" in links
    assert f"/figures/staffing.agencies_without_pm/v1/nation/-/{today}/" in links
    assert {client.get(href).status_code for href in links[:12]} == {200}


@pytest.mark.parametrize("who", ["hq", "pm"])
def test_records_beside_a_figure_are_as_many_as_it_says(who, client):
    a_register()
    as_pm(client) if who == "pm" else as_user(client)
    filled()
    page = page_of(client)
    tiles = tiles_on(page)

    found = rows_on(page)

    assert len(found) >= 4
    for href, n in found:
        rows = rows_behind(client, href)
        assert n is None or n == rows, href
    if who == "hq":
        assert rows_behind(client, "/agreements/?status=active") == int(tiles["Listed agreements"])
        assert ("/agreements/?status=active&status=missing", None) in found
        in_force = rows_behind(client, "/agreements/?status=active&status=missing")
        assert in_force == int(tiles["Agreements in force"])
    else:
        assert all(n for _, n in found)
        assert "office=miami" not in page


def test_the_change_is_against_the_week_before_and_left_out_where_that_is_not_computed(client):
    a_register()
    as_user(client)
    today = timezone.localdate()
    filled(today)
    assert "since" not in re.search(r"<dt>Listed agreements</dt>(.*?)</div>", page_of(client), re.S)[1]

    statement = AgreementStatus.objects.filter(status="active", ends_on=None, origin="list").first()
    AgreementStatus.objects.filter(pk=statement.pk).update(begins_on=today - dt.timedelta(days=3))
    filled(today - dt.timedelta(days=7))

    tile = re.search(r"<dt>Listed agreements</dt>(.*?)</div>", page_of(client), re.S)[1]
    assert f"+1 since {today - dt.timedelta(days=7)}" in tile


def test_no_figure_is_shown_while_its_day_is_not_computed(client):
    a_register()
    as_user(client)
    page = page_of(client)
    assert tiles_on(page) == {}
    assert "Figures of today are not computed yet." in page
    assert "By state" not in panels_on(page)

    today = timezone.localdate()
    filled(today - dt.timedelta(days=1))
    page = page_of(client)
    assert f"Below are those of {today - dt.timedelta(days=1)}" in page
    assert rows_on(page) == []  # lists show today's records: they may be others than those counted

    DayFill.objects.update(state=FillState.STALE)  # a fact of the past has changed
    assert tiles_on(page_of(client)) == {}


def test_the_figures_of_today_are_computed_when_somebody_asks(client, django_capture_on_commit_callbacks):
    a_register()
    as_user(client)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("console:figures_compute"))

    assert client.get(answer["Location"]).context["job"].state == "done"
    assert tiles_on(page_of(client))["Listed agreements"] == "4"


def test_a_figure_computed_again_is_shown_at_once_also_where_panels_are_kept(client):
    a_register()
    as_user(client)
    filled()
    by_state = re.compile(r'<section [^>]*id="agreements-by-state".*?</section>', re.S)
    first, again = (by_state.findall(page_of(client)) for _ in range(2))
    assert again == first
    assert len(first) == 1
    today = timezone.localdate()
    state = State.objects.get(pk=Agreement.objects.filter(status="active").first().agency.state_id)
    old = Snapshot.objects.get(metric="agreements.listed", level="state", subject=state.pk, as_of=today)
    Snapshot.objects.create(
        metric=old.metric, version=old.version, as_of=today, level="state", subject=state.pk,
        numerator=8765, value=8765, n=8765,
    )  # fmt: skip
    assert f"{state.name}: 8,765 listed" in page_of(client)
    # Facts changed: the figure waits, and is not shown.
    DayFill.objects.filter(metric="agreements.listed", as_of=today).update(state=FillState.STALE)
    page = page_of(client)
    assert "8,765" not in page
    assert "By state" not in panels_on(page)


def test_nobody_is_shown_a_panel_with_the_records_of_somebody_else(client):
    a_register()
    filled()
    as_user(client)
    page_of(client)
    as_pm(client)
    mine = page_of(client)
    assert any(href.startswith("/agreements/?status=active&state=") for href, _ in rows_on(mine))
    as_user(client, Role.AUDITOR)
    assert "yours" not in page_of(client).split('id="agreements-by-state"')[1]


def test_a_target_is_shown_with_whether_it_is_met_and_a_missed_one_needs_attention(client):
    a_register()
    user = as_user(client)
    filled()
    for metric, value in (("agreements.listed", 4), ("agreements.in_force", 3)):
        Target.objects.create(
            metric=metric, level="nation", direction="at_most", value=value, owner="Unit Chief",
            source="Decision of 2025", created_by=user, valid_from=dt.date(2020, 1, 1),
        )  # fmt: skip

    page = page_of(client)

    assert "Target: at most 4 agreements, met" in page
    assert "Target: at most 3 agreements, missed" in page
    assert "Agreements in force: 5; the target is at most 3 agreements." in page
    assert "Listed agreements: 4; the target" not in page


# --- the stream


def test_the_shell_comes_first_then_the_panels_in_their_order(client):
    a_register()
    as_user(client)
    filled()

    parts = list(client.get(HOME))

    assert b"<h1" in parts[0]
    assert b"panel__title" not in parts[0]
    titles = [panels_on(part.decode()) for part in parts[1:]]
    wanted = [panel.title for panel in all_panels() if panel.key != "agreements.start"]
    assert [title[0] for title in titles if title] == wanted
    assert parts[-1].rstrip().endswith(b"</html>")


def test_a_panel_that_fails_says_so_and_the_rest_goes_on(client, monkeypatch, caplog):
    a_register()
    as_user(client)
    filled()
    whole = panels_on(page_of(client))
    monkeypatch.setattr("agreements.selectors.dashboard.last_changes", lambda **_: 1 / 0)

    response = client.get(HOME)
    page = response.getvalue().decode()

    assert panels_on(page) == whole
    assert page.count("This part could not be shown.") == 1
    assert f'<span class="mono">{response["X-Request-ID"]}</span>' in page
    assert "panel agreements.last_lists cannot be drawn" in caplog.text


def test_times_on_panels_are_in_the_zone_of_the_reader(client):
    a_register()
    user = as_user(client)
    user.time_zone = "Pacific/Honolulu"
    user.save()
    filled()
    DayFill.objects.update(filled_at=dt.datetime(2025, 6, 1, 20, 30, tzinfo=dt.UTC))

    assert "computed 2025-06-01 10:30" in page_of(client)


@pytest.mark.parametrize(
    ("role", "may_import"), [(Role.HQ, True), (Role.AUDITOR, False), (Role.FIELD_PM, False)]
)
def test_without_lists_the_page_says_what_to_do(role, may_import, client):
    as_user(client, role)

    page = page_of(client)

    assert panels_on(page) == ["Start here", "Needs attention"]
    assert (f'href="{reverse("agreements:import_list")}">Import lists' in page) is may_import


def test_a_pending_list_alone_does_not_make_figures(client):
    PublicationFactory(kind="pending")
    as_user(client)
    assert panels_on(page_of(client)) == ["Start here", "Needs attention"]


def test_somebody_without_a_role_sees_no_figures(client):
    as_user(client, "")
    assert client.get(HOME).status_code == 403


def test_the_table_of_the_chart_says_what_the_chart_draws(client):
    a_register()
    as_user(client)
    page = page_of(client)

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

    data = over_time(PanelRequest(user=UserFactory(), today=timezone.localdate()))
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
@pytest.mark.parametrize("who", ["hq", "field_pm", "administrator"])
def test_queries_do_not_grow_with_the_register(who, times, client):
    a_register(times=times)
    RegisterState.objects.update(version=1, updated_at=timezone.now())  # as every list leaves it
    if who == "field_pm":
        as_pm(client)
    else:
        user = as_user(client, Role.HQ)
        user.is_administrator = who == "administrator"
        user.save()
    filled()
    page_of(client)  # fills what is kept: names for five minutes, the trend for each write of the register
    with baseline_queries("home" if who == "hq" else f"home.{who}") as made:
        page_of(client)
    assert len(made.captured_queries) <= 12
    RegisterState.objects.update(version=2)
    with CaptureQueriesContext(connection) as captured:
        page_of(client)
    assert len(captured) <= 12, "also the first time after the register was written"


def test_panels_have_keys_of_their_own_and_known_actions():
    taken = all_panels()[0]
    with pytest.raises(ValueError, match="Two panels"):
        register_panel(taken)
    with pytest.raises(KeyError):
        register_panel(Panel("x.y", "X", 1, "no.such_action", lambda request: {}, "x.html"))
    assert "x.y" not in [panel.key for panel in all_panels()]
