"""The restore drill: what was backed up comes back the same, and nothing half."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as conf
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from agreements.models import Agreement, RegisterState
from itinstall.choices import Party
from itinstall.models import HoldReason, StageTransition
from itinstall.services.holds import hold_begin
from oversight.exchange.backup import all_fingerprints, postgresql, sqlite
from oversight.exchange.backup.archive import BackupRefused
from oversight.exchange.backup.fingerprints import fingerprint_all
from oversight.exchange.models import Job, Upload
from oversight.metrics.models import Snapshot
from oversight.metrics.services import day_fill
from oversight.trail.models import TrailEntry
from oversight.trail.triggers import check_installed, unlocked
from tests.agreements.importing import SAMPLE, import_roster
from tests.factories import UserFactory
from tests.itinstall.installations import SYSTEM, request_in

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"a workbook, as it was received" * 1000


@pytest.fixture
def filled() -> str:
    """Three published lists and an upload by a person; the register's hash."""
    _, register, status = import_roster(*SAMPLE[:3])
    assert status == 0
    moved = request_in("isa")
    why = HoldReason.objects.get(pk="bids")
    hold_begin(actor=SYSTEM, request=moved, why=why, owner=Party.VENDOR, on=dt.date(2026, 3, 1))
    for day in (dt.date(2021, 6, 1), dt.date(2022, 6, 1)):
        day_fill(as_of=day)
    assert register["agreements"] > 50
    upload = Upload(name="list.xlsx", sha256="0" * 64, size=len(CONTENT), uploaded_by=UserFactory())
    upload.file.save("list.xlsx", ContentFile(CONTENT))
    return str(register["hash"])


@pytest.fixture
def backup(filled: str, tmp_path: Path) -> Path:
    path = tmp_path / "backup.tar"
    run("backup", out=path)
    return path


def run(command: str, *args: object, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *map(str, args), stdout=out, stderr=out, **options)
    return out.getvalue()


def agreements_csv(folder: Path, name: str) -> list[list[str]]:
    path = folder / name
    call_command("export", "agreements", out=str(path), stdout=io.StringIO())
    return list(csv.reader(path.open(newline="")))


def trail_rows() -> list[dict[str, Any]]:
    return list(TrailEntry.objects.order_by("pk").values())


def destroy() -> None:
    with unlocked():
        call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(conf.MEDIA_ROOT)
    assert not Agreement.objects.exists()
    assert not StageTransition.objects.exists()
    assert not TrailEntry.objects.exists()


def rewritten(backup: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of the backup after `change` worked on its members (name → content)."""
    with tarfile.open(backup) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    change(members)
    path = backup.with_name("changed.tar")
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def test_the_drill_backup_destroy_restore(filled: str, tmp_path: Path) -> None:
    register, exported = filled, agreements_csv(tmp_path, "before.csv")
    prints, trail = {k: v.value for k, v in fingerprint_all().items()}, trail_rows()
    assert len(trail) > 10
    figures = sorted(Snapshot.objects.values_list())
    assert len(figures) > 100
    said = run("backup", out=tmp_path / "backup.tar")
    assert f"register {register}" in said
    destroy()
    assert not Snapshot.objects.exists()
    said = run("restore", tmp_path / "backup.tar")
    assert f"Same register hash: {register}" in said
    assert f"Same trail hash: {prints['trail']}" in said
    assert f"Same figures hash: {prints['figures']}" in said
    assert f"Same installations hash: {prints['installations']}" in said
    assert sorted(Snapshot.objects.values_list()) == figures
    assert RegisterState.objects.get().hash == register
    now = trail_rows()
    assert now[: len(trail)] == trail
    # The backup was taken before it was told; the restore tells of itself.
    assert [row["verb"] for row in now[len(trail) :]] == ["backup.restored"]
    assert agreements_csv(tmp_path, "after.csv") == exported
    assert Upload.objects.get().file.read() == CONTENT


def test_after_a_restore_the_trail_still_refuses_changes(backup: Path) -> None:
    run("restore", backup, replace=True)
    assert check_installed(databases=["default"]) == []
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        TrailEntry.objects.update(reason="forged")
    # Keys continue where they stood: new rows do not collide.
    assert import_roster(SAMPLE[3])[2] == 0


def test_a_backup_is_for_its_owner_only_and_is_remembered(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert names[-1] == "manifest.json"
    assert {entry["name"] for entry in manifest["files"]} == set(names[:-1])
    assert manifest["fingerprints"].keys() == set(all_fingerprints()) >= {
        "figures", "installations", "register", "trail",
    }  # fmt: skip
    job = Job.objects.get(kind="exchange.backup")
    assert (job.state, job.result["file"]) == ("done", "backup.tar")
    assert TrailEntry.objects.filter(verb="backup.made", object_id=str(job.pk)).exists()
    assert not list(backup.parent.glob(".*.partial"))


def test_a_restore_refuses_to_destroy_without_being_told(backup: Path) -> None:
    before = trail_rows()
    with pytest.raises(CommandError, match=r"not empty.*--replace"):
        run("restore", backup)
    assert trail_rows() == before


def test_what_came_after_the_backup_is_gone_and_the_trail_says_so(backup: Path) -> None:
    register = RegisterState.objects.get().hash
    assert import_roster(SAMPLE[3])[2] == 0
    assert RegisterState.objects.get().hash != register
    late = Path(conf.MEDIA_ROOT) / "late.txt"
    late.write_text("after the backup")
    run("restore", backup, replace=True)
    assert RegisterState.objects.get().hash == register
    assert not late.exists()
    assert [p.name for p in Path(conf.MEDIA_ROOT).iterdir() if p.name.startswith(".")] == []
    assert TrailEntry.objects.latest("pk").after["file"] == "backup.tar"


SENTENCES = {
    "altered": "SHA-256 differs",
    "missing": "is missing from",
    "foreign": "not in the manifest",
    "escaping": "is no name",
    "truncated": "not a whole backup",
    "other": "not a whole backup",
}


def spoiled(backup: Path, what: str) -> Path:
    def change(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.startswith("media/"))
        if what == "altered":
            members[name] = b"X" + members[name][1:]
        if what == "missing":
            del members[name]
        if what == "foreign":
            members["media/added.txt"] = b"not backed up"
        if what == "escaping":
            members["media/../../escaped"] = content = members.pop(name)
            manifest = json.loads(members.pop("manifest.json"))
            entry = next(entry for entry in manifest["files"] if entry["name"] == name)
            entry.update(name="media/../../escaped", bytes=len(content))
            members["manifest.json"] = json.dumps(manifest).encode()

    bad = rewritten(backup, change)
    if what == "truncated":
        bad.write_bytes(backup.read_bytes()[:-20_000])
    if what == "other":
        bad.write_bytes(b"not a tar file at all")
    return bad


def test_a_bad_backup_is_refused_before_anything_changes(backup: Path) -> None:
    before, files = trail_rows(), sorted(Path(conf.MEDIA_ROOT).rglob("*"))
    for what, sentence in SENTENCES.items():
        with pytest.raises(CommandError, match=sentence):
            run("restore", spoiled(backup, what), replace=True)
        assert trail_rows() == before, what
        assert sorted(Path(conf.MEDIA_ROOT).rglob("*")) == files, what


def test_a_backup_of_another_database_or_a_newer_version_is_refused(backup: Path) -> None:
    with pytest.raises(CommandError, match="this installation uses"):
        run("restore", with_manifest(backup, lambda m: m["database"].update(kind="oracle")), replace=True)
    later = with_manifest(backup, lambda m: m["database"]["migrations"].append("agreements.9999_x"))
    with pytest.raises(CommandError, match=r"does not know its migration agreements\.9999"):
        run("restore", later, replace=True)


def test_a_database_that_cannot_be_read_back_leaves_everything_as_it_was(backup: Path) -> None:
    """Cut in the middle, under a manifest that agrees with it: the database's own tools find out."""
    before, files = trail_rows(), sorted(Path(conf.MEDIA_ROOT).rglob("*"))

    def cut(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        name = manifest["database"]["file"]
        members[name] = content = members[name][: len(members[name]) * 2 // 3]
        entry = next(entry for entry in manifest["files"] if entry["name"] == name)
        entry.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        members["manifest.json"] = json.dumps(manifest).encode()

    with pytest.raises(CommandError, match=r"as it was|Nothing was changed"):
        run("restore", rewritten(backup, cut), replace=True)
    assert trail_rows() == before
    assert sorted(Path(conf.MEDIA_ROOT).rglob("*")) == files


def with_manifest(backup: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the backup whose manifest says something else."""

    def apply(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        change(manifest)
        members["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(backup, apply)


@pytest.mark.parametrize("name", ["figures", "installations", "register"])
def test_a_restore_that_is_not_the_same_fails(backup: Path, name: str) -> None:
    def forge(manifest: dict[str, Any]) -> None:
        manifest["fingerprints"][name]["value"] = "f" * 64

    with pytest.raises(CommandError, match=f"the {name} is not what it was"):
        run("restore", with_manifest(backup, forge), replace=True)


def test_a_backup_of_before_installations_had_a_hash_still_restores_and_says_so(backup: Path) -> None:
    older = with_manifest(backup, lambda manifest: manifest["fingerprints"].pop("installations"))
    said = run("restore", older, replace=True)
    assert "No hash of installations to compare" in said
    assert "Same register hash" in said
    assert StageTransition.objects.count() == 3


def test_a_hash_of_before_a_migration_of_its_rows_is_not_taken_for_damage(backup: Path) -> None:
    def older(manifest: dict[str, Any]) -> None:
        manifest["fingerprints"]["installations"]["value"] = "f" * 64
        manifest["database"]["migrations"].remove("itinstall.0005_sites_counted")

    said = run("restore", with_manifest(backup, older), replace=True)
    assert "No hash of installations to compare" in said
    assert "Same installations hash" not in said


def test_a_backup_overwrites_nothing(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    with pytest.raises(CommandError, match="never overwrites"):
        run("backup", out=backup)
    assert backup.read_bytes() == content
    with pytest.raises(CommandError, match="does not exist"):
        run("backup", out=tmp_path / "no" / "backup.tar")


def test_a_backup_that_is_not_whole_is_made_and_said(filled: str, tmp_path: Path) -> None:
    Agreement.objects.filter(pk=Agreement.objects.earliest("pk").pk).update(signed_on="1999-01-01")
    assert "not what its lists amount to" in run("backup", out=tmp_path / "backup.tar")
    assert "Same register hash" in run("restore", tmp_path / "backup.tar", replace=True)


@pytest.mark.sqlite
def test_the_copy_and_its_fingerprints_are_of_one_moment(filled: str, tmp_path: Path) -> None:
    """A write between the first reading and the copy is in neither; and it need not wait."""
    import sqlite3

    name = str(connection.settings_dict["NAME"])
    connection.close()  # as when a command begins
    with sqlite.one_moment():
        before = Agreement.objects.count()
        with sqlite3.connect(name, timeout=1) as other:
            other.execute("UPDATE agreements_registerstate SET version = version + 1000")
        sqlite.dump(tmp_path / "copy.sqlite3")
    seen = sqlite3.connect(tmp_path / "copy.sqlite3").execute("SELECT version FROM agreements_registerstate")
    assert seen.fetchone()[0] + 1000 == RegisterState.objects.get().version
    assert Agreement.objects.count() == before


@pytest.mark.postgresql
def test_the_dump_is_of_the_moment_of_the_fingerprints(filled: str, tmp_path: Path) -> None:
    import psycopg2

    name = connection.get_connection_params()
    with postgresql.one_moment():
        version = RegisterState.objects.get().version
        other = psycopg2.connect(**{k: v for k, v in name.items() if k in {"dbname", "user", "host", "port"}})
        with other, other.cursor() as cursor:
            cursor.execute("UPDATE agreements_registerstate SET version = version + 1000")
        other.close()
        postgresql.dump(tmp_path / "copy.pgdump")
    postgresql.load(tmp_path / "copy.pgdump")
    assert RegisterState.objects.get().version == version


@pytest.fixture
def later_part() -> Iterator[None]:
    """A table that came with a later version and points to one that the backup holds."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later_part (upload_id bigint REFERENCES exchange_upload)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE later_part")


@pytest.mark.postgresql
def test_a_backup_goes_into_a_database_of_a_later_version(filled: str, tmp_path: Path, request) -> None:
    run("backup", out=tmp_path / "backup.tar")
    request.getfixturevalue("later_part")
    RegisterState.objects.update(version=1000)
    assert f"Same register hash: {filled}" in run("restore", tmp_path / "backup.tar", replace=True)
    assert RegisterState.objects.get().version != 1000


@pytest.mark.postgresql
def test_a_dump_that_breaks_off_half_way_leaves_the_database_as_it_was(filled: str, tmp_path: Path) -> None:
    with postgresql.one_moment():
        postgresql.dump(tmp_path / "copy.pgdump")
    whole = (tmp_path / "copy.pgdump").read_bytes()
    RegisterState.objects.update(version=1000)
    for share in (0.6, 0.9):  # within the data: what comes before has been taken in by then
        (tmp_path / "half.pgdump").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BackupRefused, match="the database is as it was"):
            postgresql.load(tmp_path / "half.pgdump")
        assert RegisterState.objects.get().version == 1000
        assert Agreement.objects.exists()


@pytest.mark.postgresql
def test_without_the_clients_of_postgresql_a_plain_sentence(monkeypatch, filled: str, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"pg_dump was not found\. Install"):
        run("backup", out=tmp_path / "backup.tar")
    assert not list(tmp_path.glob("*.tar*"))
