"""The page of a figure: what it says, what it said, who sees which rows, and that files add up to it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from agreements.choices import Status
from agreements.models import AgreementStatus
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.exchange.jobs import run
from oversight.exchange.models import ExportPackage, Job
from oversight.metrics import services
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Subject
from oversight.metrics.choices import Direction, Level, Part
from oversight.metrics.explain import cited
from oversight.metrics.models import Definition, Snapshot
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.rows import table_of
from oversight.metrics.selectors import newest_snapshots, snapshot_history
from oversight.metrics.services.targets import NewTarget, target_set
from oversight.metrics.views.figure import cite_stamp
from tests.factories import (
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    UserFactory,
)
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 6, 1)
NATION = Subject(Level.NATION)
HOUSTON = Subject(Level.OFFICE, "houston")
LISTED = "agreements.listed"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def hq():
    return signed_in(UserFactory(role=Role.HQ))


def listed(office="houston", **more):
    agreement = AgreementFactory(**more)
    AgencyOfficeFactory(agency=agreement.agency, office=FieldOfficeFactory(slug=office))
    return AgreementStatusFactory(agreement=agreement, begins_on=dt.date(2025, 3, 1)).agreement


def url(key=LISTED, subject=NATION, day=DAY, version=None) -> str:
    return figure_url(metric=key, subject=subject, as_of=day, version=version)


def page(client, address, status=200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return " ".join(unescape(answer.content.decode()).split())


def change_the_past(reason="list of 2025-05-30 applied"):
    """The agreement's listing turns out to have ended before the day."""
    AgreementStatus.objects.update(ends_on=dt.date(2025, 5, 1))
    services.days_mark_stale(ranges=[(dt.date(2025, 5, 1), None)], reason=reason)
    services.stale_days_fill()


def test_the_page_gives_value_formula_parts_day_and_source(hq):
    listed()
    ProgramManagerFactory(office__slug="houston")
    ProgramManagerFactory(office__slug="houston")
    services.day_fill(as_of=DAY)
    text = page(hq, url("staffing.agencies_per_pm", HOUSTON))
    assert "Agencies per program manager, Houston field office" in text
    assert "1 agencies listed / 2 program managers on board = 0.5" in text
    assert "OIG-18-77: 76 agencies, 20 program managers in March 2018" in text
    assert "How many program manager positions are authorized" in text  # the gap it names
    assert "GAO-21-186 found that the program has no performance goals" in text


def test_a_figure_without_a_value_says_why_and_shows_no_zero(hq):
    listed()
    services.day_fill(as_of=DAY)
    text = page(hq, url("staffing.agencies_per_pm", HOUSTON))
    assert "No value" in text
    assert "No PM" in text


def test_a_day_without_snapshots_offers_to_compute_them_and_does(hq):
    listed()
    text = page(hq, url())
    assert "No figure of 2025-06-01 is stored yet" in text
    answer = hq.post(f"{url()}compute/")
    job = Job.objects.get()
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    run(job_id=job.pk)
    assert "agreements listed = 1" in page(hq, url())


def test_a_day_in_the_future_and_an_address_that_is_none_answer_404(hq):
    services.day_fill(as_of=DAY)
    tomorrow = timezone.localdate() + dt.timedelta(days=2)
    assert "is in the future: there are no figures of it" in page(hq, url(day=tomorrow), 404)
    for wrong in (
        "/figures/no.such/v1/nation/-/2025-06-01/",
        "/figures/agreements.listed/v1/nation/TX/2025-06-01/",
        "/figures/agreements.listed/v1/state/-/2025-06-01/",
        "/figures/agreements.listed/v1/state/ZZ/2025-06-01/",
        "/figures/agreements.listed/v1/planet/-/2025-06-01/",
        "/figures/agreements.listed/v1/nation/-/2025-06-31/",
        "/figures/agreements.listed/v1/nation/-/20250601/",
        "/figures/agreements.listed/v7/nation/-/2025-06-01/",
        "/figures/staffing.agencies_per_pm/v1/state/TX/2025-06-01/",
    ):
        page(hq, wrong, 404)


def test_a_subject_that_did_not_come_into_the_day_has_no_figure_and_no_zero(hq):
    listed()
    services.day_fill(as_of=DAY)
    assert "Florida has no figure on 2025-06-01" in page(hq, url(subject=Subject(Level.STATE, "FL")))


def test_a_cited_figure_says_that_it_is_unchanged_or_what_it_became_when_and_why(hq):
    listed()
    services.day_fill(as_of=DAY)
    first = Snapshot.objects.get(metric=LISTED, level=Level.NATION)
    at = f"{url()}?cited={cite_stamp(first.computed_at)}"
    assert f"?cited={cite_stamp(first.computed_at)}" in page(hq, url())
    assert "Unchanged since it was cited" in page(hq, at)
    change_the_past()
    text = page(hq, at)
    assert "This figure has changed since it was cited" in text
    assert "From 1 to <strong>0</strong>" in text
    assert "list of 2025-05-30 applied" in text
    assert "cannot be read" in page(hq, f"{url()}?cited=yesterday")
    assert "no such figure had been computed" in page(hq, f"{url()}?cited=2001-01-01T00:00:00Z")


def test_a_figure_that_changed_and_changed_back_is_the_same_as_cited():
    listed()
    services.day_fill(as_of=DAY)
    at = Snapshot.objects.get(metric=LISTED, level=Level.NATION).computed_at
    change_the_past()
    AgreementStatus.objects.update(ends_on=None)
    services.days_mark_stale(ranges=[(DAY, None)], reason="undone")
    services.stale_days_fill()
    told = cited(list(snapshot_history(metric=LISTED, subject=NATION, as_of=DAY)), at)
    assert [(step.before.value, step.after.value, step.why) for step in told.changes] == [
        (1, 0, "list of 2025-05-30 applied"),
        (0, 1, "undone"),
    ]
    assert told.is_same


def test_an_older_definition_keeps_its_last_figure_and_names_the_one_in_use(hq, monkeypatch):
    listed()
    services.day_fill(as_of=DAY)
    metric = type(get_metric(LISTED))
    monkeypatch.setattr(metric, "version", 2)
    monkeypatch.setattr(metric, "words", "Counted in another way.")
    listed()
    services.days_mark_stale(ranges=[(DAY, None)], reason="test")
    services.stale_days_fill()
    old = page(hq, url(version=1))
    assert "The definition in use is 2" in old
    assert "agreements listed = 1" in old
    assert "Records are told under the definition in use only" in old
    new = page(hq, url())
    assert "agreements listed = 2" in new
    assert "<ins>Counted in another way.</ins>" in new
    stamp = cite_stamp(Snapshot.objects.filter(metric=LISTED, version=1).latest("pk").computed_at)
    assert "the definition changed from version 1 to 2" in page(hq, f"{url(version=1)}?cited={stamp}")
    assert Definition.objects.filter(metric=LISTED).count() == 2


def test_a_figure_whose_facts_have_changed_says_that_it_is_being_computed_again(hq):
    listed()
    services.day_fill(as_of=DAY)
    services.days_mark_stale(ranges=[(DAY, None)], reason="MOA-TEST1 suspended")
    assert "Facts have changed since this figure was computed (MOA-TEST1 suspended)" in page(hq, url())


def test_a_field_pm_sees_the_figure_its_parts_and_count_but_only_the_own_rows():
    own, foreign = listed(), listed(office="miami")
    services.day_fill(as_of=DAY)
    pm = ProgramManagerFactory(office__slug="houston").user
    text = page(signed_in(pm), url())
    assert "2 records, 1 of them yours" in text
    assert own.agency.name in text
    assert foreign.agency.name not in text
    text = page(signed_in(pm), url(subject=Subject(Level.OFFICE, "miami")))
    assert "None of these records lie within your area" in text
    assert foreign.agency.name not in text
    moved = page(signed_in(pm), f"{url()}moved/?from=2025-02-01")
    assert own.agency.name in moved
    assert foreign.agency.name not in moved


def test_a_target_shows_whether_it_is_met_since_when_who_owns_it_and_its_source(hq):
    listed()
    actor = person(UserFactory(role=Role.HQ))
    for number in range(3):
        services.day_fill(as_of=DAY + dt.timedelta(days=number))
    target_set(
        actor=actor,
        new=NewTarget(LISTED, NATION, Direction.AT_LEAST, 1, dt.date(2025, 1, 1), "Unit Chief", "Memo 7"),
    )
    text = page(hq, url(day=DAY + dt.timedelta(days=2)))
    assert "At least 1 agreements" in text
    assert "Met" in text
    assert 'since <span class="date">2025-06-01</span> or earlier' in text
    assert "Unit Chief" in text
    assert "Memo 7" in text
    assert "Missed" not in text


def test_every_part_of_every_metric_has_a_list_that_shows_its_records():
    for metric in all_metrics():
        for rows in metric.part_rows(as_of=DAY, subject=NATION).values():
            assert (metric.row_table(as_of=DAY, subject=NATION) or table_of(rows.model)).table


def export_of(client, user, address, **data) -> list[dict[str, str]]:
    client.post(f"{address}export/", {"format": "csv", **data})
    run(job_id=Job.objects.filter(created_by=user).latest("created_at").pk)
    package = ExportPackage.objects.filter(created_by=user).latest("pk")
    with zipfile.ZipFile(package.file.open("rb")) as archive:
        name = next(item for item in archive.namelist() if item.endswith(".csv"))
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def test_the_export_of_the_rows_adds_up_to_the_figure_and_its_parts(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for office in ("houston", "houston", "miami"):
        listed(office)
    pending = AgreementFactory(status=Status.PENDING)
    AgreementStatusFactory(agreement=pending, status=Status.PENDING)
    ProgramManagerFactory(office__slug="houston")
    services.day_fill(as_of=DAY)
    user = UserFactory(role=Role.AUDITOR)
    client = signed_in(user)
    shown = newest_snapshots(as_of=DAY, metrics=[LISTED, "staffing.agencies_per_pm"])
    rows = export_of(client, user, url(subject=HOUSTON))
    assert len(rows) == shown[LISTED, HOUSTON].value == 2
    assert {row["Status"] for row in rows} == {"Active"}
    ratio = shown["staffing.agencies_per_pm", HOUSTON]
    address = url("staffing.agencies_per_pm", HOUSTON)
    assert len(export_of(client, user, address, part=Part.NUMERATOR)) == ratio.numerator == 2
    assert len(export_of(client, user, address, part=Part.DENOMINATOR)) == ratio.denominator == 1


def test_the_export_of_a_field_pm_holds_the_own_rows_only(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    own = listed()
    listed("miami")
    services.day_fill(as_of=DAY)
    user = ProgramManagerFactory(office__slug="houston").user
    rows = export_of(signed_in(user), user, url())
    assert [row["Reference"] for row in rows] == [own.ref]


def test_the_values_of_all_subjects_are_a_sortable_table_and_a_file(hq):
    for office in ("houston", "houston", "miami"):
        listed(office)
    services.day_fill(as_of=DAY)
    text = page(hq, "/figures/agreements.listed/?level=office&day=2025-06-01")
    assert text.index("Houston field office</a>") < text.index("Miami field office</a>")
    assert "which is no zero" in text
    text = page(hq, "/figures/agreements.listed/?level=office&day=2025-06-01&sort=value")
    assert text.index("Houston field office</a>") > text.index("Miami field office</a>")
    assert "in the future" in page(hq, "/figures/agreements.listed/?day=2999-01-01", 400)
    assert hq.post("/figures/agreements.listed/export/", {"day": "2025-06-01"}).status_code == 302


def test_the_catalogue_lists_every_metric_and_searches_names_and_sources(hq):
    listed()
    services.day_fill(as_of=timezone.localdate())
    text = page(hq, "/figures/")
    assert f'href="{url(day=timezone.localdate())}"><strong>1</strong>' in text
    for metric in all_metrics():
        assert metric.name in text
    found = page(hq, "/figures/?q=oig-18-77+median")
    assert "Span of program managers, median" in found
    assert "Listed agreements<" not in found
    assert "No figure matches" in page(hq, "/figures/?q=nothing+such")


def test_another_day_subject_or_metric_is_found_by_a_form_without_scripts(hq):
    answer = hq.get("/figures/find/?metric=agreements.listed&level=state&subject=TX&day=2025-06-01")
    assert answer.headers["Location"] == url(subject=Subject(Level.STATE, "TX"))
    answer = hq.get("/figures/find/?metric=staffing.span_max&level=state&subject=TX&day=2025-06-01")
    assert answer.headers["Location"] == url("staffing.span_max")


def test_a_movement_is_compared_between_any_two_days_and_says_what_is_wrong_with_them(hq):
    listed()
    for day in (dt.date(2025, 2, 1), DAY):
        services.day_fill(as_of=day)
    text = page(hq, f"{url()}moved/?from=2025-02-01&to=2025-06-01")
    assert "First listed" in text
    assert "+1" in text
    assert "comes after the last" in page(hq, f"{url()}moved/?from=2025-06-02", 400)
    assert "year-month-day" in page(hq, f"{url()}moved/?from=x", 400)
    assert "in the future" in page(hq, f"{url()}moved/?to=2999-01-01", 400)


@pytest.mark.parametrize("role", ["hq", "pm"])
def test_pages_of_figures_take_a_constant_number_of_queries(role, hq):
    for _ in range(3):
        listed()
    manager = ProgramManagerFactory(office__slug="houston")
    client = hq if role == "hq" else signed_in(manager.user)
    for number in range(0, 21, 7):
        services.day_fill(as_of=DAY - dt.timedelta(days=number))
    services.day_fill(as_of=timezone.localdate())  # the catalogue is of now
    ratio = url("staffing.agreements_per_pm", HOUSTON)
    for name, address in (
        ("figure", ratio),
        ("moved", f"{ratio}moved/?from=2025-05-25"),
        ("metric", "/figures/agreements.listed/?level=office&day=2025-06-01"),
        ("catalogue", "/figures/"),
        ("targets", "/targets/"),
        ("gaps", "/gaps/"),
    ):
        with baseline_queries(f"metrics.{name}.{role}"):
            page(client, address)
