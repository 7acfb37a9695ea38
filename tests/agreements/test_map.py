"""The map over time over HTTP: each day's figures are the metric's; addresses carry everything; queries."""

from __future__ import annotations

import csv
import datetime as dt
import re

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from agreements.choices import Origin, Status
from agreements.forms.map import choose
from agreements.models import Agency, Agreement, AgreementStatus, RegisterState
from agreements.selectors.places import places_of_day, register_mark
from oversight.access.choices import Role
from oversight.console.usmap import COUNTY_BREAKS, MapPlace, county_map, shapes_svg, us_map
from oversight.metrics.base import Subject
from oversight.metrics.registry import get_metric
from tests.agreements.histories import FIRST, LAST, a_register
from tests.factories import (
    AgencyFactory,
    AgreementFactory,
    AgreementStatusFactory,
    CountyFactory,
    ProgramManagerFactory,
    PublicationFactory,
    StateFactory,
    UserFactory,
)
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
MAP = "/map/"
PART = {"HTTP_HX_REQUEST": "true"}


def as_user(client, role=Role.HQ):
    user = UserFactory(role=role)
    client.force_login(user)
    return user


def with_counties() -> None:
    """Texas' agencies lie in Harris County, Florida's nowhere that the lists name."""
    Agency.objects.filter(state="TX").update(county=CountyFactory())


def rows_of(response) -> dict[str, int]:
    return {row.name: row.value for row in response.context["rows"]}


def words_on(response) -> set[str]:
    return set(re.findall(r"<title>([^<]*: \d[^<]*)</title>", response.content.decode()))


def test_a_state_s_figure_on_a_day_is_the_metric_s(client):
    a_register()
    as_user(client)
    for day in (FIRST, LAST):
        response = client.get(MAP, {"on": day.isoformat()})

        figures = get_metric("agreements.listed").compute(as_of=day)
        states = {item.subject.key: int(item.value) for item in figures if item.subject.level == "state"}
        assert rows_of(response) == {"Texas": states["TX"], "Florida": states["FL"]}
        nation = next(item for item in figures if item.subject == Subject("nation"))
        assert response.context["total"] == nation.value
        assert words_on(response) == {
            f"Texas: {states['TX']} listed agreements", f"Florida: {states['FL']} listed agreements"
        }  # fmt: skip


def test_agencies_count_once_in_all_and_once_under_each_model(client):
    publication = PublicationFactory()
    agency = AgencyFactory()
    for model in ("JEM", "TFM", "TFM"):
        agreement = AgreementFactory(agency=agency, model=model, first_publication=publication)
        AgreementStatusFactory(agreement=agreement)
    as_user(client)

    assert rows_of(client.get(MAP, {"measure": "agencies"})) == {"Texas": 1}
    assert rows_of(client.get(MAP, {"measure": "agencies", "model": "TFM"})) == {"Texas": 1}
    assert rows_of(client.get(MAP)) == {"Texas": 3}
    assert rows_of(client.get(MAP, {"model": "TFM"})) == {"Texas": 2}
    assert rows_of(client.get(MAP, {"model": "WSO"})) == {}


def test_counties_of_a_state_add_up_to_it_with_the_unknown_ones_in_a_line_of_their_own(client):
    a_register()
    with_counties()
    as_user(client)

    texas = client.get(MAP, {"level": "county", "state": "TX"})
    florida = client.get(MAP, {"level": "county", "state": "FL"})
    nation = client.get(MAP, {"level": "county"})

    assert rows_of(texas) == {"Harris County": 1}
    assert rows_of(florida) == {"County not known": 3}
    assert florida.context["map"].left_out == nation.context["map"].left_out == 3
    assert "3 listed agreements are not on the map" in florida.content.decode()
    assert rows_of(nation) == {"Florida": 3, "Texas": 1}
    assert words_on(nation) == {"Harris County, TX: 1 listed agreements"}
    assert "Bexar: none listed" in texas.content.decode()  # a chosen state is drawn whole


def test_everyone_sees_the_same_nation(client):
    a_register()
    seen = []
    for user in (UserFactory(role=Role.AUDITOR), ProgramManagerFactory().user):
        client.force_login(user)
        seen.append(rows_of(client.get(MAP)))
    assert seen[0] == seen[1] == {"Florida": 3, "Texas": 1}


DAYS = [dt.date(2025, 3, 1), dt.date(2025, 3, 10), dt.date(2025, 4, 1)]


@pytest.mark.parametrize(
    ("text", "shown", "note"),
    [
        ("", DAYS[2], ""),
        ("2025-03-10", DAYS[1], ""),
        ("2025-03-31", DAYS[1], "No list is of 2025-03-31. Shown is the list before it, of 2025-03-10."),
        ("2030-01-01", DAYS[2], "No list is of 2030-01-01. Shown is the list before it, of 2025-04-01."),
        ("2020-01-01", DAYS[0], "No list is as old as 2020-01-01. Shown is the oldest, of 2025-03-01."),
        ("yesterday", DAYS[2], "“yesterday” is not a day, such as 2025-04-01. Shown is the newest list."),
    ],
)
def test_a_day_without_a_list_shows_the_list_before_it_and_says_so(text, shown, note):
    choice = choose({"on": text}, days=DAYS, states=["TX"])
    assert (choice.on, choice.note) == (shown, note)


def test_an_address_carries_the_whole_choice_and_what_it_does_not_know_is_left_out():
    given = {"on": "2025-03-10", "level": "county", "measure": "agencies", "model": "JEM", "state": "TX"}
    choice = choose(given, days=DAYS, states=["TX"])
    assert choice.query == "on=2025-03-10&level=county&measure=agencies&model=JEM&state=TX"
    wrong = {"level": "moon", "measure": "tears", "model": "X", "state": "ZZ"}
    assert choose(wrong, days=DAYS, states=["TX"]).query == "on=2025-04-01"


def test_classes_have_fixed_limits_and_what_has_no_shape_is_counted_beside_the_map():
    counties = [MapPlace("48201", n, f"Harris: {n}") for n in (COUNTY_BREAKS[-1],)]
    drawn = county_map(
        [*counties, MapPlace("72001", 4, "Adjuntas: 4"), MapPlace("", 2, ": 2")], nothing="none"
    )
    assert [(group.shade, len(group.shapes)) for group in drawn.groups] == [(5, 1)]
    assert drawn.left_out == 6
    states = us_map([MapPlace("Texas", 10, "Texas: 10"), MapPlace("Guam", 1, "Guam: 1")], nothing="none")
    shades = {shape.place.key: group.shade for group in states.groups for shape in group.shapes}
    assert (shades["Texas"], shades["Ohio"], states.left_out) == (2, 0, 1)
    with pytest.raises(KeyError):
        county_map([], nothing="none", state="Guam")


def test_a_territory_has_its_counties_in_the_table_only(client):
    publication = PublicationFactory()
    guam = StateFactory(code="GU", name="Guam")
    agreement = AgreementFactory(agency=AgencyFactory(state=guam), first_publication=publication)
    AgreementStatusFactory(agreement=agreement)
    as_user(client)

    response = client.get(MAP, {"level": "county", "state": "GU"})

    assert rows_of(response) == {"County not known": 1}
    assert response.context["map"].left_out == 1


def test_a_step_to_another_day_is_a_part_that_the_browser_keeps(client):
    a_register()
    as_user(client)
    first = client.get(MAP, {"on": LAST.isoformat()}, **PART)
    again = client.get(MAP, {"on": LAST.isoformat()}, HTTP_IF_NONE_MATCH=first["ETag"], **PART)
    other = client.get(MAP, {"on": FIRST.isoformat()}, HTTP_IF_NONE_MATCH=first["ETag"], **PART)

    assert "<html" not in first.content.decode()
    assert "HX-Request" in first["Vary"]
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    whole = client.get(MAP, {"on": LAST.isoformat()}, HTTP_IF_NONE_MATCH=first["ETag"])
    assert whole.status_code == 200


def test_a_change_of_the_register_makes_the_part_new(client):
    a_register()
    as_user(client)
    first = client.get(MAP, **PART)
    RegisterState.objects.update(version=7)
    assert client.get(MAP, HTTP_IF_NONE_MATCH=first["ETag"], **PART).status_code == 200


def test_a_staff_statement_shows_at_once_and_so_does_its_withdrawal(client):
    a_register()
    as_user(client)
    before = client.get(MAP, **PART)
    agreement = Agreement.objects.filter(status=Status.ACTIVE, agency__state="FL").first()
    statement = AgreementStatusFactory(
        agreement=agreement, status=Status.SUSPENDED, begins_on=LAST, origin=Origin.STAFF, publication=None
    )
    after = client.get(MAP, HTTP_IF_NONE_MATCH=before["ETag"], **PART)
    AgreementStatus.objects.filter(pk=statement.pk).update(withdrawn_at=timezone.now())
    again = client.get(MAP, HTTP_IF_NONE_MATCH=after["ETag"], **PART)

    assert [rows_of(answer)["Florida"] for answer in (before, after, again)] == [3, 2, 3]


def test_a_day_is_computed_once_for_all_who_look_at_it(client, django_assert_num_queries):
    a_register()
    mark = register_mark()
    first = places_of_day(on=LAST, mark=mark)
    with django_assert_num_queries(0):
        assert places_of_day(on=LAST, mark=mark) == first
    assert places_of_day(on=LAST) == first


def test_without_lists_the_page_says_what_to_do(client):
    as_user(client)
    assert "No participating list has been imported yet." in client.get(MAP).content.decode()
    assert client.post(reverse("agreements:map_export")).status_code == 302


def test_the_exported_table_is_the_table_beside_the_map(client, tmp_path, django_capture_on_commit_callbacks):
    a_register()
    with_counties()
    as_user(client)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("agreements:map_export"), {"query": "on=2025-03-10&level=county&state=TX"}
        )
    assert client.get(answer["Location"]).context["job"].state == "done"

    out = tmp_path / "places.csv"
    call_command("export", "agreements_by_place", "--on", "2025-03-10", format="csv", out=str(out))
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    on_page = rows_of(client.get(MAP, {"on": "2025-03-10"}))
    assert {row["state_name"]: int(row["listed"]) for row in rows} == on_page
    for row in rows:
        models = ("jem", "wso", "tfm", "joint", "model_not_read")
        assert sum(int(row[model]) for model in models) == int(row["listed"])


def test_the_shapes_are_served_once_and_kept(client):
    as_user(client)
    response = client.get(reverse("console:map_shapes", args=["counties"]))
    assert response["Content-Type"] == "image/svg+xml"
    assert "immutable" in response["Cache-Control"]
    assert response.content == shapes_svg("counties")
    assert b'id="c48201"' in response.content
    assert client.get(reverse("console:map_shapes", args=["moons"])).status_code == 404


def test_staff_statements_take_an_agreement_off_the_map_from_their_day_on(client):
    a_register()  # one agreement of Texas is printed on the newest list, but suspended by staff from then on
    as_user(client)
    assert rows_of(client.get(MAP, {"on": "2025-03-01"}))["Texas"] == 4
    assert rows_of(client.get(MAP, {"on": LAST.isoformat()}))["Texas"] == 1


@pytest.mark.parametrize("times", [1, 10])
def test_queries_do_not_grow_with_the_register(times, client):
    a_register(times=times)
    with_counties()
    as_user(client)
    client.get(MAP)
    for name, query, headers in (
        ("map", {}, {}),
        ("map.part", {"level": "county", "state": "TX", "on": "2025-03-01"}, PART),
    ):
        with baseline_queries(name) as made:
            client.get(MAP, query, **headers)
        assert len(made.captured_queries) <= 12
