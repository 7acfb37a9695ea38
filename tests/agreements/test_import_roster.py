"""The importer over real lists: any order gives one register, staff statements survive, nothing halves."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count

from agreements.choices import DecisionState, Origin, Status, VerdictKind
from agreements.models import (
    Agency,
    Agreement,
    AgreementStatus,
    Decision,
    Observation,
    Publication,
    RegisterState,
    RosterImport,
)
from agreements.refs import publication_ref
from agreements.selectors.register import open_review_count
from agreements.services import statuses
from agreements.services.batches import rosters_import
from agreements.services.imports import PreviewOutdated, roster_apply, roster_preview
from agreements.services.reviews import verdict_give, verdict_undo
from agreements.services.verification import register_verify
from oversight.access.actors import person, system
from oversight.exchange.exports import ExportContext, get_export
from oversight.exchange.models import Upload
from oversight.trail.models import TrailEntry
from tests.agreements.deadly import dies_of_one
from tests.agreements.importing import SAMPLE, import_roster, participating_files
from tests.agreements.workbooks import row, rows, workbook
from tests.factories import UserFactory
from tests.ice_lists import TOTALS_CSV

__all__ = ["participating_files"]

pytestmark = pytest.mark.django_db
CAPTURES = [path for path in SAMPLE if path.name.startswith("ParticipatingEntities")]
MONTHLY = [path for path in SAMPLE if path not in CAPTURES]
FROM_2025 = [path for path in MONTHLY if "2025" in path.name]
# Six participating lists, from February to August, and two pending ones.
EARLY = FROM_2025[:6] + [path for path in FROM_2025 if path.name.startswith("pending")][:2]


def register_hash() -> str:
    return RegisterState.objects.get(pk=1).hash


def upload(path: Path) -> Upload:
    from django.core.files.base import ContentFile

    data = path.read_bytes()
    return Upload.objects.create(file=ContentFile(data, name="x"), name=path.name, sha256="0", size=len(data))


@pytest.fixture(scope="module")
def hash_of_early(django_db_setup, django_db_blocker) -> str:
    """The register of EARLY by another path: nothing but the plan in memory, in an empty database."""
    with django_db_blocker.unblock():
        assert not Publication.objects.exists()
        batch = rosters_import(actor=system("test"), files=EARLY, dry_run=True)
        assert not any(outcome.refused for outcome in batch)
        return batch.summary()["hash"]


def test_lists_at_once_and_twice_give_the_same_register(hash_of_early):
    _, at_once, status = import_roster(*EARLY, side_by_side=True)
    assert status == 0
    assert at_once["hash"] == hash_of_early == register_hash()
    assert register_verify().is_whole
    again, twice, _ = import_roster(*EARLY)
    assert twice == at_once
    assert all(outcome["reason"] == "already known" for outcome in again)
    dry = rosters_import(actor=system("test"), files=EARLY[:3], dry_run=True)
    assert [outcome.reason for outcome in dry] == ["already known"] * 3


@pytest.mark.parametrize("order", ["backwards", "shuffled"])
def test_lists_one_by_one_in_another_order_give_the_register_of_all_at_once(order, hash_of_early):
    files = EARLY[::-1] if order == "backwards" else random.Random(3).sample(EARLY, len(EARLY))
    for path in files:
        import_roster(path)
    assert register_hash() == hash_of_early
    assert register_verify().is_whole


def test_a_dry_run_says_what_would_change_and_writes_nothing():
    outcomes, register, status = import_roster(*EARLY[:3], dry_run=True)
    assert status == 0
    assert outcomes[0]["added"] > 0
    assert register["agreements"] > 0
    assert not Publication.objects.exists()
    assert not RosterImport.objects.exists()
    real, same, _ = import_roster(*EARLY[:3])
    assert [o["added"] for o in real] == [o["added"] for o in outcomes]
    assert same["hash"] == register["hash"]


def test_json_tells_of_every_file_and_then_of_the_register():
    outcomes, register, _ = import_roster(*EARLY[:2])
    assert set(outcomes[0]) == {
        "file", "kind", "publication", "rows", "added", "changed", "renamed", "reattributed",
        "date_corrected", "missing", "removed", "superseded", "duplicates", "review", "refused", "reason",
    }  # fmt: skip
    assert set(register) == {
        "agencies", "agreements", "listed", "missing", "removed", "superseded", "pending", "review_open",
        "hash",
    }  # fmt: skip
    assert register["hash"] == register_hash()


def test_the_sample_lists_and_a_merge_of_theirs():
    """In one test: importing the lists is what takes the time."""
    assert import_roster(*SAMPLE)[2] == 0
    rows_per_model_equal_the_published_totals_wherever_a_list_of_that_date_is_in_the_sample()
    overruling_a_merge_splits_the_two_and_undoing_it_joins_them_under_the_old_reference()


def rows_per_model_equal_the_published_totals_wherever_a_list_of_that_date_is_in_the_sample():
    with TOTALS_CSV.open(encoding="utf-8") as file:
        totals = {line["as_of"]: line for line in csv.DictReader(file) if line["tfm"]}
    checked = 0
    for publication in Publication.objects.filter(kind="participating"):
        total = totals.get(publication.published_on.isoformat())
        if total is None:
            continue
        rows = Observation.objects.filter(publication=publication).values_list("printed_row__model")
        counts = dict(rows.annotate(n=Count("pk")))
        wanted = {name: int(total[name.lower()] or 0) for name in ("JEM", "WSO", "TFM")}
        assert {name: counts.get(name, 0) for name in wanted} == wanted, publication
        checked += 1
    assert checked >= 15


def overruling_a_merge_splits_the_two_and_undoing_it_joins_them_under_the_old_reference():
    hq = person(UserFactory(role="hq"))
    joined = (
        Decision.objects.filter(state=DecisionState.APPLIED, subject="agency", is_standing=True)
        .order_by("pk")
        .first()
    )
    before = register_hash()
    refs = set(Agency.objects.current().values_list("ref", flat=True))
    verdict = verdict_give(actor=hq, decision=joined, kind=VerdictKind.DISTINCT, reason="Two bodies")
    assert register_hash() != before
    split = set(Agency.objects.current().values_list("ref", flat=True))
    assert refs < split
    assert register_verify().is_whole
    verdict_undo(actor=hq, verdict=verdict, reason="One body after all")
    assert register_hash() == before
    assert set(Agency.objects.current().values_list("ref", flat=True)) == refs
    assert set(Agency.objects.values_list("ref", flat=True)) >= split  # the other's reference redirects


def test_a_suspension_entered_between_two_imports_survives_every_later_import():
    hq = person(UserFactory(role="hq"))
    import_roster(*EARLY[:3])
    agreement = Agreement.objects.filter(status=Status.ACTIVE).order_by("pk").first()
    newest = Publication.objects.filter(kind="participating").order_by("-sequence").first()
    statement = statuses.agreement_suspend(
        actor=hq, agreement=agreement, on=newest.published_on, reason="Letter of the Director"
    )
    for files in ([EARLY[3]], EARLY[:6], EARLY[5::-1]):
        import_roster(*files)
        agreement.refresh_from_db()
        assert agreement.status == Status.SUSPENDED
    assert AgreementStatus.objects.filter(pk=statement.pk, origin=Origin.STAFF, withdrawn_at=None).exists()
    if agreement.list_status == Status.ACTIVE:
        question = Decision.objects.get(rule="staff_statement", is_standing=True)
        assert question.state == DecisionState.OPEN
        assert question.left_agreement == agreement
    statuses.statement_withdraw(actor=hq, statement=statement, reason="Entered for the wrong agency")
    agreement.refresh_from_db()
    assert agreement.status == agreement.list_status
    assert not Decision.objects.filter(rule="staff_statement", is_standing=True).exists()


def test_every_change_an_import_makes_is_in_the_trail_under_the_importers_name():
    import_roster(*EARLY[:2])
    verbs = Counter(TrailEntry.objects.values_list("verb", flat=True))
    assert verbs["agreement.listed"] == Agreement.objects.count()
    assert verbs["agency.listed"] == Agency.objects.count()
    assert verbs["roster.imported"] == 2
    assert set(TrailEntry.objects.values_list("actor_label", flat=True)) == {"import_roster"}


def test_a_preview_made_before_another_import_was_applied_must_be_made_again():
    hq = person(UserFactory(role="hq"))
    first = roster_preview(actor=hq, upload=upload(EARLY[0]))
    second = roster_preview(actor=hq, upload=upload(EARLY[1]))
    roster_apply(actor=hq, roster_import=first)
    before = register_hash()
    with pytest.raises(PreviewOutdated, match="Preview again"):
        roster_apply(actor=hq, roster_import=second)
    assert register_hash() == before
    roster_apply(actor=hq, roster_import=roster_preview(actor=hq, upload=upload(EARLY[1])))
    assert register_verify().is_whole


def test_applying_an_import_twice_applies_it_once():
    hq = person(UserFactory(role="hq"))
    preview = roster_preview(actor=hq, upload=upload(EARLY[0]))
    applied = roster_apply(actor=hq, roster_import=preview)
    version = RegisterState.objects.get(pk=1).version
    assert roster_apply(actor=hq, roster_import=preview).pk == applied.pk
    assert RegisterState.objects.get(pk=1).version == version


def test_references_stay_the_same_whatever_is_imported_later():
    import_roster(*EARLY[:4])
    refs = dict(Agreement.objects.values_list("key", "ref"))
    import_roster(*CAPTURES[-3:], *EARLY[:7])
    later = dict(Agreement.objects.values_list("key", "ref"))
    assert {key: later[key] for key in refs} == refs


def test_a_file_that_cannot_be_taken_changes_nothing_and_says_why(tmp_path):
    import_roster(*EARLY[:2])
    before = register_hash()
    broken = tmp_path / "participatingAgencies06012025am.xlsx"
    broken.write_bytes(EARLY[2].read_bytes()[:5000])
    text = tmp_path / "participatingAgencies06022025am.xlsx"
    text.write_text("STATE,AGENCY\n")
    outcomes, register, status = import_roster(broken, text, tmp_path / "gone.xlsx")
    assert status == 3
    assert all(outcome["refused"] and outcome["reason"].endswith(".") for outcome in outcomes)
    assert register["hash"] == before == register_hash()
    assert RosterImport.objects.filter(state="refused").count() == 3


@pytest.mark.parametrize("as_json", [True, False])
def test_a_refusal_is_told_on_stderr_in_one_sentence_with_json_on_stdout_too(tmp_path, as_json):
    broken = tmp_path / "participatingAgencies06012025am.xlsx"
    broken.write_bytes(b"%PDF-1.7")
    out, errors = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("import_roster", broken, EARLY[0], json=as_json, stdout=out, stderr=errors)
    assert end.value.code == 3
    assert errors.getvalue().splitlines() == [
        f"{broken.name}: refused. The file is not an Excel workbook (.xlsx). Download the list again from "
        "ICE's page and upload the file as it is. PDF and CSV are not read."
    ]
    assert (broken.name in out.getvalue()) is as_json


# Which order files come in is decided before anything is stored: with all lists on SQLite, which is quicker,
# and with a sample of them, above, on both databases.
@pytest.mark.sqlite
@pytest.mark.full
def test_all_144_lists_shuffled_and_twice_give_one_register(participating_files):
    shuffled = random.Random(287).sample(participating_files, len(participating_files))
    outcomes, at_once, status = import_roster(*shuffled, side_by_side=True)
    assert status == 3
    assert [o["file"] for o in outcomes if o["refused"]] == ["participatingAgencies09222025pm.xlsx"]
    assert len(outcomes) == len(participating_files) == 144
    assert register_verify().is_whole

    again, register, _ = import_roster(*participating_files, side_by_side=True)
    assert register == at_once
    assert all(o["refused"] or o["reason"] == "already known" for o in again)
    newest = Publication.objects.latest("published_on")
    assert newest.published_on == dt.date(2026, 5, 18)
    name = publication_ref(newest.kind, newest.published_on, newest.content_digest)
    duplicates = next(o["duplicates"] for o in outcomes if o["publication"] == name)
    assert register["listed"] + duplicates == 1843


@pytest.mark.sqlite
@pytest.mark.full
def test_all_144_lists_one_by_one_and_backwards_give_the_register_of_all_at_once(participating_files):
    for path in sorted(participating_files, key=lambda path: path.name, reverse=True):
        import_roster(path)
    assert register_verify().is_whole
    all_at_once = rosters_import(actor=system("test"), files=[], dry_run=True).summary()
    assert all_at_once["hash"] == register_hash()


def test_a_known_list_uploaded_under_another_name_is_kept_as_another_file_of_the_same_publication():
    hq = person(UserFactory(role="hq"))
    import_roster(EARLY[0])
    again = upload(EARLY[0])
    again.name = "participatingAgencies02272025pm.xlsx"
    again.save()
    before = register_hash()
    preview = roster_preview(actor=hq, upload=again)
    assert preview.state == "known"
    names = set(preview.publication.files.values_list("file_name", flat=True))
    assert names == {EARLY[0].name, again.name}
    assert register_hash() == before


def test_another_import_between_two_lists_of_a_batch_is_taken_in_and_the_batch_goes_on():
    batch = rosters_import(actor=system("test"), files=[EARLY[0], EARLY[2]])
    outcomes = iter(batch)
    assert next(outcomes).file == EARLY[0].name
    import_roster(EARLY[1])
    assert [outcome.refused for outcome in outcomes] == [False]
    assert Publication.objects.count() == 3
    assert batch.register.hash == register_hash()
    assert register_verify().is_whole


def test_a_batch_that_is_overtaken_again_and_again_ends_with_a_sentence_and_no_trace(monkeypatch):
    from agreements.services import batches

    tries = []

    def overtaken(**more):
        tries.append(more["store"])
        raise PreviewOutdated

    monkeypatch.setattr(batches, "roster_import", overtaken)
    with pytest.raises(CommandError, match="run the same command again"):
        import_roster(EARLY[0])
    assert len(set(map(id, tries))) == 1 + batches.RETRIES


def test_a_reader_process_that_dies_refuses_its_file_only():
    from agreements.services.batches import read_side_by_side

    names = ["a", "deadly", "b", "c"]
    read = dict(read_side_by_side([Path(name) for name in names], dies_of_one))
    assert [path.name for path in read] == names
    assert [refused.code for refused in read.values()] == ["read", "damaged", "read", "read"]


def test_a_file_that_may_not_be_read_is_refused_and_the_others_are_taken(monkeypatch, tmp_path):
    closed = tmp_path / EARLY[1].name
    closed.write_bytes(EARLY[1].read_bytes())
    opened = Path.open

    def guarded(self, *args, **more):
        if self == closed:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **more)

    monkeypatch.setattr(Path, "open", guarded)
    outcomes, _, status = import_roster(EARLY[0], closed)
    assert status == 3
    assert {o["file"]: o["refused"] for o in outcomes} == {EARLY[0].name: False, closed.name: True}
    assert RosterImport.objects.get(state="refused").sha256 == ""


@pytest.mark.parametrize(
    "name", ["participatingAgencies02202025am.xlsx", "participatingAgencies02272025pm.xlsx"]
)
def test_a_known_list_is_told_of_under_the_reference_that_exports_use(tmp_path, name):
    import_roster(EARLY[0])
    renamed = tmp_path / name
    renamed.write_bytes(EARLY[0].read_bytes())
    dry, _, _ = import_roster(renamed, dry_run=True)
    real, _, _ = import_roster(renamed)
    exported = get_export("observations").rows(ExportContext(actor=system("test")))
    published = set(exported.queryset.values_list(exported.fields[0], flat=True))
    assert published == {real[0]["publication"]} == {dry[0]["publication"]}


def test_a_dry_run_counts_the_questions_that_would_wait_as_the_import_does(tmp_path):
    pairs = [("Davie", "Davis"), ("Abbot", "Abbott"), ("Lomax", "Lomas"), ("Orin", "Orlin")]
    files = []
    for n in (3, 4):  # questions of likeness: names of one list
        lines = [*rows(), *(row(name=f"{name} PD") for pair in pairs[:n] for name in pair)]
        files.append(tmp_path / f"participatingAgencies030{n}2025am.xlsx")
        files[-1].write_bytes(workbook(lines, on=dt.date(2025, 3, n)))
    hq = person(UserFactory(role="hq"))
    import_roster(files[0])
    questions = Decision.objects.filter(state=DecisionState.OPEN, is_standing=True).order_by("pk")
    for question, kind in zip(list(questions), (VerdictKind.LATER, VerdictKind.DISTINCT), strict=False):
        verdict_give(actor=hq, decision=question, kind=kind)
    agreement = Agreement.objects.order_by("pk")[0]
    statuses.agreement_suspend(actor=hq, agreement=agreement, on=dt.date(2025, 3, 3), reason="Letter")
    assert import_roster(files[0], dry_run=True)[1]["review_open"] == 2 == open_review_count()
    _, dry, _ = import_roster(*files, dry_run=True)
    _, real, _ = import_roster(*files)
    assert dry == real
    # One more pair, and the list still prints what is suspended.
    assert dry["review_open"] == 4 == open_review_count()


def test_the_text_of_the_command_says_what_is_odd_about_a_list(tmp_path):
    from io import StringIO

    out = StringIO()
    renamed = tmp_path / "participatingAgencies01022025am.xlsx"
    renamed.write_bytes(EARLY[0].read_bytes())
    call_command("import_roster", str(renamed), dry_run=True, stdout=out)
    assert "\n  The file's name says 2025-01-02, but the list was made on" in out.getvalue()


def test_paths_that_lead_nowhere_are_told_of_and_fail_only_when_there_is_nothing_else(tmp_path):
    gone = [tmp_path / "participatingAgencies0*.xlsx", tmp_path / "gone" / "list.xlsx"]
    outcomes, _, status = import_roster(*gone)
    assert status == 1
    assert [o["reason"] for o in outcomes] == [
        f"There is no file at {path}. Check its path." for path in gone
    ]
    outcomes, _, status = import_roster(gone[0], EARLY[0])
    assert status == 3
    assert [o["refused"] for o in outcomes] == [True, False]


def test_a_workbook_from_the_future_is_refused_and_the_lists_of_today_stay_the_newest(tmp_path):
    path = tmp_path / "participatingAgencies03032025am.xlsx"
    path.write_bytes(workbook(rows(), on=dt.date(2099, 1, 1)))
    outcomes, _, status = import_roster(path)
    assert (status, outcomes[0]["refused"]) == (3, True)
    assert "made in the future: its workbook was last saved on 2099-01-01" in outcomes[0]["reason"]
    assert not Publication.objects.exists()
    hq = person(UserFactory(role="hq"))
    preview = roster_preview(actor=hq, upload=upload(path))
    assert (preview.state, preview.overridable, preview.counts["added"]) == ("refused", True, 12)
    applied = roster_apply(actor=hq, roster_import=preview, override_reason="The office's clock was wrong")
    assert applied.state == "applied"
    assert Publication.objects.get().overruled_reason == "The office's clock was wrong"
