"""Exports from the command and as jobs, and the proof that what was handed out was not altered."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
import re
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from agreements.models import AgencyOffice, Observation, PrintedRow, PublicationFile
from agreements.services.store import CLEANING_VERSION
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.access.permissions import NotAllowed
from oversight.exchange import exports, packages
from oversight.exchange.choices import JobState
from oversight.exchange.columns import Column, Kind
from oversight.exchange.exports import BadParameters, Export, ListedRows, all_exports
from oversight.exchange.jobs import JobError, run_now
from oversight.exchange.models import ExportPackage, Job
from oversight.exchange.verification import verify
from oversight.exchange.workspace import remove_leftovers, workspace
from oversight.exchange.writers import Format, write
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

OBSERVATION_HEADER = (
    "publication,file,row,state,agency,type,county,support_type,signed,moa_url,agency_ref,agreement_ref,rule"
)


# What an export must be told, as its form leaves it.
PARAMETERS = {
    "figure_rows": {"metric": "agreements.listed", "level": "nation", "subject": "", "part": ""},
    "figure_values": {"metric": "agreements.listed", "level": ""},
    "installation_delay_requests": {
        "part": "left",
        "stage": "isa",
        "office": "",
        "model": "",
        "year": None,
        "owner": "",
        "month": "",
        "low": None,
        "high": None,
        "days": None,
    },
    "changes": {"first": dt.date(2025, 3, 2), "last": dt.date(2025, 4, 2)},
    "agreements_by_place": {"on": dt.date(2025, 4, 2), "level": "county", "state": ""},
}


def print_row(publication, agreement, number: int = 2, rule: str = "canonical_name", **cells) -> Observation:
    texts = {
        "state": "TEXAS",
        "agency": "Example County SO",
        "type": "County",
        "county": "Example",
        "support_type": "Jail Enforcement Model",
        "signed": "2025-02-01",
        "signed_is_date": True,
        "moa": "Link",
        "moa_url": "https://example.test/moa.pdf",
        "addendum": None,
        "addendum_url": "",
        "extra": [],
    } | cells
    row = PrintedRow.objects.create(
        digest=f"{publication.pk}-{number}",
        kind=publication.kind,
        cells=texts,
        cleaning_version=CLEANING_VERSION,
        name=texts["agency"],
        canonical=texts["agency"].lower(),
        agreement=agreement,
        rule=rule,
    )
    return Observation.objects.create(publication=publication, row_number=number, printed_row=row)


def add_file(publication, name: str, day: int) -> None:
    at = dt.datetime(2025, 3, day, tzinfo=dt.UTC)
    PublicationFile.objects.create(
        publication=publication,
        file_name=name,
        sha256=name,
        size=1,
        ordered_at=at,
        published_on=at.date(),
        basis="file name",
    )


@pytest.fixture
def register():
    """Two lists; an agreement found to be another's double; a cell that is a formula."""
    first = PublicationFactory(content_digest="1a2b3c4d" + "0" * 56, published_on=dt.date(2025, 3, 1))
    second = PublicationFactory(content_digest="5e6f7a8b" + "0" * 56, published_on=dt.date(2025, 4, 1))
    add_file(first, "participatingAgencies03012025pm.xlsx", 2)
    add_file(first, "participatingAgencies03012025am.xlsx", 1)
    add_file(second, "participatingAgencies04012025am.xlsx", 3)
    root = AgreementFactory(
        ref="MOA-AAAAAAAA",
        agency=AgencyFactory(ref="LEA-AAAAAAAA"),
        first_publication=first,
        last_publication=second,
    )
    double = AgreementFactory(
        ref="MOA-BBBBBBBB",
        agency=AgencyFactory(ref="LEA-BBBBBBBB", merged_into=root.agency),
        merged_into=root,
        first_publication=first,
    )
    print_row(first, root)
    print_row(
        first, double, 3, agency="=Example\nCounty SO ", signed="Pending", signed_is_date=False, rule="typo"
    )
    print_row(second, root, 2, county=None)
    return root


def run_export(tmp_path: Path, name: str, **options) -> Path:
    out = tmp_path / f"{name}.{options.get('format', 'csv')}"
    call_command("export", name, out=str(out), stdout=io.StringIO(), **options)
    return out


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestCommand:
    def test_observations_carry_the_cells_and_what_they_were_taken_for(self, register, tmp_path) -> None:
        path = run_export(tmp_path, "observations")
        assert path.read_bytes().split(b"\r\n")[0].decode() == OBSERVATION_HEADER
        first, second, third = read(path)
        assert first == {
            "publication": "participating-2025-03-01-1a2b3c4d",
            "file": "participatingAgencies03012025am.xlsx",
            "row": "2",
            "state": "TEXAS",
            "agency": "Example County SO",
            "type": "County",
            "county": "Example",
            "support_type": "Jail Enforcement Model",
            "signed": "2025-02-01",
            "moa_url": "https://example.test/moa.pdf",
            "agency_ref": "LEA-AAAAAAAA",
            "agreement_ref": "MOA-AAAAAAAA",
            "rule": "canonical_name",
        }
        # the double's refs lead to the ones that stand; the text is verbatim behind the guard
        assert (second["agency_ref"], second["agreement_ref"]) == ("LEA-AAAAAAAA", "MOA-AAAAAAAA")
        assert (second["agency"], second["signed"], second["rule"]) == (
            "'=Example\nCounty SO ",
            "Pending",
            "typo",
        )
        assert (third["publication"], third["county"]) == ("participating-2025-04-01-5e6f7a8b", "")

    def test_observations_of_a_past_date_leave_out_later_lists(self, register, tmp_path) -> None:
        path = run_export(tmp_path, "observations", as_of="2025-03-31")
        assert [row["row"] for row in read(path)] == ["2", "3"]
        assert json.loads((tmp_path / "observations.csv.manifest.json").read_text())["as_of"] == "2025-03-31"

    def test_agreements_and_agencies_list_what_stands_and_name_its_doubles(self, register, tmp_path) -> None:
        (agreement,) = read(run_export(tmp_path, "agreements"))
        assert agreement["ref"] == "MOA-AAAAAAAA"
        assert agreement["merged_refs"] == "MOA-BBBBBBBB"
        assert (agreement["first_list_on"], agreement["last_list_on"]) == ("2025-03-01", "2025-04-01")
        (agency,) = read(run_export(tmp_path, "agencies"))
        assert (agency["ref"], agency["merged_refs"], agency["agreements"]) == (
            "LEA-AAAAAAAA",
            "LEA-BBBBBBBB",
            "1",
        )
        assert (agency["ever_participating"], agency["synthetic"]) == ("true", "false")

    @pytest.mark.parametrize("name", [export.name for export in all_exports()])
    def test_queries_do_not_grow_with_rows(self, name, register, django_assert_num_queries) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        actor, day = person(UserFactory(role=Role.HQ)), dt.date(2025, 4, 2)

        def count() -> int:
            export = exports.get_export(name)
            context = exports.ExportContext(
                actor, as_of=day if export.takes_as_of else None, parameters=PARAMETERS.get(name, {})
            )
            with CaptureQueriesContext(connection) as captured, workspace() as folder:
                write(
                    folder / "x",
                    file_format=Format.JSON,
                    columns=export.columns(context),
                    rows=export.rows(context),
                )
            return len(captured)

        before = count()
        for number in range(10, 30):
            print_row(
                register.first_publication,
                AgreementFactory(first_publication=register.first_publication),
                number,
            )
        assert count() <= before

    @pytest.mark.parametrize("file_format", ["csv", "json", "xlsx"])
    def test_the_manifest_beside_the_file_proves_it(self, register, tmp_path, file_format) -> None:
        path = run_export(tmp_path, "observations", format=file_format)
        manifest = json.loads((tmp_path / f"observations.{file_format}.manifest.json").read_text())
        (entry,) = manifest["files"]
        assert (entry["name"], entry["rows"], entry["bytes"]) == (path.name, 3, path.stat().st_size)
        assert manifest["user"] == {"username": None, "name": "export", "roles": [], "sees": "all records"}
        assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["software"]["version"])
        report = verify(path)
        assert (report.problems, report.rows, report.files) == ([], 3, 1)

    def test_it_refuses_in_plain_words_and_leaves_no_file(self, register, tmp_path) -> None:
        out = tmp_path / "out.csv"
        for name, options, said in [
            ("nonsense", {}, "There is no export “nonsense”. There are: agencies, agreements,"),
            ("agreements", {"as_of": "2025-01-01"}, "“Agreements” shows the records as they are now."),
            ("observations", {"as_of": "31.3.2025"}, "“31.3.2025” is no date."),
            ("agencies", {"user": "nobody"}, "There is no active user “nobody”."),
        ]:
            with pytest.raises(CommandError, match=re.escape(said)):
                call_command("export", name, out=str(out), **options)
        for folder in (str(tmp_path / "no" / "folder.csv"), f"{tmp_path}/folder/"):
            with pytest.raises(CommandError, match="its folder does not exist"):
                call_command("export", "agencies", out=folder)
        assert list(tmp_path.iterdir()) == []

    def test_a_half_written_file_never_stands_under_its_name(self, register, tmp_path, monkeypatch) -> None:
        out = tmp_path / "agencies.csv"
        out.write_text("of last week")

        def fails(*args: object, **kwargs: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(packages.shutil, "copyfile", fails)
        with pytest.raises(CommandError, match="No space left on device"):
            call_command("export", "agencies", out=str(out))
        assert out.read_text() == "of last week"
        assert not ExportPackage.objects.exists()

    def test_every_export_is_in_the_trail(self, register, tmp_path) -> None:
        run_export(tmp_path, "agencies")
        entry = TrailEntry.objects.get(verb="export.created")
        assert entry.after["rows"] == 1
        assert entry.actor_label == "export"


class TestScope:
    @pytest.fixture
    def houston(self, register):
        """A field PM at Houston, the register's agency in Houston, one elsewhere."""
        office = FieldOfficeFactory(slug="houston")
        AgencyOffice.objects.all().delete()
        AgencyOfficeFactory(agency=register.agency, office=office)
        AgreementFactory(ref="MOA-ELSEWHERE", first_publication=register.first_publication)
        return ProgramManagerFactory(office=office).user

    def test_a_field_pm_takes_out_the_own_office_only(self, houston, tmp_path) -> None:
        assert len(read(run_export(tmp_path, "agreements"))) == 2
        (own,) = read(run_export(tmp_path, "agreements", user=houston.username))
        assert own["ref"] == "MOA-AAAAAAAA"
        manifest = json.loads((tmp_path / "agreements.csv.manifest.json").read_text())
        assert manifest["user"]["sees"] == "own records only"

    def test_what_counts_is_the_scope_when_the_worker_runs(self, houston) -> None:
        request = packages.ExportRequest("agreements", Format.CSV, {})
        job = packages.export_enqueue(actor=person(houston), request=request)
        assert job.state == JobState.QUEUED
        AgencyOffice.objects.all().delete()  # the agency moved before the worker came
        packages.jobs.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.result["rows"]) == (JobState.DONE, 0)

    def test_a_role_taken_away_stops_the_job(self, houston) -> None:
        job = packages.export_enqueue(
            actor=person(houston), request=packages.ExportRequest("agreements", Format.CSV, {})
        )
        type(houston).objects.filter(pk=houston.pk).update(role="")
        packages.jobs.run(job_id=job.pk)
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        assert "no longer allows" in job.error
        houston.refresh_from_db()
        with pytest.raises(NotAllowed):
            packages.export_enqueue(
                actor=person(houston), request=packages.ExportRequest("agreements", Format.CSV, {})
            )


def make_package(**options) -> ExportPackage:
    request = packages.ExportRequest(options.pop("name", "observations"), Format.CSV, {}, **options)
    actor = person(UserFactory(role=Role.AUDITOR))
    job = run_now(actor=actor, kind=packages.EXPORT_JOB, params=request.as_params())
    assert job.state == JobState.DONE, job.error
    return job.package


def rewrite(source: Path, target: Path, change) -> Path:
    """A copy of a package whose members went through `change(name, bytes) -> bytes | None`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


class TestPackage:
    def test_it_holds_the_file_and_its_manifest(self, register) -> None:
        package = make_package()
        with zipfile.ZipFile(package.file.path) as archive:
            manifest_name, data_name = archive.namelist()
            manifest = json.loads(archive.read(manifest_name))
        assert manifest_name == "manifest.json"
        assert data_name == manifest["files"][0]["name"]
        assert manifest == package.manifest
        assert set(manifest) == {
            "schema", "package", "name", "title", "parameters", "as_of", "known_at", "computed_at", "user",
            "files", "trail_head", "software",
        }  # fmt: skip
        assert manifest["user"]["username"] == package.created_by.username

    def test_run_twice_a_job_hands_out_one_package(self, register) -> None:
        package = make_package()
        Job.objects.filter(pk=package.job_id).update(state=JobState.QUEUED)
        packages.jobs.run(job_id=package.job_id)
        assert ExportPackage.objects.get(job=package.job_id) == package

    def test_a_failure_after_storing_leaves_no_file(self, register, monkeypatch, settings) -> None:
        def fails(**kwargs: object) -> None:
            raise RuntimeError("the trail is not there")

        monkeypatch.setattr(packages, "record", fails)
        request = packages.ExportRequest("agencies", Format.CSV, {})
        with pytest.raises(RuntimeError):
            packages.export_to_package(actor=person(UserFactory()), request=request)
        assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []

    def test_an_unaltered_package_is_recognised(self, register) -> None:
        report = verify(Path(make_package().file.path))
        assert (report.problems, report.rows) == ([], 3)
        assert report.notes[0].startswith("It is, byte for byte, what")

    def test_any_altered_byte_is_found(self, register, tmp_path) -> None:
        whole = Path(make_package().file.path).read_bytes()
        altered = tmp_path / "altered.zip"
        random.seed(287)
        for place in [0, len(whole) - 1, *random.sample(range(len(whole)), 60)]:
            content = bytearray(whole)
            content[place] ^= 1
            altered.write_bytes(content)
            assert not verify(altered).ok, f"byte {place} of {len(whole)} was altered unnoticed"
        altered.write_bytes(whole + b"\0")
        assert not verify(altered).ok
        altered.write_bytes(whole[:-10])
        assert not verify(altered).ok

    @pytest.mark.parametrize("known_here", [True, False])
    def test_changed_missing_extra_and_miscounted_files_are_named(
        self, register, tmp_path, known_here
    ) -> None:
        package = make_package()
        source = Path(package.file.path)
        if not known_here:
            ExportPackage.objects.all().update(reference=None)

        def edit(name: str, content: bytes) -> bytes:
            return content if name == "manifest.json" else content.replace(b"TEXAS", b"TEXAZ")

        def drop(name: str, content: bytes) -> bytes | None:
            return content if name == "manifest.json" else None

        def without_manifest(name: str, content: bytes) -> bytes | None:
            return None if name == "manifest.json" else content

        def miscount(name: str, content: bytes) -> bytes:
            return content.replace(b'"rows": 3', b'"rows": 4')

        def other_schema(name: str, content: bytes) -> bytes:
            return content.replace(b"oversight-export/1", b"oversight-export/9")

        for change, said in [
            (edit, "was altered: its SHA-256 is"),
            (drop, "is missing"),
            (without_manifest, "The package has no manifest.json"),
            (miscount, "has 3 rows, the manifest says 4"),
            (other_schema, "this program reads oversight-export/1"),
        ]:
            report = verify(rewrite(source, tmp_path / "changed.zip", change))
            assert any(said in problem for problem in report.problems), (said, report.problems)

        extra = shutil.copy(source, tmp_path / "extra.zip")
        with zipfile.ZipFile(extra, "a") as archive:
            archive.writestr("more.csv", "x")
        assert "The package holds more.csv, which the manifest does not list." in verify(Path(extra)).problems

    def test_an_edited_manifest_is_found_where_the_package_was_made(self, register, tmp_path) -> None:
        package = make_package()

        def hide(name: str, content: bytes) -> bytes:
            return content.replace(b'"sees": "all records"', b'"sees": "own records only"')

        changed = rewrite(Path(package.file.path), tmp_path / "changed.zip", hide)
        assert verify(changed).problems == [
            "The manifest was altered: it differs from the one recorded here."
        ]
        ExportPackage.objects.all().update(reference=None)
        report = verify(changed)
        assert report.ok
        assert report.notes == [
            "This installation has no record of it; only file and manifest were compared."
        ]

    def test_the_command_says_so_with_its_exit_status(self, register, tmp_path, capsys) -> None:
        path = run_export(tmp_path, "agencies")
        call_command("verify_export", str(path))
        assert "unaltered; 1 file(s), 1 rows." in capsys.readouterr().out
        path.write_bytes(path.read_bytes().replace(b"Example", b"Exbmple"))
        with pytest.raises(CommandError, match="1 of 1 could not be verified"):
            call_command("verify_export", str(path))
        assert "agencies.csv was altered" in capsys.readouterr().err
        for absent in (tmp_path / "absent.csv", tmp_path):
            with pytest.raises(CommandError):
                call_command("verify_export", str(absent))


class TestFormats:
    COLUMNS = (
        Column("text"),
        Column("n", Kind.INT),
        Column("share", Kind.DECIMAL, places=3),
        Column("yes", Kind.BOOL),
        Column("on", Kind.DATE),
        Column("at", Kind.DATETIME),
    )
    AT = dt.datetime(2025, 3, 31, 14, 5, 9, tzinfo=dt.UTC)
    ROWS = (
        ("=HYPERLINK(1)", 7, Decimal("0.125"), True, dt.date(2025, 3, 31), AT),
        (None, None, None, None, None, None),
        ("Doña Ana \x0b county", -1, Decimal("-2"), False, dt.date(2020, 2, 29), AT),
    )

    def listed(self, rows=ROWS) -> ListedRows:
        return ListedRows(lambda: iter(rows), lambda: len(rows))

    def test_a_workbook_holds_texts_numbers_and_dates_and_no_formula(self, tmp_path) -> None:
        path = tmp_path / "out.xlsx"
        assert write(path, file_format=Format.XLSX, columns=self.COLUMNS, rows=self.listed()) == 3
        sheet = openpyxl.load_workbook(path).active
        assert [cell.value for cell in sheet[1]] == [column.header for column in self.COLUMNS]
        text, n, share, yes, on, at = sheet[2]
        assert (text.value, text.data_type, text.quotePrefix) == ("=HYPERLINK(1)", "s", True)
        assert (n.value, share.value, yes.value) == (7, 0.125, True)
        assert (on.value.date(), on.number_format) == (dt.date(2025, 3, 31), "yyyy-mm-dd")
        assert at.value == self.AT.replace(tzinfo=None)
        assert [cell.value for cell in sheet[3]] == [None] * 6

    def test_a_full_sheet_is_followed_by_the_next(self, tmp_path, monkeypatch) -> None:
        from oversight.exchange import verification, writers

        monkeypatch.setattr(writers, "SHEET_ROWS", 4)
        path = tmp_path / "out.xlsx"
        rows = [(f"row {n}", n) for n in range(7)]
        assert write(path, file_format=Format.XLSX, columns=self.COLUMNS[:2], rows=self.listed(rows)) == 7
        sheets = openpyxl.load_workbook(path).worksheets
        assert [[cell.value for cell in sheet["A"]] for sheet in sheets] == [
            ["text", "row 0", "row 1", "row 2"],
            ["text", "row 3", "row 4", "row 5"],
            ["text", "row 6"],
        ]
        with path.open("rb") as file:
            assert verification._count(file, Format.XLSX) == 7

    def test_a_text_too_long_for_a_cell_is_an_error_not_a_cut(self, tmp_path) -> None:
        rows = self.listed([("x" * 32_768, 1)])
        with pytest.raises(JobError, match="Column “text”, row 2: a spreadsheet cell holds 32,767"):
            write(tmp_path / "out.xlsx", file_format=Format.XLSX, columns=self.COLUMNS[:2], rows=rows)

    def test_json_is_verbatim(self, tmp_path) -> None:
        path = tmp_path / "out.json"
        assert write(path, file_format=Format.JSON, columns=self.COLUMNS, rows=self.listed()) == 3
        assert json.loads(path.read_text(encoding="utf-8"))[0] == {
            "text": "=HYPERLINK(1)",
            "n": 7,
            "share": "0.125",
            "yes": True,
            "on": "2025-03-31",
            "at": "2025-03-31T14:05:09Z",
        }
        assert write(path, file_format=Format.JSON, columns=self.COLUMNS, rows=self.listed(())) == 0
        assert json.loads(path.read_text()) == []


class TestParameters:
    def test_an_unknown_parameter_and_a_bad_value_are_named(self) -> None:
        from django import forms

        class Years(forms.Form):
            year = forms.IntegerField(min_value=2002)

        export = Export(
            "tests.years", "Years", "records.view", lambda context: (), lambda context: None, form=Years  # type: ignore[arg-type, return-value]
        )  # fmt: skip
        assert export.clean({"year": "2025"}) == {"year": 2025}
        with pytest.raises(BadParameters, match=r"takes no parameter “yaer”\. It takes: year"):
            export.clean({"yaer": "2025"})
        with pytest.raises(BadParameters, match="Parameter “year”: Ensure this value is greater"):
            export.clean({"year": "1999"})

    def test_a_name_stands_for_one_export(self) -> None:
        with pytest.raises(ValueError, match="Two exports have the name 'agencies'"):
            exports.register_export(exports.get_export("agencies"))


def test_leftovers_of_killed_workers_go_after_a_day() -> None:
    import os

    with workspace() as fresh, workspace() as old:
        yesterday = timezone.now().timestamp() - 25 * 3600
        os.utime(old, (yesterday, yesterday))
        assert remove_leftovers() == 1
        assert fresh.exists()
        assert not old.exists()
        old.mkdir()
