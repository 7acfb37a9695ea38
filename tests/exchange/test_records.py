"""Imports of records: files as they are read, and the pages from upload to application."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from itinstall.models import InstallationRequest
from itinstall.record_imports import INSTALLATIONS
from oversight.access.choices import Role
from oversight.exchange.choices import JobState, RecordFileState
from oversight.exchange.models import RecordFile, RowError
from oversight.exchange.records import kinds
from oversight.exchange.records.files import error_workbook, template_csv, template_workbook
from oversight.exchange.records.kinds import RecordImport, register_record_import
from oversight.exchange.records.services import check_table
from oversight.exchange.records.tables import MAX_ROWS, ImportColumn, Table, Wish, day_of, read_table
from oversight.exchange.workbooks import Refused
from oversight.trail.models import TrailEntry
from tests.factories import AgencyFactory, AgreementFactory, UserFactory

COLUMNS = (
    ImportColumn("name", "Name", "What it is called.", is_required=True, example="Main jail"),
    ImportColumn("on", "Begun", "First day.", Wish.DATE, aliases=("Start",)),
    ImportColumn("kind", "Kind", "Which.", allowed=("Red", "Blue")),
    ImportColumn("more", "More", "Seldom.", in_template=False),
)
LIMIT = 10_000_000


def read(data: bytes, name: str = "a.csv", columns=COLUMNS) -> Table:
    return read_table(data, file_name=name, columns=columns, max_bytes=LIMIT)


def rows_of(table: Table) -> list[tuple[int, dict[str, str]]]:
    return [(row.number, {key: cell.text for key, cell in row.cells.items()}) for row in table.rows]


def book(*rows, edit=None, sheet_name="Sheet1", before=()) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "mm/dd/yyyy"}) as workbook:
        for name in before:
            workbook.add_worksheet(name).write(0, 0, "Readme")
        sheet = workbook.add_worksheet(sheet_name)
        for number, cells in enumerate(rows):
            for column, value in enumerate(cells):
                sheet.write(number, column, value)
        if edit:
            edit(workbook, sheet)
    return out.getvalue()


class TestReading:
    def test_csv_and_workbook_read_alike(self) -> None:
        text = b'Name,Start,Other\r\n"Main\xc2\xa0 jail ",2026-01-31,x\r\n\r\nAnnex,,\r\n'
        workbook = book(
            ["Name", "Start", "Other"], ["Main\u00a0 jail ", dt.date(2026, 1, 31), "x"], [], ["Annex"]
        )
        wanted = [(2, {"name": "Main jail", "on": "2026-01-31"}), (4, {"name": "Annex"})]
        for data, name in ((text, "a.csv"), (workbook, "a.xlsx"), (b"\xef\xbb\xbf" + text, "a.csv")):
            table = read(data, name)
            assert rows_of(table) == wanted
            assert dict(table.unknown) == {"Other": ""}

    def test_separators_and_encodings_that_spreadsheets_write_are_understood(self) -> None:
        for separator in ",;\t":
            line = separator.join
            text = f"A title\r\n{line(['NAME', 'begun', 'Kind'])}\r\n{line(['Jail', '1/31/2026', 'Red'])}\r\n"
            for data in (text.encode(), text.encode("utf-16")):
                assert rows_of(read(data)) == [(3, {"name": "Jail", "on": "1/31/2026", "kind": "Red"})]

    def test_the_sheet_called_rows_is_read_wherever_it_stands(self) -> None:
        data = book(["Name"], ["Jail"], sheet_name="Rows", before=("Readme", "Errors"))
        assert rows_of(read(data, "a.xlsx")) == [(2, {"name": "Jail"})]

    def test_what_an_export_guards_is_read_back_as_it_was(self) -> None:
        assert rows_of(read(b"Name\r\n'=1+1\r\n")) == [(2, {"name": "=1+1"})]

    def test_a_header_like_a_missing_column_is_told_from_a_foreign_one(self) -> None:
        assert dict(read(b"Name,Beguns,Price\nx,,\n").unknown) == {"Beguns": "Begun", "Price": ""}

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("2026-01-31", dt.date(2026, 1, 31)), ("1/31/2026", dt.date(2026, 1, 31)),
            ("31/1/2026", None), ("1/31/26", None), ("20260131", None), ("2026-W01-1", None),
            ("2026-02-30", None), ("46053", None), ("soon", None),
        ],
    )  # fmt: skip
    def test_dates_are_read_or_not_guessed(self, text, day) -> None:
        assert day_of(text) == day

    @pytest.mark.parametrize(
        ("code", "data", "name"),
        [
            ("empty_file", b"", "a.csv"),
            ("no_rows", b"\r\n\r\n", "a.csv"),
            ("no_rows", b"Name\r\n", "a.csv"),
            ("missing_columns", b"Begun\r\n2026-01-01\r\n", "a.csv"),
            ("duplicate_column", b"Name,Begun,Start\r\nx,,\r\n", "a.csv"),
            ("damaged", b'Name\r\n"x\r\n', "a.csv"),
            ("too_long", b"Name\r\n" + b"x" * 200_000 + b"\r\n", "a.csv"),
            ("too_long", b"Name\r\n" + b"x" * 6_000 + b"\r\n", "a.csv"),
            ("too_many_cells", b"Name\r\n" + b"x," * 300 + b"\r\n", "a.csv"),
            ("too_many_rows", b"Name\r\n" + b"x\r\n" * (MAX_ROWS + 1), "a.csv"),
            ("encoding", "Name\r\nPeña\r\n".encode("latin-1"), "a.csv"),
            ("not_a_table", b"Name\r\n\0\r\n", "a.csv"),
            ("missing_columns", b"%PDF-1.7 not a table", "a.pdf"),
            ("macro_workbook", book(["Name"], ["x"]), "a.xlsm"),
            ("truncated", book(["Name"], ["x"])[:2000], "a.xlsx"),
            ("old_format", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls"),
            ("too_many_cells", book(["Name"], edit=lambda _, s: s.write(1_048_575, 16_383, "x")), "a.xlsx"),
            ("no_rows", book(), "a.xlsx"),
        ],
    )  # fmt: skip
    def test_a_hostile_or_wrong_file_is_refused_in_a_sentence_with_a_remedy(self, code, data, name) -> None:
        with pytest.raises(Refused) as refused:
            read(data, name)
        assert (refused.value.code, refused.value.message[-1]) == (code, ".")

    @pytest.mark.parametrize("limit", [131_072, 1 << 30])
    def test_a_cell_is_too_long_whatever_the_process_lets_the_csv_library_read(self, limit) -> None:
        before = csv.field_size_limit(limit)
        try:
            with pytest.raises(Refused) as refused:
                read(b"Name\r\n" + b"x" * 200_000 + b"\r\n", "a.csv")
        finally:
            csv.field_size_limit(before)
        assert refused.value.code == "too_long"
        assert refused.value.remedy

    def test_a_zip_bomb_is_not_unpacked(self) -> None:
        out = io.BytesIO(book(["Name"], ["x"]))
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/media/zeros.bin", b"\0" * 30_000_000)
        with pytest.raises(Refused) as refused:
            read(out.getvalue(), "a.xlsx")
        assert refused.value.code == "zip_bomb"

    def test_a_file_over_the_limit_is_refused_before_it_is_read(self) -> None:
        with pytest.raises(Refused, match="at most"):
            read_table(b"Name\nx\n", file_name="a.csv", columns=COLUMNS, max_bytes=5)


class TestFilesThatGoOut:
    def test_templates_hold_the_headers_and_the_workbook_explains_them(self) -> None:
        assert template_csv(COLUMNS) == b"Name,Begun,Kind\r\n"
        shown = openpyxl.load_workbook(io.BytesIO(template_workbook("Things", COLUMNS)))
        assert shown.sheetnames == ["Rows", "Columns"]
        assert [cell.value for cell in shown["Rows"][1]] == ["Name", "Begun", "Kind"]
        lines = list(shown["Columns"].iter_rows(values_only=True))[1:]
        assert lines[0][:4] == ("Name", "yes", "text", "What it is called.")
        assert lines[2][4] == "Red; Blue"

    def test_an_empty_template_has_no_rows_and_a_filled_one_is_read(self) -> None:
        data = template_workbook("Things", COLUMNS)
        with pytest.raises(Refused, match="no row below"):
            read(data, "a.xlsx")
        filled = openpyxl.load_workbook(io.BytesIO(data))
        filled["Rows"].append(["Jail", dt.date(2026, 1, 31), "Red"])
        out = io.BytesIO()
        filled.save(out)
        assert rows_of(read(out.getvalue(), "a.xlsx")) == [
            (2, {"name": "Jail", "on": "2026-01-31", "kind": "Red"})
        ]

    def test_the_error_workbook_is_read_again_as_it_was_uploaded_and_runs_nothing(self) -> None:
        table = read(b"Name,Begun,More\nJail,1/31/2026,\n'=1+1,soon,@x\nAnnex,,\n")
        data = error_workbook(
            title="Things", file_name="=evil.csv", made="today", table=table, wrong={2, 3},
            problems=[(3, "Begun", "=soon", "Error", "“soon” is no date.", "Write it.")],
        )  # fmt: skip
        assert rows_of(read(data, "a.xlsx")) == [
            (2, {"name": "Jail", "on": "2026-01-31"}),
            (3, {"name": "=1+1", "on": "soon", "more": "@x"}),
        ]
        shown = openpyxl.load_workbook(io.BytesIO(data))
        assert shown.sheetnames == ["Readme", "Errors", "Rows"]
        cells = [cell for sheet in shown for line in sheet.iter_rows() for cell in line]
        assert "f" not in {cell.data_type for cell in cells}
        assert [cell.value for cell in shown["Errors"][2]][:3] == [3, "Begun", "=soon"]


def test_a_kind_is_registered_once_and_with_an_action_that_exists() -> None:
    with pytest.raises(ValueError, match="Two record imports"):
        register_record_import(INSTALLATIONS)
    with pytest.raises(KeyError):
        register_record_import(RecordImport("x", "X", "", "no.action", tuple, None, None))
    assert "x" not in kinds._kinds


# --- pages -------------------------------------------------------------------------------------------------
GOOD = {"Agency": "LEA-AAAA0001", "Site": "Main jail", "Submitted": "2026-01-10"}


@pytest.fixture
def agency():
    found = AgencyFactory(ref="LEA-AAAA0001", name="Harris County SO")
    AgreementFactory(agency=found, signed_on=dt.date(2025, 12, 1))
    return found


@pytest.fixture
def hq(client, agency):
    client.force_login(UserFactory(role=Role.HQ))
    return client


def csv_of(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.fixture
def send(client, django_capture_on_commit_callbacks):
    """Posts, and does the jobs that this starts."""

    def post(name: str, *args, **data):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(reverse(f"exchange:{name}", args=args), data)

    return post


@pytest.fixture
def upload(send):
    def post(*rows: dict[str, str], data: bytes | None = None, name: str = "requests.csv") -> RecordFile:
        content = csv_of(*rows) if data is None else data
        answer = send("record_file_list", kind="installations", file=SimpleUploadedFile(name, content))
        assert answer.status_code == 302, answer.content.decode()
        return RecordFile.objects.latest("pk")

    return post


def page(client, file: RecordFile) -> str:
    answer = client.get(reverse("exchange:record_file", args=[file.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
@pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))
class TestPages:
    def test_a_file_is_previewed_then_applied(self, hq, upload, send) -> None:
        file = upload(GOOD, {**GOOD, "Site": "Annex"})
        assert file.state == RecordFileState.PREVIEWED
        shown = page(hq, file)
        assert "Apply 2 rows" in shown
        assert "Harris County SO, Annex (new site): in Request to OCIO since 2026-01-10" in shown
        assert not InstallationRequest.objects.exists()
        send("record_file_apply", file.pk)
        file.refresh_from_db()
        assert (file.state, file.job.state) == (RecordFileState.APPLIED, JobState.DONE)
        assert InstallationRequest.objects.count() == 2
        shown = page(hq, file)
        assert "What was entered" in shown
        assert "Apply 2" not in shown
        assert "requests.csv" in hq.get(reverse("exchange:record_file_list")).content.decode()

    def test_all_errors_are_shown_and_nothing_can_be_applied(self, hq, upload, send) -> None:
        file = upload(GOOD, {**GOOD, "Submitted": "soon"}, {**GOOD, "Agency": "LEA-NOBODY00", "Site": "X"})
        shown = page(hq, file)
        assert "“soon” is no date." in shown
        assert "Write the date as 2026-01-31" in shown
        assert "No agency has the reference LEA-NOBODY00." in shown
        assert "Apply 1 row" not in shown
        send("record_file_apply", file.pk)
        file.refresh_from_db()
        assert (file.state, file.job.state) == (RecordFileState.PREVIEWED, JobState.FAILED)
        assert "2 errors stand" in page(hq, file)
        assert not InstallationRequest.objects.exists()

    def test_rows_with_errors_are_left_out_one_by_one_or_all_and_taken_back(self, hq, upload, send) -> None:
        wrong = [{**GOOD, "Site": f"S{n}", "Submitted": "soon"} for n in range(3)]
        file = upload(GOOD, *wrong)
        send("record_file_leave_out", file.pk, rows=["3"], shown=["3", "4", "5"])
        file.refresh_from_db()
        assert (file.left_out, file.preview["wrong_rows"]) == ([3], 2)
        send("record_file_leave_out", file.pk, all="1")
        file.refresh_from_db()
        assert (file.left_out, file.preview["errors"]) == ([3, 4, 5], 0)
        assert "Rows 3, 4, 5." in page(hq, file)
        send("record_file_leave_out", file.pk, none="1")
        file.refresh_from_db()
        assert (file.left_out, file.preview["errors"]) == ([], 3)
        send("record_file_leave_out", file.pk, all="1")
        send("record_file_apply", file.pk)
        assert InstallationRequest.objects.count() == 1
        assert TrailEntry.objects.get(verb="records.imported").after["left_out"] == 3

    def test_the_same_file_again_is_known_and_leads_to_the_first(self, hq, upload, send) -> None:
        first = upload(GOOD)
        send("record_file_apply", first.pk)
        again = upload(GOOD)
        assert again.state == RecordFileState.KNOWN
        assert reverse("exchange:record_file", args=[first.pk]) in page(hq, again)
        send("record_file_apply", again.pk)
        assert InstallationRequest.objects.count() == 1

    def test_the_error_workbook_is_corrected_and_uploaded(self, hq, upload, send) -> None:
        file = upload(GOOD, {**GOOD, "Site": "Annex", "Submitted": "soon"})
        answer = hq.get(reverse("exchange:record_file_errors", args=[file.pk]))
        assert answer["Content-Disposition"].endswith('.xlsx"')
        workbook = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert workbook["Errors"]["A2"].value == 3
        assert workbook["Rows"].max_row == 2
        headers = [cell.value for cell in workbook["Rows"][1]]
        workbook["Rows"].cell(2, headers.index("Submitted") + 1).value = dt.date(2026, 1, 11)
        out = io.BytesIO()
        workbook.save(out)
        corrected = upload(data=out.getvalue(), name="corrected.xlsx")
        assert (corrected.preview["ready"], corrected.preview["errors"]) == (1, 0)

    def test_what_became_wrong_since_the_preview_is_not_applied(self, hq, upload, send) -> None:
        first, second = upload(GOOD), upload({**GOOD, "Submitted": "2026-01-11"})
        send("record_file_apply", first.pk)
        send("record_file_apply", second.pk)
        second.refresh_from_db()
        assert second.state == RecordFileState.PREVIEWED
        assert RowError.objects.filter(job=second.job).get().code == "open_twice"
        assert InstallationRequest.objects.count() == 1

    def test_a_file_that_cannot_be_read_says_why(self, hq, upload) -> None:
        file = upload(data=b"PK\x03\x04 broken", name="a.xlsx")
        assert file.state == RecordFileState.REFUSED
        shown = page(hq, file)
        assert "cut off or damaged" in shown
        assert "Take the template" in shown
        assert hq.get(reverse("exchange:record_file_errors", args=[file.pk])).status_code == 404

    def test_a_formula_is_an_error_of_its_cell(self, hq, upload) -> None:
        def edit(workbook, sheet) -> None:
            sheet.write_formula("C2", "=TODAY()", None, "2026-01-10")

        data = book(list(GOOD), ["LEA-AAAA0001", "Main jail"], edit=edit)
        file = upload(data=data, name="a.xlsx")
        found = RowError.objects.get(job=file.job, code="formula")
        assert (found.row, found.column, file.preview["ready"]) == (2, "Submitted", 0)

    def test_putting_a_file_aside_changes_no_record(self, hq, upload, send) -> None:
        file = upload(GOOD)
        send("record_file_discard", file.pk)
        send("record_file_apply", file.pk)
        file.refresh_from_db()
        assert file.state == RecordFileState.DISCARDED
        assert not InstallationRequest.objects.exists()

    def test_an_upload_without_a_file_or_of_nothing_is_refused_in_words(self, hq) -> None:
        address = reverse("exchange:record_file_list")
        answer = hq.post(address, {"kind": "installations"})
        assert answer.status_code == 422
        assert "Choose an Excel workbook" in answer.content.decode()
        nothing = SimpleUploadedFile("a.csv", b"")
        assert hq.post(address, {"kind": "installations", "file": nothing}).status_code == 422
        assert not RecordFile.objects.exists()

    def test_templates_are_handed_out_by_kind(self, hq) -> None:
        names = ("exchange:record_template", "installations")
        text = hq.get(reverse(names[0], args=[names[1], "csv"])).content.decode()
        assert text.startswith("Agency,State,Site,Submitted,Bids and circuit,ISA")
        assert hq.get(reverse(names[0], args=[names[1], "xlsx"])).content.startswith(b"PK")
        assert hq.get(reverse(names[0], args=["moons", "csv"])).status_code == 404

    def test_others_files_are_seen_by_those_who_see_all_imports_only(self, hq, upload, client) -> None:
        file = upload(GOOD)
        address = reverse("exchange:record_file", args=[file.pk])
        for role, status in ((Role.FIELD_PM, 404), (Role.AUDITOR, 200)):
            client.force_login(UserFactory(role=role))
            assert client.get(address).status_code == status
        shown = client.get(address).content.decode()
        assert "Apply" not in shown.split("<main", 1)[1]
        assert client.post(f"{address}apply/").status_code == 403

    def test_a_check_asks_for_the_role_whoever_calls_it(self, agency) -> None:
        from oversight.access.actors import person
        from oversight.access.permissions import NotAllowed

        table = read(csv_of(GOOD), columns=INSTALLATIONS.columns())
        with pytest.raises(NotAllowed):
            check_table(actor=person(UserFactory(role=Role.AUDITOR)), kind=INSTALLATIONS, table=table)
