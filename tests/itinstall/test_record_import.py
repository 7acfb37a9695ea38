"""Existing requests from a spreadsheet: what is entered, and what is refused, by row and column."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agreements.models import AgencyAlias
from itinstall.choices import Party, Priority, RequestState
from itinstall.models import Hold, HoldReason, InstallationRequest, Site, Stage, StageTransition
from itinstall.record_imports import INSTALLATIONS
from itinstall.rules import Timeline, violations_of
from itinstall.selectors.requests import stage_facts, standing_steps
from itinstall.services import requests
from oversight.access.actors import Actor, person, system
from oversight.access.choices import Role
from oversight.exchange.models import Job, RecordFile, RowError, Upload
from oversight.exchange.records.kinds import Checked
from oversight.exchange.records.services import check_table
from oversight.exchange.records.tables import read_table
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    PublicationFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]

D = dt.date
CONSOLE = system("test")
STAGES = ("Bids and circuit", "ISA", "Equipment", "On-site installation", "Accounts and cards")
WHOLE = {
    "Submitted": "2026-01-10", "Bids and circuit": "2026-01-20", "ISA": "2026-02-01",
    "Equipment": "2026-03-01", "On-site installation": "2026-03-20", "Accounts and cards": "2026-04-01",
    "Completed": "2026-04-10",
}  # fmt: skip
HOLD = {"Hold 1 reason": "Waiting for bids", "Hold 1 from": "2026-01-22", "Hold 1 until": "2026-01-25"}


@pytest.fixture
def agency():
    found = AgencyFactory(ref="LEA-AAAA0001", name="Harris County Sheriff's Office")
    AgreementFactory(agency=found, model="JEM", signed_on=D(2025, 12, 1), ref="MOA-AAAA0001")
    return found


def row(agency: Any = "LEA-AAAA0001", site: str = "Main jail", **more: str) -> dict[str, str]:
    return {"Agency": getattr(agency, "ref", agency), "Site": site, "Submitted": "2026-01-10", **more}


def csv_of(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(dict.fromkeys(key for one in rows for key in one)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def check(*rows: dict[str, str], actor: Actor = CONSOLE, left_out: tuple[int, ...] = ()) -> Checked:
    table = read_table(
        csv_of(*rows), file_name="a.csv", columns=INSTALLATIONS.columns(), max_bytes=10_000_000
    )
    return check_table(actor=actor, kind=INSTALLATIONS, table=table, left_out=left_out)


def told(checked: Checked) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.column, one.code) for one in checked.errors]


def load(tmp_path: Path, *rows: dict[str, str], name: str = "requests.csv", **options: Any) -> int:
    """Runs the command; its exit status."""
    path = tmp_path / name
    path.write_bytes(csv_of(*rows))
    return command(path, **options)


def command(*paths: Path, **options: Any) -> int:
    try:
        call_command("import_records", "installations", *map(str, paths), **options)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


class TestWhatIsEntered:
    def test_a_row_becomes_a_request_with_its_whole_history(self, agency, tmp_path, capsys) -> None:
        assert load(tmp_path, row(**WHOLE, **HOLD, Note="Two cells")) == 0
        request = InstallationRequest.objects.get()
        assert (request.state, request.closed_on, request.stage_id) == ("completed", D(2026, 4, 10), "access")
        assert (request.site.agency, request.site.name, request.note) == (agency, "Main jail", "Two cells")
        assert (request.agreement.ref, request.policy.target_days) == ("MOA-AAAA0001", 180)
        steps = standing_steps(request=request)
        assert [step.on.isoformat() for step in steps.steps] == list(WHOLE.values())
        assert violations_of(Timeline(steps, [], stage_facts(), D(2026, 6, 1))) == []
        hold = Hold.objects.get()
        assert (hold.why_id, hold.owner, hold.begins_on, hold.ends_on) == (
            "bids", Party.VENDOR, D(2026, 1, 22), D(2026, 1, 25),
        )  # fmt: skip
        out = capsys.readouterr().out
        assert "1 rows applied" in out
        assert "1 new sites" in out

    def test_an_open_request_keeps_its_open_hold_for_lists(self, agency, tmp_path) -> None:
        opened = {"Hold 1 reason": "isa-lea", "Hold 1 owner": "OCIO", "Hold 1 from": "2026-02-02"}
        assert load(tmp_path, row(ISA="2026-02-01", **{"Bids and circuit": "2026-01-20"}, **opened)) == 0
        request = InstallationRequest.objects.select_related("hold").get()
        assert (request.state, request.stage_id, request.stage_on) == ("open", "isa", D(2026, 2, 1))
        assert (request.hold.why_id, request.hold.owner, request.hold.ends_on) == ("isa-lea", "ocio", None)

    def test_what_it_makes_is_what_the_services_make(self, agency, tmp_path) -> None:
        other = SiteFactory(agency=agency, name="Annex")
        made = requests.request_create(actor=CONSOLE, site=other, on=D(2026, 1, 10), note="n")
        for name, on in (("bids", D(2026, 1, 20)), ("isa", D(2026, 2, 1))):
            requests.request_move(actor=CONSOLE, request=made, stage=Stage.objects.get(pk=name), on=on)
        made.refresh_from_db()
        load(tmp_path, row(ISA="2026-02-01", **{"Bids and circuit": "2026-01-20"}, Note="n"))
        read = InstallationRequest.objects.exclude(pk=made.pk).get()
        same = ("agreement_id", "policy_id", "priority", "note", "state", "stage_id", "stage_on", "hold_id")
        assert [getattr(read, name) for name in same] == [getattr(made, name) for name in same]
        entries = StageTransition.objects.order_by("sequence")
        fields = ("sequence", "kind", "stage", "on", "corrects", "reason")
        assert list(entries.filter(request=read).values_list(*fields)) == list(
            entries.filter(request=made).values_list(*fields)
        )

    def test_each_request_and_site_has_its_entry_in_the_trail_that_names_file_and_row(
        self, agency, tmp_path
    ) -> None:
        load(tmp_path, row(), row(site="Annex"))
        entries = TrailEntry.objects.filter(verb="installation.imported").order_by("pk")
        assert [entry.reason for entry in entries] == ["requests.csv, row 2", "requests.csv, row 3"]
        names = set(Stage.objects.values_list("name", flat=True))
        assert {entry.after["stage"] for entry in entries} <= names
        assert TrailEntry.objects.filter(verb="site.created").count() == 2
        imported = TrailEntry.objects.get(verb="records.imported")
        assert (imported.after["rows"], imported.after["requests"]) == (2, 2)
        assert RecordFile.objects.get().upload.file.read() == csv_of(row(), row(site="Annex"))

    def test_figures_from_the_first_day_on_are_to_be_computed_again(self, agency, tmp_path) -> None:
        days = [D(2026, 1, 9), D(2026, 1, 10), D(2026, 5, 1)]
        for day in days:
            DayFill.objects.create(
                metric="itinstall.open", as_of=day, state=FillState.DONE, version=1, n_appended=1
            )
        load(tmp_path, row())
        stale = DayFill.objects.filter(state=FillState.STALE).values_list("as_of", flat=True)
        assert sorted(stale) == days[1:]

    def test_dates_may_be_written_the_american_way_and_columns_stand_anywhere(self, agency, tmp_path) -> None:
        turned = {"Submitted": "1/10/2026", " site ": "Main jail", "AGENCY": "lea-aaaa0001"}
        assert load(tmp_path, turned) == 0
        assert StageTransition.objects.get().on == D(2026, 1, 10)

    def test_an_agency_is_found_by_name_and_state_under_any_spelling(self, agency) -> None:
        list_ = PublicationFactory()
        AgencyAlias.objects.create(
            agency=agency, name="HARRIS CO SO", first_publication=list_, last_publication=list_
        )
        for name, state in (("harris county sheriff's office", "TX"), ("Harris Co SO", "texas")):
            assert check(row(agency=name, State=state)).plan[0].site.agency == agency

    def test_a_reference_of_a_double_leads_to_the_agency_that_stands(self, agency) -> None:
        AgencyFactory(ref="LEA-DOUBLE01", merged_into=agency)
        assert check(row(agency="LEA-DOUBLE01")).plan[0].site.agency == agency

    def test_a_second_request_of_a_site_counts_from_the_next_agreement(self, agency, tmp_path) -> None:
        AgreementFactory(agency=agency, model="TFM", signed_on=D(2026, 4, 1), ref="MOA-AAAA0002")
        assert load(tmp_path, row(Submitted="2026-04-20"), row(**WHOLE)) == 0
        refs = InstallationRequest.objects.order_by("stage_on").values_list("state", "agreement__ref")
        assert sorted(refs) == [("completed", "MOA-AAAA0001"), ("open", "MOA-AAAA0002")]

    def test_several_holds_stand_in_numbered_columns(self, agency, tmp_path) -> None:
        second = {"Hold 3 reason": "other", "Hold 3 from": "2026-01-28", "Hold 3 until": "2026-02-01"}
        assert load(tmp_path, row(**HOLD, **second)) == 0
        assert Hold.objects.count() == 2


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("cells", "column", "code", "words"),
        [
            ({"Bids and circuit": "2026-01-09"}, "Bids and circuit", "ITI-002", "before the step that it"),
            ({"Bids and circuit": "2026-06-02"}, "Bids and circuit", "ITI-001", "lies in the future"),
            ({"ISA": "2026-02-01"}, "ISA", "ITI-003", "Bids and circuit must come before ISA"),
            ({"Completed": "2026-02-01"}, "Completed", "ITI-003", "must come before installation complete"),
            (
                {**WHOLE, "Hold 1 reason": "bids", "Hold 1 from": "2026-02-01"},
                "Completed", "ITI-007", "It is on hold since 2026-02-01",
            ),
            ({**HOLD, "Hold 1 from": "2026-01-09"}, "Hold 1 from", "ITI-012", "before the request was sub"),
            ({**HOLD, "Hold 1 until": "2026-01-22"}, "Hold 1 until", "ITI-011", "ends on a later day"),
            ({**HOLD, "Hold 1 until": "2026-06-09"}, "Hold 1 until", "ITI-010", "in the future"),
            (
                {**HOLD, "Hold 2 reason": "other", "Hold 2 from": "2026-01-23"},
                "Hold 2 from", "ITI-013", "It was on hold from 2026-01-22",
            ),
            ({"Submitted": "10.01.2026"}, "Submitted", "not_a_date", "is no date"),
            ({"Submitted": "1/10/26"}, "Submitted", "not_a_date", "is no date"),
            ({"Submitted": "2026-02-30"}, "Submitted", "not_a_date", "is no date"),
            ({"Submitted": ""}, "Submitted", "missing", "is empty"),
            ({"Site": ""}, "Site", "missing", "is empty"),
            ({"Submitted": "1999-12-31"}, "Submitted", "no_policy", "No installation policy was in force"),
            ({"Agency": "LEA-NOBODY00"}, "Agency", "unknown_agency", "No agency has the reference"),
            ({"Agency": "Atlantis PD", "State": "TX"}, "Agency", "unknown_agency", "is called"),
            ({"Agency": "Atlantis PD", "State": ""}, "State", "unknown_state", "needs its state"),
            ({"Agency": "Atlantis PD", "State": "Atlantis"}, "State", "unknown_state", "no state"),
            ({"Cancelled": "2026-02-01"}, "Cancellation reason", "missing", "The reason is empty"),
            ({"Cancellation reason": "Closed"}, "Cancellation reason", "no_end", "but no day"),
            (
                {**WHOLE, "Cancelled": "2026-04-11", "Cancellation reason": "x"},
                "Cancelled", "two_ends", "both completed and cancelled",
            ),
            ({"Priority": "Highest"}, "Priority", "not_a_choice", "no priority"),
            ({**HOLD, "Hold 1 reason": "Rain"}, "Hold 1 reason", "unknown_reason", "no reason “Rain”"),
            ({**HOLD, "Hold 1 reason": ""}, "Hold 1 reason", "missing", "has no reason"),
            ({**HOLD, "Hold 1 from": ""}, "Hold 1 from", "missing", "first day of the hold is empty"),
            ({**HOLD, "Hold 1 owner": "Nobody"}, "Hold 1 owner", "not_a_choice", "no owner"),
            ({"Agreement": "MOA-NOBODY00"}, "Agreement", "unknown_agreement", "has no agreement"),
            ({"Note": "x" * 501}, "Note", "too_long", "501 characters"),
        ],
    )  # fmt: skip
    def test_a_wrong_row_is_told_by_column_with_its_remedy(self, agency, cells, column, code, words) -> None:
        checked = check(row(**cells))
        found = [one for one in checked.errors if (one.column, one.code) == (column, code)]
        assert found, told(checked)
        assert words in found[0].message
        assert found[0].remedy
        assert (found[0].row, checked.ready, checked.plan) == (2, 0, [])

    def test_all_errors_of_all_rows_are_told_at_once(self, agency) -> None:
        checked = check(
            row(**{"Bids and circuit": "2026-01-09"}, Priority="Highest"),
            row(site="Annex"),
            row(site="", Submitted="yesterday"),
        )
        assert told(checked) == [
            (2, "Priority", "not_a_choice"),
            (2, "Bids and circuit", "ITI-002"),
            (4, "Site", "missing"),
            (4, "Submitted", "not_a_date"),
        ]
        assert checked.ready == 1

    def test_nothing_of_a_file_with_an_error_is_entered(self, agency, tmp_path, capsys) -> None:
        assert load(tmp_path, row(), row(site="Annex", Submitted="2026-06-02")) == 3
        assert not InstallationRequest.objects.exists()
        assert not Site.objects.exists()
        shown = capsys.readouterr().err
        assert "row 3, Submitted: 2026-06-02 lies in the future." in shown
        assert RowError.objects.get().row == 3

    def test_two_rows_for_one_request_and_two_open_requests_of_a_site_are_refused(self, agency) -> None:
        assert told(check(row(), row())) == [(3, "Submitted", "twice")]
        assert told(check(row(), row(site="main  JAIL", Submitted="2026-02-01"))) == [
            (3, "Site", "open_twice")
        ]
        assert told(check(row(), row(), left_out=(3,))) == []

    def test_a_site_with_an_open_request_takes_no_second(self, agency) -> None:
        site = SiteFactory(agency=agency, name="Main jail")
        made = requests.request_create(actor=CONSOLE, site=site, on=D(2026, 2, 1))
        (found,) = check(row()).errors
        assert made.ref in found.message

    def test_a_closed_site_takes_no_request(self, agency) -> None:
        SiteFactory(agency=agency, name="Main jail", is_closed=True)
        assert told(check(row())) == [(2, "Site", "site_closed")]

    def test_names_that_several_agencies_have_are_not_guessed(self, agency) -> None:
        AgencyFactory(ref="LEA-AAAA0002", name=agency.name, key_name="other")
        (found,) = check(row(agency=agency.name, State="TX")).errors
        assert "LEA-AAAA0001, LEA-AAAA0002" in found.message

    def test_a_header_that_is_almost_a_missing_column_is_an_error_and_a_foreign_one_a_remark(
        self, agency
    ) -> None:
        checked = check(row(**{"On-site instalation": "2026-03-20", "Inventory": "x"}))
        assert told(checked) == [(None, "On-site instalation", "column_unknown")]
        assert [one.code for one in checked.findings if one.is_warning] == ["column_not_read"]


class TestScope:
    @pytest.fixture
    def pm(self, agency):
        user = UserFactory(role=Role.FIELD_PM)
        houston = FieldOfficeFactory()
        AgencyOfficeFactory(agency=agency, office=houston)
        manager = ProgramManagerFactory(user=user, office=houston)
        AssignmentFactory(program_manager=manager, agency=agency)
        return user

    def test_a_field_pm_enters_requests_of_assigned_agencies_only(self, pm) -> None:
        office = AgencyFactory(ref="LEA-OFFICE01")
        AgencyOfficeFactory(agency=office, office=FieldOfficeFactory())
        foreign = AgencyFactory(ref="LEA-ABROAD01")
        checked = check(row(), row(office), row(foreign), actor=person(pm))
        assert told(checked) == [(3, "Agency", "not_assigned"), (4, "Agency", "unknown_agency")]
        assert foreign.name not in " ".join(one.message for one in checked.findings)

    def test_a_foreign_agency_is_not_told_from_one_that_does_not_exist(self, pm) -> None:
        AgencyFactory(ref="LEA-ABROAD01", name="Foreign PD")
        by_ref, none = (
            check(row(ref), actor=person(pm)).errors[0] for ref in ("LEA-ABROAD01", "LEA-NOTHING1")
        )
        assert by_ref.message.replace("LEA-ABROAD01", "") == none.message.replace("LEA-NOTHING1", "")
        named = check(row("Foreign PD", State="TX"), actor=person(pm)).errors[0]
        assert named.code == "unknown_agency"

    def test_priorities_are_entered_by_headquarters(self, pm) -> None:
        assert told(check(row(Priority="Urgent"), actor=person(pm))) == [(2, "Priority", "not_allowed")]
        draft = check(row(Priority="1"), actor=person(UserFactory(role=Role.HQ))).plan[0]
        assert draft.priority == Priority.URGENT


class TestAgain:
    def test_the_same_file_again_is_known_and_enters_nothing(self, agency, tmp_path, capsys) -> None:
        rows = (row(**WHOLE, **HOLD), row(site="Annex"))
        assert load(tmp_path, *rows) == 0
        before = StageTransition.objects.count()
        capsys.readouterr()
        assert load(tmp_path, *rows, name="copy.csv") == 0
        assert "already known" in capsys.readouterr().out
        assert (InstallationRequest.objects.count(), StageTransition.objects.count()) == (2, before)

    def test_rows_that_are_recorded_already_are_not_entered_twice(self, agency, tmp_path) -> None:
        load(tmp_path, row(**WHOLE, **HOLD))
        checked = check(row(**WHOLE, **HOLD), row(site="Annex"))
        assert (checked.known, checked.ready, told(checked)) == (1, 1, [])
        assert load(tmp_path, row(**WHOLE, **HOLD), row(site="Annex")) == 0
        assert InstallationRequest.objects.count() == 2

    def test_a_row_that_says_otherwise_than_what_is_recorded_is_refused(self, agency, tmp_path) -> None:
        load(tmp_path, row(**WHOLE))
        ref = InstallationRequest.objects.get().ref
        (found,) = check(row(**{**WHOLE, "ISA": "2026-02-02"})).errors
        assert (found.code, ref in found.message, ref in found.remedy) == ("recorded_otherwise", True, True)


class TestCommand:
    def test_a_dry_run_writes_nothing_and_says_what_would_happen(self, agency, tmp_path, capsys) -> None:
        assert load(tmp_path, row(**WHOLE), dry_run=True, json=True) == 0
        outcome = json.loads(capsys.readouterr().out)
        assert (outcome["state"], outcome["tally"]["completed"]) == ("ready", 1)
        written = (Upload, Job, RecordFile, InstallationRequest, TrailEntry)
        assert [model.objects.count() for model in written] == [0] * 5

    def test_exit_status_tells_applied_refused_and_missing_apart(self, agency, tmp_path, capsys) -> None:
        good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
        good.write_bytes(csv_of(row()))
        bad.write_bytes(csv_of(row(site="Annex", Submitted="x")))
        assert command(tmp_path / "none.csv") == 1
        assert command(bad, good, tmp_path / "none.csv", json=True) == 3
        states = [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()]
        assert states == ["refused", "applied", "refused"]
        assert InstallationRequest.objects.count() == 1


def test_two_thousand_rows_cost_as_many_looks_as_twenty(agency, tmp_path) -> None:
    agencies = [AgencyFactory(ref=f"LEA-B{number:07d}") for number in range(8)]

    def rows(n: int, at: str) -> list[dict[str, str]]:
        return [row(agencies[i % 8], site=f"{at} {i}", **HOLD) for i in range(n)]

    def looks(n: int, at: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert load(tmp_path, *rows(n, at), name=f"{at}.csv") == 0
        statements = [query["sql"] for query in captured.captured_queries]
        return [sql for sql in statements if sql.startswith("SELECT")]

    looks(8, "first")  # where nothing stands yet, some looks are spared
    few, many = looks(20, "few"), looks(300, "many")
    assert len(few) == len(many), "\n".join(sql[:120] for sql in many)
    assert InstallationRequest.objects.filter(state=RequestState.OPEN).count() == 328


def test_reasons_and_stages_no_longer_in_use_are_not_offered(agency) -> None:
    HoldReason.objects.filter(pk="bids").update(is_active=False)
    Stage.objects.filter(pk="equipment").update(is_active=False)
    headers = [column.header for column in INSTALLATIONS.columns()]
    assert "Equipment" not in headers
    assert told(check(row(**HOLD))) == [(2, "Hold 1 reason", "unknown_reason")]
