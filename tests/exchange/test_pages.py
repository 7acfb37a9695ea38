"""Pages of exports and jobs: what is on screen goes into the file, for the person who asked only."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.console.lists import all_lists, get_list
from oversight.exchange.choices import JobState
from oversight.exchange.exports import ExportContext, get_export
from oversight.exchange.models import ExportPackage, Job
from oversight.exchange.writers import Format, write
from tests.factories import AgencyFactory, AgreementFactory, PublicationFactory, StateFactory, UserFactory

pytestmark = pytest.mark.django_db
START = "/exports/new/?list=agreements&format=csv"


@pytest.fixture
def hq(client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def agreements():
    florida = AgencyFactory(name="=cmd County SO", state=StateFactory(code="FL"))
    return [
        AgreementFactory(ref="MOA-00000001", signed_on=dt.date(2025, 2, 1)),
        AgreementFactory(ref="MOA-00000002", agency=florida, signed_on=dt.date(2025, 3, 1)),
    ]


def export(client, query: str, django_capture_on_commit_callbacks, **form) -> list[dict[str, str]]:
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(query, {"format": "csv", **form})
    assert response.status_code == 302, response.content
    job = Job.objects.latest("created_at")
    assert response["Location"] == reverse("exchange:job", args=[job.pk])
    assert job.state == JobState.DONE, job.error
    page = client.get(response["Location"]).content.decode()
    download = re.search(r'href="(/exports/\d+/download/)"', page)[1]
    content = b"".join(client.get(download).streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        (name,) = [name for name in package.namelist() if name != "manifest.json"]
        return list(csv.DictReader(io.StringIO(package.read(name).decode("utf-8"), newline="")))


class TestStart:
    def test_it_says_what_will_be_written(self, hq, agreements) -> None:
        page = hq.get(f"{START}&state=FL").content.decode()
        assert "<strong>1</strong> row:" in page
        assert "Florida" in page

    def test_the_file_holds_what_the_page_shows(
        self, hq, agreements, django_capture_on_commit_callbacks
    ) -> None:
        rows = export(hq, f"{START}&sort=-signed", django_capture_on_commit_callbacks)
        assert [row["Signed"] for row in rows] == ["2025-03-01", "2025-02-01"]
        table = get_list("agreements").table([])
        shown = [str(column.header) for column in table.columns if not column.column.exclude_from_export]
        assert list(rows[0]) == shown
        assert rows[0]["Agency"] == "'=cmd County SO"
        filtered = export(hq, f"{START}&state=TX", django_capture_on_commit_callbacks)
        assert len(filtered) == 1

    def test_an_address_that_is_not_understood_starts_nothing(self, hq, agreements) -> None:
        for query in ("&state=ZZ", "&nonsense=1", "&sort=nonsense"):
            for answer in (hq.get(START + query), hq.post(START + query, {"format": "csv"})):
                assert answer.status_code == 422
                assert b"not understood" in answer.content
        assert hq.post(START, {"format": "pdf"}).status_code == 422
        assert hq.get("/exports/new/?list=nonsense").status_code == 404
        assert not Job.objects.exists()

    def test_a_list_of_another_role_is_refused(self, client) -> None:
        client.force_login(UserFactory(role=Role.FIELD_PM))
        assert client.get("/exports/new/?list=reviews").status_code == 403
        assert client.post("/exports/new/?list=reviews", {"format": "csv"}).status_code == 403


class TestEveryList:
    @pytest.mark.parametrize("key", [spec.key for spec in all_lists()])
    def test_it_can_be_exported_in_a_fixed_number_of_queries(self, key, agreements, tmp_path: Path) -> None:
        user = UserFactory(role=Role.HQ, is_administrator=True)
        listed = get_export(f"list:{key}")
        context = ExportContext(person(user))

        def make() -> tuple[int, int]:
            cache.clear()  # what is kept for some minutes is asked for both times
            with CaptureQueriesContext(connection) as captured:
                columns, rows = listed.columns(context), listed.rows(context)
                n = write(tmp_path / "out.csv", file_format=Format.CSV, columns=columns, rows=rows)
            return n, len(captured)

        n, queries = make()
        for _ in range(10):
            AgreementFactory()
        more, again = make()
        assert queries == again
        assert more >= n
        text = (tmp_path / "out.csv").read_text(encoding="utf-8")
        assert "<" not in text.split("\r\n")[0]
        assert "</" not in text


@pytest.mark.parametrize(
    "address", ["agreements:agreement_list", "agreements:map", "console:changes", "console:home"]
)
@pytest.mark.parametrize(("values", "offered"), [
    ({"role": Role.AUDITOR}, True),
    ({"role": "", "is_administrator": True}, False),
    ({"role": Role.HQ, "is_administrator": True}, True),
])  # fmt: skip
def test_an_export_is_offered_to_those_who_may_make_it_only(
    client, agreements, address, values, offered
) -> None:
    """Administrators read, and take nothing out, unless they have another role as well."""
    for day in (dt.date(2025, 3, 3), dt.date(2025, 4, 3)):
        PublicationFactory(published_on=day)
    client.force_login(UserFactory(**values))
    response = client.get(reverse(address))
    page = (b"".join(response) if response.streaming else response.content).decode()
    main = page[page.index("<main") :]
    assert ("/export" in main) is offered, re.findall(r'"[^"]*/export[^"]*"', main)


class TestJobPage:
    def make(self, **values) -> Job:
        return Job.objects.create(kind="exchange.export", **values)

    def test_only_owner_and_administrator_see_it(self, client) -> None:
        owner = UserFactory()
        job = self.make(created_by=owner)
        for user, status in [
            (owner, 200),
            (UserFactory(role="", is_administrator=True), 200),
            (UserFactory(), 404),
            (UserFactory(role=Role.AUDITOR), 404),
        ]:
            client.force_login(user)
            assert client.get(f"/jobs/{job.pk}/").status_code == status

    def test_an_administrator_sees_the_job_but_gets_no_link_to_the_file(self, client, agreements) -> None:
        owner = UserFactory()
        job = self.make(created_by=owner, state=JobState.DONE, result={"rows": 2})
        package = ExportPackage.objects.create(
            job=job,
            name="x",
            file="exports/x.zip",
            file_name="x.zip",
            manifest={"files": []},
            created_by=owner,
        )
        client.force_login(UserFactory(is_administrator=True))
        page = client.get(f"/jobs/{job.pk}/").content.decode()
        assert "2 rows written" in page
        assert "download" not in page
        assert client.get(f"/exports/{package.pk}/download/").status_code == 404

    def test_it_asks_again_until_it_is_over(self, hq) -> None:
        job = self.make(created_by=hq.user, state=JobState.RUNNING, done=20, total=80, message="Writing rows")
        address = f"/jobs/{job.pk}/"
        page = hq.get(address).content.decode()
        assert 'hx-trigger="every 1s"' in page
        assert '<progress class="job-progress" aria-labelledby="job-words" value="20" max="80">' in page
        assert f'href="{address}">Look again' in page
        part = hq.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in part
        assert 'id="job-status"' in part
        Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, error="The disk is full. Tell us.")
        page = hq.get(address).content.decode()
        assert "hx-trigger" not in page
        assert "The disk is full. Tell us." in page

    def test_its_own_exports_are_listed(self, hq, agreements, django_capture_on_commit_callbacks) -> None:
        assert b"You have made no exports" in hq.get("/exports/").content
        export(hq, START, django_capture_on_commit_callbacks)
        ExportPackage.objects.create(
            name="x", title="Of another", file_name="x.zip", manifest={"files": []}, created_by=UserFactory()
        )
        page = hq.get("/exports/").content.decode()
        assert "Agreements" in page
        assert "Of another" not in page

    def test_a_file_gone_from_storage_is_told(
        self, hq, agreements, django_capture_on_commit_callbacks
    ) -> None:
        export(hq, START, django_capture_on_commit_callbacks)
        package = ExportPackage.objects.get()
        Path(package.file.path).unlink()
        response = hq.get(f"/exports/{package.pk}/download/", follow=True)
        assert b"no longer in storage" in response.content
