"""Importing lists in the browser: upload, preview, apply; and what is refused, with nothing changed."""

from __future__ import annotations

import datetime as dt
import html
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from agreements.choices import ImportState, Status
from agreements.models import Agreement, Publication, RegisterState, RosterImport
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.exchange.models import Job, Upload
from oversight.exchange.uploads import UploadRefused, clean_name, upload_store
from oversight.trail.models import TrailEntry
from tests.agreements.workbooks import PENDING, row, rows, with_part, workbook
from tests.factories import UserFactory
from tests.support.queries import baseline_queries

pytestmark = pytest.mark.django_db

NAME = "participatingAgencies03032025am.xlsx"
LATER = "participatingAgencies03102025am.xlsx"


@pytest.fixture
def hq(client: Client):
    user = UserFactory(role=Role.HQ)
    client.force_login(user)
    return user


@pytest.fixture
def send(client: Client, hq, django_capture_on_commit_callbacks):
    """Uploads files and runs their previews; the last response."""

    def do(*files: tuple[str, bytes], kind: str = "auto"):
        with django_capture_on_commit_callbacks(execute=True):
            data = {"workbooks": [SimpleUploadedFile(name, data) for name, data in files], "kind": kind}
            return client.post(reverse("agreements:import_list"), data)

    return do


@pytest.fixture
def apply(client: Client, hq, django_capture_on_commit_callbacks):
    """Presses the button that applies."""

    def do(row: RosterImport, **data: str):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(reverse("agreements:import_apply", args=[row.pk]), data)

    return do


def newest() -> RosterImport:
    return RosterImport.objects.order_by("-pk")[0]


def page_of(client: Client, row: RosterImport) -> str:
    """The words of an import's page, without tags."""
    response = client.get(reverse("agreements:import_detail", args=[row.pk]))
    assert response.status_code == 200
    return words(response)


def words(response) -> str:
    body = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(body))


def register() -> tuple[int, str, int, int]:
    state = RegisterState.objects.get(pk=1)
    return state.version, state.hash, Publication.objects.count(), Agreement.objects.count()


# --- the way of a list ------------------------------------------------------------------------------


def test_an_uploaded_list_is_previewed_and_changes_nothing_before_it_is_applied(client, send):
    before = register()
    response = send((NAME, workbook(rows())))
    job = Job.objects.get()
    assert response["Location"] == reverse("agreements:import_job", args=[job.pk])
    arrived = client.get(response["Location"])
    assert arrived["Location"] == reverse("agreements:import_detail", args=[newest().pk])
    text = page_of(client, newest())
    assert "12 added" in text
    assert "Anderson County Sheriff's Office" in text
    assert newest().sha256 in text
    assert newest().state == ImportState.PREVIEWED
    assert register() == before


def test_a_preview_tells_who_uploaded_and_read_the_file_and_that_nothing_was_done_since(client, send, hq):
    send((NAME, workbook(rows())))
    shown = page_of(client, newest())
    history = shown[shown.index("History of this import") :]
    assert "File uploaded" in history
    assert "Read and previewed" in history
    assert history.count(f"by {hq.display_name}") == 2
    assert "Nothing has been done with it since." in history
    assert "Nobody has changed this record" not in shown


def test_the_button_says_what_applying_will_do_and_the_record_stays(client, send, apply):
    send((NAME, workbook(rows())))
    one = newest()
    asked = client.get(reverse("agreements:import_apply", args=[one.pk]))
    assert "Apply: 12 added" in words(asked)
    apply(one)
    one.refresh_from_db()
    assert one.state == ImportState.APPLIED
    assert Agreement.objects.filter(status=Status.ACTIVE).count() == 12
    assert one.hash_after == RegisterState.objects.get(pk=1).hash
    text = page_of(client, one)
    assert one.hash_after in text
    assert "Participating list of 2025-03-03" in text
    assert TrailEntry.objects.filter(verb="roster.imported", object_id=str(one.pk)).count() == 1


def test_a_preview_names_old_and_new_value_rule_and_the_row_as_printed(client, send, apply):
    send((NAME, workbook(rows())))
    apply(newest())
    changed = rows()[1:]
    changed[0][5] = dt.date(2025, 2, 12)
    send((LATER, workbook(changed, on=dt.date(2025, 3, 10))))
    text = page_of(client, newest())
    assert "1 date corrected" in text
    assert "was 2025-02-10" in text
    assert "is now 2025-02-12" in text
    assert "Signing date printed anew · row 2" in text
    assert "1 missing" in text
    assert "row 2 of the Participating list of 2025-03-03" in text
    assert "Anderson County Sheriff's Office" in text
    assert "was Active → is now Missing from the list" in text


def test_a_long_section_is_cut_and_can_be_shown_whole(client, send):
    towns = [row("Harris", name=f"Town {n} Police Department") for n in range(60)]
    send((NAME, workbook(towns)))
    address = reverse("agreements:import_detail", args=[newest().pk])
    short = client.get(address)
    assert short.content.count(b'class="entry"') == 50
    assert "Show all 60" in words(short)
    assert client.get(address, {"show": "added"}).content.count(b'class="entry"') == 60


def test_several_files_are_previewed_one_by_one(client, send):
    pending = workbook(rows(3), headers=PENDING)
    response = send((NAME, workbook(rows())), ("pendingAgencies03032025am.xlsx", pending))
    assert response["Location"] == reverse("agreements:import_list")
    assert {one.kind for one in RosterImport.objects.all()} == {"participating", "pending"}
    assert "2 files received" in words(client.get(response["Location"]))


def test_the_same_list_under_another_name_is_known(client, send, apply):
    send((NAME, workbook(rows())))
    apply(newest())
    send((LATER, workbook(list(reversed(rows())), on=dt.date(2025, 3, 10))))
    assert newest().state == ImportState.KNOWN
    assert "The register has this list already" in page_of(client, newest())


def test_a_discarded_preview_stays_readable_and_can_be_made_again(
    client, send, hq, django_capture_on_commit_callbacks
):
    send((NAME, workbook(rows())))
    first = newest()
    client.post(reverse("agreements:import_discard", args=[first.pk]))
    first.refresh_from_db()
    assert first.state == ImportState.DISCARDED
    assert "12 added" in page_of(client, first)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("agreements:import_again", args=[first.pk]))
    assert newest().pk != first.pk
    assert newest().state == ImportState.PREVIEWED


# --- two people -----------------------------------------------------------------------------------


def test_a_preview_made_before_another_import_must_be_made_again(
    client, send, apply, hq, django_capture_on_commit_callbacks
):
    send((NAME, workbook(rows())))
    first = newest()
    send((LATER, workbook(rows(11), on=dt.date(2025, 3, 10))))
    second = newest()
    apply(first)
    after = register()
    assert "This preview is out of date" in page_of(client, second)
    response = apply(second)
    assert response["Location"] == reverse("agreements:import_detail", args=[second.pk])
    assert register() == after
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("agreements:import_again", args=[second.pk]))
    assert "1 missing" in page_of(client, newest())
    apply(newest())
    assert newest().state == ImportState.APPLIED
    assert Agreement.objects.filter(status=Status.MISSING).count() == 1


def test_two_imports_at_the_same_moment_end_with_one_applied_and_one_told_to_look_again(
    client, send, hq, django_capture_on_commit_callbacks
):
    send((NAME, workbook(rows())))
    first = newest()
    send((LATER, workbook(rows(11), on=dt.date(2025, 3, 10))))
    second = newest()
    # Both pass the page's own look at the register before either job runs.
    with django_capture_on_commit_callbacks(execute=True):
        for one in (first, second):
            client.post(reverse("agreements:import_apply", args=[one.pk]))
    done, failed = Job.objects.filter(kind="roster.apply").order_by("created_at")
    assert (done.state, failed.state) == ("done", "failed")
    assert Publication.objects.count() == 1
    told = words(client.get(reverse("agreements:import_job", args=[failed.pk])))
    assert "Nothing was changed" in told
    assert "The register has changed since this preview was made" in told
    assert "Back to the preview" in told


# --- files that are not taken -----------------------------------------------------------------------


def bomb() -> bytes:
    """A workbook of 60 KB whose sheet unpacks to 60 MB."""
    return with_part(workbook(rows()), "xl/worksheets/sheet9.xml", b" " * 60_000_000)


def formula() -> bytes:
    lines = rows()
    lines[3][1] = '=HYPERLINK("https://example.org","Archer")'
    return workbook(lines)


def macros() -> bytes:
    return with_part(workbook(rows()), "xl/vbaProject.bin", b"macro")


BAD = {
    "not a workbook": (NAME, lambda: b"%PDF-1.7 not a workbook", "not an Excel workbook"),
    "a truncated workbook": (NAME, lambda: workbook(rows())[:3000], "cut off or damaged"),
    "a zip bomb": (NAME, bomb, "unpacks to far more than a workbook could hold"),
    "a macro workbook": (NAME, macros, "contains macros"),
    "a macro workbook by its name": ("participating.xlsm", lambda: workbook(rows()), "macro workbook"),
    "missing columns": (
        NAME, lambda: workbook(rows(), headers=("STATE", "AGENCY NAME", "TYPE")), "has no column",
    ),
    "a pending list named participating": (
        NAME, lambda: workbook(rows(), headers=PENDING), "it has no SIGNED column",
    ),
    "a formula": (NAME, formula, "Cell B5 holds a formula"),
    "no rows": (NAME, lambda: workbook([]), "has no rows"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_with_a_plain_sentence_and_nothing_changes(client, send, what):
    name, make, sentence = BAD[what]
    before = register()
    send((name, make()))
    one = newest()
    assert one.state == ImportState.REFUSED
    text = page_of(client, one)
    assert sentence in text
    assert "What to do:" in text
    assert "Apply" not in text
    assert register() == before


def test_a_refused_list_cannot_be_applied_by_a_hand_made_request(client, send, apply):
    send((NAME, b"%PDF-1.7"))
    before = register()
    apply(newest(), reason="I want it")
    assert newest().state == ImportState.REFUSED
    assert register() == before


def test_the_kind_chosen_on_the_form_is_checked_against_the_columns(client, send):
    send(("list03032025.xlsx", workbook(rows())), kind="pending")
    assert newest().state == ImportState.REFUSED
    assert "it has a SIGNED column" in page_of(client, newest())


def test_a_year_that_is_far_ahead_is_kept_as_printed_and_never_becomes_a_date(client, send, apply):
    lines = rows()
    lines[0][5] = dt.date(5025, 2, 10)
    send((NAME, workbook(lines)))
    assert newest().state == ImportState.PREVIEWED
    apply(newest())
    assert not Agreement.objects.filter(signed_on__year__gt=2026).exists()
    assert Agreement.objects.count() == 12


def test_half_the_rows_gone_is_refused_until_headquarters_gives_a_reason(client, send, apply):
    send((NAME, workbook(rows())))
    apply(newest())
    before = register()
    send((LATER, workbook(rows(6), on=dt.date(2025, 3, 10))))
    one = newest()
    assert one.state == ImportState.REFUSED
    text = page_of(client, one)
    assert "The list has 6 rows, the one before it 12" in text
    assert "6 missing" in text
    refused = apply(one, reason="  ")
    assert refused.status_code == 422
    assert "Give a reason" in words(refused)
    assert register() == before
    apply(one, reason="ICE confirmed by letter of 2025-03-11")
    one.refresh_from_db()
    assert one.state == ImportState.APPLIED
    assert "ICE confirmed by letter of 2025-03-11" in page_of(client, one)
    assert Agreement.objects.filter(status=Status.MISSING).count() == 6


def test_an_empty_pending_list_is_valid(client, send):
    send(("pendingAgencies03032025am.xlsx", workbook([], headers=PENDING)))
    assert newest().state == ImportState.PREVIEWED


# --- uploads -----------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A file of `size` bytes that exists nowhere: made as it is read."""

    def __init__(self, size: int) -> None:
        self.size, self.read_so_far, self.name = size, 0, NAME

    def readable(self) -> bool:
        return True

    def read(self, n: int = -1) -> bytes:
        n = min(65_536 if n < 0 else n, self.size - self.read_so_far)
        self.read_so_far += n
        return b"P" * n


class Body(io.RawIOBase):
    """A multipart body around an endless file, made as it is read."""

    def __init__(self, size: int) -> None:
        head = (
            '--b\r\nContent-Disposition: form-data; name="kind"\r\n\r\nauto\r\n'
            f'--b\r\nContent-Disposition: form-data; name="workbooks"; filename="{NAME}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        self.parts = [io.BytesIO(head.encode()), Endless(size), io.BytesIO(b"\r\n--b--\r\n")]
        self.length = len(head) + size + len(b"\r\n--b--\r\n")

    def read(self, n: int = -1) -> bytes:
        while self.parts:
            if part := self.parts[0].read(n):
                return part
            self.parts.pop(0)
        return b""


def test_a_file_of_200_mb_is_refused_while_it_arrives_and_nothing_of_it_is_kept(
    client, hq, settings, tmp_path
):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    body = Body(200 * 1024 * 1024)
    response = client.generic(
        "POST",
        reverse("agreements:import_list"),
        **{
            "wsgi.input": body,
            "CONTENT_LENGTH": str(body.length),
            "CONTENT_TYPE": "multipart/form-data; boundary=b",
        },
    )
    assert response.status_code == 422
    assert "is larger than 50 MB and was not taken" in words(response)
    assert not Upload.objects.exists()
    assert not Job.objects.exists()
    assert list(tmp_path.glob("*.upload*")) == []


def test_the_limit_holds_for_files_that_do_not_come_through_a_page(hq, settings):
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(UploadRefused, match="larger than"):
        upload_store(actor=person(hq), file=SimpleUploadedFile(NAME, b"x" * 1001))
    assert not Upload.objects.exists()


def test_one_file_too_large_among_several_stops_the_others_too(client, send, settings):
    settings.UPLOAD_MAX_BYTES = 20_000
    response = send((NAME, workbook(rows())), (LATER, b"x" * 20_001))
    assert response.status_code == 422
    assert LATER in words(response)
    assert not Upload.objects.exists()


def test_an_upload_without_a_file_says_so_at_the_field(client, send):
    response = send()
    assert response.status_code == 422
    assert "Choose at least one Excel workbook" in words(response)
    assert b'href="#id_workbooks"' in response.content


def test_an_empty_file_is_refused_by_name(client, send):
    response = send((NAME, b""))
    assert response.status_code == 422
    assert f"“{NAME}” is empty" in words(response)


def test_a_file_is_kept_under_a_random_name_and_recorded(client, send, hq):
    send((NAME, workbook(rows())))
    upload = Upload.objects.get()
    assert upload.name == NAME
    assert NAME not in upload.file.name
    assert client.get(f"/media/{upload.file.name}").status_code == 404
    assert TrailEntry.objects.get(verb="upload.received").after["sha256"] == upload.sha256


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\lists\\a.xlsx", "a.xlsx"),
        ("a\u202excod.xlsx", "axcod.xlsx"),
        ("a\x00\nb.xlsx", "ab.xlsx"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("x" * 400 + ".xlsx", "x" * 250 + ".xlsx"),
    ],
)
def test_a_file_name_is_reduced_to_what_can_be_printed(given, kept):
    assert clean_name(given) == kept


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "sees", "uploads"),
    [(Role.HQ, 200, 422), (Role.AUDITOR, 200, 403), (Role.FIELD_PM, 403, 403)],
)
def test_headquarters_imports_auditors_only_look(client, role, sees, uploads):
    client.force_login(UserFactory(role=role))
    address = reverse("agreements:import_list")
    assert client.get(address).status_code == sees
    assert client.post(address, {"kind": "auto"}).status_code == uploads


def test_an_auditor_sees_the_record_without_the_buttons(client, send):
    send((NAME, workbook(rows())))
    client.force_login(UserFactory(role=Role.AUDITOR))
    text = page_of(client, newest())
    assert "12 added" in text
    assert "Apply this list" not in text
    assert "Discard" not in text
    assert client.post(reverse("agreements:import_apply", args=[newest().pk])).status_code == 403


def test_an_import_that_does_not_exist_answers_404(client, hq):
    assert client.get(reverse("agreements:import_detail", args=[999])).status_code == 404


def test_pages_of_imports_cost_a_constant_number_of_queries(client, send, apply):
    send((NAME, workbook(rows())))
    apply(newest())
    lines = rows()[2:]
    lines[0][5] = dt.date(2025, 2, 12)
    send((LATER, workbook([*lines, *(row("Wood", name=f"Town {n} Police Department") for n in range(20))])))
    with baseline_queries("imports.list"):
        client.get(reverse("agreements:import_list"))
    with baseline_queries("imports.detail"):
        client.get(reverse("agreements:import_detail", args=[newest().pk]))
