"""Histories as files: every entry, which ones stand, who, when and why; as they stood on a past day."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from itinstall.choices import Party
from itinstall.models import HoldReason, Stage, StageTransition
from itinstall.services import holds, requests
from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.exchange.exports import ExportContext, get_export
from oversight.exchange.writers import Format, write
from tests.factories import (
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
D = dt.date


@pytest.fixture
def history(time_machine):
    """Submitted and moved in March, corrected in May, held in between."""
    hq = person(UserFactory(role=Role.HQ, username="hq"))
    time_machine.move_to(dt.datetime(2026, 3, 20, 16, tzinfo=dt.UTC))
    site = SiteFactory(name="=Main", agency=AgreementFactory(signed_on=D(2026, 1, 1)).agency)
    request = requests.request_create(actor=hq, site=site, on=D(2026, 3, 1))
    step = requests.request_move(
        actor=hq, request=request, stage=Stage.objects.get(pk="bids"), on=D(2026, 3, 10)
    )
    hold = holds.hold_begin(
        actor=hq,
        request=request,
        why=HoldReason.objects.get(pk="bids"),
        owner=Party.VENDOR,
        on=D(2026, 3, 12),
    )
    time_machine.move_to(dt.datetime(2026, 5, 4, 16, tzinfo=dt.UTC))
    requests.entry_correct(actor=hq, entry=step, on=D(2026, 3, 11), reason="Letter of March 11")
    holds.hold_end(actor=hq, hold=hold, on=D(2026, 4, 1))
    return request


def rows_of(name: str, tmp_path: Path, **context) -> list[dict[str, str]]:
    export = get_export(name)
    made = ExportContext(actor=context.pop("actor", person(UserFactory(role=Role.HQ))), **context)
    path = tmp_path / "out.csv"
    write(path, file_format=Format.CSV, columns=export.columns(made), rows=export.rows(made))
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_every_entry_is_there_and_says_whether_it_stands(history, tmp_path) -> None:
    rows = rows_of("installation_steps", tmp_path)
    assert [(row["sequence"], row["stage"], row["on"], row["stands"]) for row in rows] == [
        ("1", "request", "2026-03-01", "true"),
        ("2", "bids", "2026-03-10", "false"),
        ("2", "bids", "2026-03-11", "true"),
    ]
    last = rows[-1]
    assert (last["corrects_entry"], last["reason"]) == (rows[1]["entry"], "Letter of March 11")
    assert (last["entered_by"], last["entered_at"]) == ("hq", "2026-05-04T16:00:00Z")
    assert last["site"] == "'=Main"  # no spreadsheet runs it


def test_a_past_day_shows_what_had_been_entered_and_stood_then(history, tmp_path) -> None:
    steps = rows_of("installation_steps", tmp_path, as_of=D(2026, 4, 30))
    assert [(row["on"], row["stands"]) for row in steps] == [("2026-03-01", "true"), ("2026-03-10", "true")]
    (hold,) = rows_of("installation_holds", tmp_path, as_of=D(2026, 4, 30))
    assert (hold["ends_on"], hold["stands"], hold["why_name"]) == ("", "true", "Waiting for bids")
    assert rows_of("installation_steps", tmp_path, as_of=D(2026, 3, 5)) == []  # entered on March 20


def test_holds_have_both_entries_today(history, tmp_path) -> None:
    rows = rows_of("installation_holds", tmp_path)
    assert [(row["ends_on"], row["stands"]) for row in rows] == [("", "false"), ("2026-04-01", "true")]


def test_nobody_exports_what_is_outside_of_what_they_may_see(history, tmp_path) -> None:
    pm = UserFactory(role=Role.FIELD_PM)
    houston = FieldOfficeFactory()
    ProgramManagerFactory(user=pm, office=houston)
    assert rows_of("installation_steps", tmp_path, actor=person(pm)) == []
    AgencyOfficeFactory(agency=history.site.agency, office=houston)
    assert len(rows_of("installation_steps", tmp_path, actor=person(pm))) == 3


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "json"])
def test_the_command_writes_them_with_a_manifest(history, tmp_path, file_format) -> None:
    out = tmp_path / f"steps.{file_format}"
    call_command("export", "installation_steps", "--format", file_format, "--out", str(out))
    manifest = json.loads((tmp_path / f"{out.name}.manifest.json").read_text())
    assert manifest["files"][0]["rows"] == StageTransition.objects.count() == 3
