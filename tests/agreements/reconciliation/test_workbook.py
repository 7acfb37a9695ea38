"""Reading workbooks: what is read, and what is refused in a plain sentence."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date

import openpyxl
import pytest
import xlsxwriter

from agreements.reconciliation import reading
from agreements.reconciliation.links import clean_text, moa_file, public_url
from agreements.reconciliation.reading import read_dated, read_or_refuse
from agreements.reconciliation.types import Parameters, Refused
from agreements.reconciliation.workbook import read_sheet
from tests.ice_lists import load_lists, write_workbook

HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM"]
ROW = [
    "TEXAS",
    "Alvin PD",
    "Municipality",
    "Brazoria County",
    "Task Force Model",
    date(2025, 8, 7),
    "link",
    "",
]
NAME = "participatingAgencies08082025pm.xlsx"


def book(rows=(ROW,), headers=HEADERS, edit=None):
    """The bytes of a workbook made by an independent library."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "mm/dd/yyyy"}) as workbook:
        sheet = workbook.add_worksheet()
        for number, cells in enumerate([headers, *rows]):
            for column, value in enumerate(cells):
                sheet.write(number, column, value)
        if edit:
            edit(workbook, sheet)
    return out.getvalue()


def with_part(data, name, content):
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def without_parts(data, replaced):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, replaced.get(info.filename, old.read(info.filename)))
    return out.getvalue()


def refusal(data, name=NAME, **more):
    with pytest.raises(Refused) as caught:
        read_sheet(data, file_name=name, **more)
    assert caught.value.message.endswith((".", ")."))
    return caught.value.code


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for i in range(25):  # each under the size from which the ratio is judged
            archive.writestr(f"xl/media/{i}.bin", b"\0" * 9_000_000)
    return out.getvalue()


def ole(stream=""):
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le")


def single_part_bomb():
    return with_part(book(), "xl/media/zeros.bin", b"\0" * 30_000_000)


def far_cell():
    return book(edit=lambda _, sheet: sheet.write(1048575, 16383, "x"))


def doctype():
    data = book()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    evil = xml.replace(b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">]><worksheet', 1)
    return without_parts(data, {"xl/worksheets/sheet1.xml": evil})


def duplicate_parts():
    with pytest.warns(UserWarning, match="Duplicate"):
        return with_part(book(), "xl/workbook.xml", "<workbook/>")


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("empty_file", lambda: b""),
        ("not_a_workbook", lambda: b"%PDF-1.7 a list"),
        ("not_a_workbook", lambda: with_part(b"PK\x05\x06" + b"\0" * 18, "a.txt", "x")),
        ("truncated", lambda: book()[:2000]),
        ("truncated", lambda: book().replace(b"PK\x01\x02", b"PK\x01\x09")),
        ("encrypted", lambda: ole("EncryptedPackage")),
        ("old_format", ole),
        ("zip_bomb", bomb),
        ("zip_bomb", single_part_bomb),
        ("macro_workbook", lambda: with_part(book(), "xl/vbaProject.bin", b"\0")),
        ("doctype", doctype),
        ("duplicate_parts", duplicate_parts),
        ("too_many_cells", far_cell),
        ("missing_columns", lambda: book(headers=["STATE", "AGENCY NAME", *HEADERS[2:]])),
        ("missing_columns", lambda: book(headers=[*HEADERS[:5], "SIGNED ON", *HEADERS[6:]])),
        ("duplicate_column", lambda: book(headers=[*HEADERS[:7], "MOA"])),
        ("kind_mismatch", lambda: book(rows=[ROW[:5]], headers=HEADERS[:5])),
        ("formula", lambda: book(edit=lambda _, sheet: sheet.write_formula("F2", "=TODAY()"))),
        ("formula", lambda: book(edit=lambda _, sheet: sheet.write_formula("K2", "=A2", None, "TEXAS"))),
    ],
)
def test_a_hostile_or_wrong_file_is_refused_with_a_plain_sentence(code, make):
    assert refusal(make()) == code


def test_other_refusals_depend_on_name_and_limits():
    assert refusal(book(), "list.xlsm") == "macro_workbook"
    assert refusal(book(), max_bytes=1000) == "too_large"
    assert refusal(book(), "pendingAgencies08082025pm.xlsx") == "kind_mismatch"
    assert refusal(book(), "list.xlsx", kind="pending") == "kind_mismatch"
    assert refusal(book(rows=[], headers=[])) == "no_rows"


def test_a_missing_column_is_named():
    with pytest.raises(Refused, match="SIGNED"):
        read_sheet(book(headers=[*HEADERS[:5], "X", "MOA", "ADDENDUM"]), file_name=NAME)


def test_columns_are_found_by_header_whatever_their_order_spaces_or_case():
    turned = [
        " addendum",
        "Moa ",
        "signed",
        "Support  Type",
        "county",
        "TYPE",
        "Law Enforcement Agency",
        "STATE",
        "",
        "note",
    ]
    sheet = read_sheet(book(rows=[[*reversed(ROW), "", "n"]], headers=turned), file_name=NAME)
    printed = sheet.rows[0].printed
    assert (printed.state, printed.agency, printed.signed, printed.signed_is_date) == (
        "TEXAS", "Alvin PD", "2025-08-07", True,
    )  # fmt: skip
    assert printed.extra == (("note", "n"),)


def test_columns_a_list_lacks_are_none_and_empty_cells_are_empty():
    printed = (
        read_sheet(book(rows=[[*ROW[:3], None, *ROW[4:7]]], headers=HEADERS[:7]), file_name=NAME)
        .rows[0]
        .printed
    )
    assert printed.county == ""
    assert printed.addendum is None


def test_numbers_errors_and_hidden_rows_are_kept():
    data = book(
        rows=[[*ROW[:5], 45723, *ROW[6:]]],
        edit=lambda _, sheet: sheet.set_row(1, None, None, {"hidden": True}),
    )
    sheet = read_sheet(data, file_name=NAME)
    assert sheet.rows[0].hidden
    assert (sheet.rows[0].printed.signed, sheet.rows[0].printed.signed_is_date) == ("45723", False)
    assert [warning.code for warning in sheet.warnings] == ["hidden_rows"]


SAFE = "https://gcc02.safelinks.protection.outlook.com/?url={}&data=05%7C02%7Csomeone%40ice.dhs.gov%7Cx"
MOA = "https://www.ice.gov/doclib/287gMOA/AlvinPDTX.pdf"
QUOTED = "https%3A%2F%2Fwww.ice.gov%2Fdoclib%2F287gMOA%2FAlvinPDTX.pdf"
NESTED = SAFE.format(
    "https%3A%2F%2Fgcc02.safelinks.protection.outlook.com%2F%3Furl%3Dhttps%253A%252F%252Fwww.ice.gov%252Fdoclib"
    "%252F287gMOA%252FAlvinPDTX.pdf%26data%3D05%257Csomeone%2540ice.dhs.gov"
)


@pytest.mark.parametrize(
    ("target", "public"),
    [
        (MOA, MOA),
        (SAFE.format(QUOTED), MOA),
        (NESTED, MOA),
        (
            "chrome-extension://efaidnbmnnnibpcajpcglclefindmkaj/https:/www.ice.gov/doclib/287gMOA/AlvinPDTX.pdf",
            MOA,
        ),
        ("https://https:/www.ice.gov/doclib/287gMOA/AlvinPDTX.pdf", MOA),
        ("https:/www.ice.gov/doclib/287gMOA/AlvinPDTX.pdf", MOA),
        (MOA + "?from=someone@ice.dhs.gov", MOA),
        ("mailto:someone@ice.dhs.gov", ""),
        ("file:///C:/Users/someone/AlvinPDTX.pdf", ""),
        ("https://someone:secret@www.ice.gov/x.pdf", ""),
        ("http://10.0.0.1/x.pdf", ""),
        ("http://intranet/x.pdf", ""),
        (SAFE.format("mailto%3Asomeone%40ice.dhs.gov"), ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_only_the_public_address_behind_a_link_is_kept(target, public):
    assert public_url(target) == public


def test_texts_lose_wrapped_links_and_addresses():
    text = f"see {SAFE.format(QUOTED)} or write to someone@ice.dhs.gov"
    assert clean_text(text) == f"see {MOA} or write to [e-mail address removed]"


def test_archived_and_escaped_links_name_one_file():
    archived = "https://web.archive.org/web/2021/" + MOA.replace("Alvin", "Alv%20in").replace("https", "http")
    assert moa_file(archived) == moa_file(MOA) == "alvinpdtx.pdf"


def test_a_wrapped_hyperlink_is_unwrapped_and_never_kept():
    def edit(_, sheet):
        sheet.write_url("G2", SAFE.format(QUOTED), string="link")

    printed = read_sheet(book(edit=edit), file_name=NAME).rows[0].printed
    assert (printed.moa, printed.moa_url) == ("link", MOA)
    assert "safelinks" not in repr(printed)


def test_the_content_digest_ignores_order_name_spaces_and_filters():
    other = ["FLORIDA", *ROW[1:]]
    one = read_sheet(book(rows=[ROW, other]), file_name=NAME)
    two = read_sheet(
        book(
            rows=[other, [*ROW[:1], "Alvin  PD ", *ROW[2:]]],
            edit=lambda _, sheet: sheet.set_row(1, None, None, {"hidden": True}),
        ),
        file_name="participatingAgencies08092025am.xlsx",
    )
    assert one.content_digest == two.content_digest
    assert one.sha256 != two.sha256
    assert read_sheet(book(rows=[ROW, other, other]), file_name=NAME).content_digest != one.content_digest


def test_rows_that_repeat_the_headers_or_are_empty_are_skipped():
    sheet = read_sheet(book(rows=[ROW, [" "], HEADERS, ROW]), file_name=NAME)
    assert [row.number for row in sheet.rows] == [2, 5]
    assert [warning.code for warning in sheet.warnings] == ["repeated_header"]


@pytest.mark.parametrize("number", [0, 60, 143, 200, 329])
def test_a_written_list_reads_as_it_was_and_as_another_library_reads_it(number, tmp_path):
    sheet = load_lists()[number]
    path = write_workbook(sheet, tmp_path / sheet.file_name)
    read = read_sheet(path, file_name=sheet.file_name)
    assert read.rows == sheet.rows
    assert read.content_digest == sheet.content_digest
    assert read.modified_at == sheet.modified_at.replace(microsecond=0, tzinfo=UTC)
    cells = openpyxl.load_workbook(path).worksheets[0]
    for row in read.rows[:50]:
        texts = [cell.value for cell in cells[row.number]]
        assert row.printed.agency in texts
        assert row.printed.moa_url in [
            "",
            *(c.hyperlink.target for c in cells[row.number] if c.hyperlink),
            *texts,
        ]


def edited(old, new, part="xl/worksheets/sheet1.xml", rows=(ROW, ROW)):
    """A workbook in whose part a text is replaced once."""
    data = book(rows=rows)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(part)
    assert re.search(old, xml)
    return without_parts(data, {part: re.sub(old, new, xml, count=1)})


SCRAP = rb'<row r="%s"><c r="A%s"><v>1</v></c></row></sheetData>'


@pytest.mark.parametrize(
    ("old", "new", "code", "sentence"),
    [
        (rb'<row r="2"', b'<row r="abc"', "damaged", "a row is numbered “abc”"),
        (rb'<row r="2"', b'<row r="0"', "damaged", "row 0 comes after row 1"),
        (rb'<c r="B2"', b'<c r="??"', "damaged", "a cell of row 2 is placed at “\\?\\?”"),
        (rb'<c r="B2"', b'<c r="B3"', "damaged", "a cell of row 2 is placed at “B3”"),
        (rb'<c r="B2"', b'<c r="A2"', "damaged", "cell A2 comes after cell A2"),
        (rb"</sheetData>", SCRAP % (b"-4", b"4"), "damaged", "numbered “-4”"),
        (rb"</sheetData>", SCRAP % (b"3", b"3"), "damaged", "row 3 comes after row 3"),
        (rb"</sheetData>", SCRAP % (b"9" * 5000, b"3"), "too_many_cells", "reaches out to row"),
        (rb'(<c r="B2"[^>]*t="s"[^>]*>)<v>\d+</v>', rb"\1<v>-1</v>", "damaged", "sharedStrings"),
    ],
)
def test_rows_and_cells_that_are_placed_nowhere_or_twice_are_refused(old, new, code, sentence):
    with pytest.raises(Refused, match=sentence) as caught:
        read_sheet(edited(old, new), file_name=NAME)
    assert caught.value.code == code


def test_rows_and_cells_without_a_place_follow_each_other():
    data = edited(rb'<c r="B2"', rb"<c")
    data = without_parts(data, {"xl/worksheets/sheet1.xml": sheet_xml(data).replace(b'<row r="3"', b"<row")})
    assert read_sheet(data, file_name=NAME).rows == read_sheet(book(rows=(ROW, ROW)), file_name=NAME).rows


def sheet_xml(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    "moment",
    ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+12:00", "1601-01-01", "soon"],
)
def test_a_date_of_saving_outside_the_calendar_of_lists_is_none(moment):
    data = edited(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), part="docProps/core.xml")
    assert read_sheet(data, file_name=NAME).modified_at is None
    dated = read_dated(data, file_name=NAME, kind="auto", parameters=Parameters(), max_bytes=10**7)
    assert (dated.dating.basis, dated.dating.published_on) == ("file name", date(2025, 8, 8))


def test_what_nobody_foresaw_in_a_workbook_is_logged_and_refuses_it_only(monkeypatch, tmp_path, caplog):
    path = tmp_path / NAME
    path.write_bytes(book())
    monkeypatch.setattr(reading, "read_sheet", lambda *args, **more: 1 / 0)
    refused = read_or_refuse(path, kind="auto", parameters=Parameters(), max_bytes=10**7)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.overridable) == ("damaged", False)
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(Refused):
        read_dated(b"", file_name=NAME, kind="auto", parameters=Parameters(), max_bytes=10**7)
