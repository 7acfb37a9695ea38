"""ISAs, equipment, installers' days, policy versions, published lines: through their services."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from unittest import mock

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from itinstall.choices import AbsenceKind, ClockStart, EquipmentStatus, IsaStepKind, Party
from itinstall.models import (
    EquipmentKind,
    HoldReason,
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    Isa,
    IsaStep,
    PublishedInstallation,
    Stage,
)
from itinstall.months import Month, weeks_of
from itinstall.selectors.installers import month_lines, working_spans
from itinstall.selectors.isas import (
    IsaState,
    isa_list,
    isas_by_party,
    lying_with,
    marks_of_isa,
    state_of,
    steps_of_isas,
    with_isa_state,
)
from itinstall.selectors.policies import readable_counts
from itinstall.selectors.sites import site_list
from itinstall.services import equipment, installers, isas, policies, published, requests
from itinstall.services.sites import site_change
from itinstall.services.stages import stage_place
from oversight.access.actors import person, system
from oversight.access.permissions import NotAllowed
from oversight.periods.calendars import FederalCalendar, federal_calendar
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    InstallerFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]

D = dt.date
LEAD = system("test")
K = IsaStepKind


def stage(key: str) -> Stage:
    return Stage.objects.get(pk=key)


@pytest.fixture
def site():
    agreement = AgreementFactory(model="JEM", signed_on=D(2026, 1, 1))
    return SiteFactory(agency=agreement.agency, name="Main jail")


def request_in(site, last: str) -> InstallationRequest:
    """An open request that has come as far as `last`."""
    request = requests.request_create(actor=LEAD, site=site, on=D(2026, 1, 10))
    for number, row in enumerate(Stage.objects.filter(place__gt=1, place__lte=stage(last).place)):
        requests.request_move(actor=LEAD, request=request, stage=row, on=D(2026, 2, 1 + number))
    request.refresh_from_db()
    return request


def repeated(isa: Isa) -> tuple[str, dt.date]:
    """What the row of the ISA says of its last step, which is what its steps say."""
    isa = Isa.objects.get(pk=isa.pk)
    last = marks_of_isa(isa=isa).last
    assert (isa.last_kind, isa.last_on) == (last.kind, last.on)
    return last.kind, last.on


class TestIsas:
    def begun(self, site, *steps: tuple[IsaStepKind, dt.date]):
        isa = isas.isa_begin(actor=LEAD, site=site, on=D(2026, 3, 2))
        for kind, on in steps:
            isas.isa_step(actor=LEAD, isa=isa, kind=kind, on=on)
        return isa

    def test_the_days_with_ice_and_with_the_agency_follow_from_the_steps(self, site) -> None:
        isa = self.begun(
            site, (K.SENT, D(2026, 3, 9)), (K.AGENCY_SIGNED, D(2026, 4, 8)), (K.ICE_SIGNED, D(2026, 4, 18))
        )
        marks = marks_of_isa(isa=isa)
        assert (marks.ice_days(D(2026, 6, 1)), marks.agency_days(D(2026, 6, 1))) == (17, 30)
        found = site_list(user=UserFactory()).get(pk=site.pk)
        assert (found.isa_kind, found.isa_on, found.isa_with) == (K.ICE_SIGNED, D(2026, 4, 18), "")

    @pytest.mark.parametrize(
        ("kind", "on", "words"),
        [
            (K.SENT, D(2026, 6, 2), "lies in the future"),
            (K.SENT, D(2026, 3, 1), "before the step that it follows"),
            (K.ICE_SIGNED, D(2026, 4, 1), "ICE signs after the agency"),
            (K.DRAFTED, D(2026, 4, 1), "last step already"),
            (K.RETURNED, D(2026, 4, 1), "did not lie with the agency"),
        ],
    )
    def test_a_step_that_cannot_be_is_refused_and_nothing_is_saved(self, site, kind, on, words) -> None:
        isa = self.begun(site)
        with pytest.raises(ValidationError, match=words):
            isas.isa_step(actor=LEAD, isa=isa, kind=kind, on=on)
        assert IsaStep.objects.count() == 1

    def test_nobody_signs_one_text_twice(self, site) -> None:
        isa = self.begun(site, (K.SENT, D(2026, 3, 9)), (K.AGENCY_SIGNED, D(2026, 4, 8)))
        with pytest.raises(ValidationError, match="signed already, on 2026-04-08"):
            isas.isa_step(actor=LEAD, isa=isa, kind=K.AGENCY_SIGNED, on=D(2026, 4, 9))

    def test_a_correction_is_a_new_entry_and_a_step_taken_back_leaves_the_rest(self, site) -> None:
        isa = self.begun(site, (K.SENT, D(2026, 3, 9)))
        sent = IsaStep.objects.get(isa=isa, kind=K.SENT)
        fixed = isas.isa_step_correct(actor=LEAD, step=sent, kind=K.SENT, on=D(2026, 3, 8), reason="The mail")
        assert (fixed.corrects, fixed.sequence) == (sent, 2)
        with pytest.raises(ValidationError, match="corrected meanwhile"):
            isas.isa_step_correct(actor=LEAD, step=sent, kind=K.SENT, on=D(2026, 3, 7), reason="again")
        with pytest.raises(ValidationError, match="Say why"):
            isas.isa_step_withdraw(actor=LEAD, step=fixed, reason=" ")
        isas.isa_step_withdraw(actor=LEAD, step=fixed, reason="Another site")
        assert [mark.kind for mark in marks_of_isa(isa=isa).marks] == [K.DRAFTED]
        isas.isa_step(actor=LEAD, isa=isa, kind=K.SENT, on=D(2026, 3, 10))
        assert [mark.sequence for mark in marks_of_isa(isa=isa).marks] == [1, 3]
        isas.isa_step_withdraw(actor=LEAD, step=IsaStep.objects.get(sequence=1), reason="Not known")
        with pytest.raises(ValidationError, match="at least its first step"):
            isas.isa_step_withdraw(actor=LEAD, step=IsaStep.objects.get(sequence=3), reason="no")
        with pytest.raises(IntegrityError), transaction.atomic():
            IsaStep.objects.update(on=D(2020, 1, 1))

    def test_the_isa_repeats_its_last_standing_step_after_every_write(self, site) -> None:
        isa = self.begun(site)
        assert repeated(isa) == (K.DRAFTED, D(2026, 3, 2))
        sent = isas.isa_step(actor=LEAD, isa=isa, kind=K.SENT, on=D(2026, 3, 9))
        assert repeated(isa) == (K.SENT, D(2026, 3, 9))
        signed = isas.isa_step(actor=LEAD, isa=isa, kind=K.AGENCY_SIGNED, on=D(2026, 4, 8))
        isas.isa_step_correct(actor=LEAD, step=sent, kind=K.SENT, on=D(2026, 3, 8), reason="The mail")
        assert repeated(isa) == (K.AGENCY_SIGNED, D(2026, 4, 8))  # an earlier step was corrected
        again = isas.isa_step_correct(
            actor=LEAD, step=signed, kind=K.RETURNED, on=D(2026, 4, 9), reason="Not signed"
        )
        assert repeated(isa) == (K.RETURNED, D(2026, 4, 9))
        isas.isa_step_withdraw(actor=LEAD, step=again, reason="Another site")
        assert repeated(isa) == (K.SENT, D(2026, 3, 8))
        isas.isa_step(actor=LEAD, isa=isa, kind=K.ENDED, on=D(2026, 4, 10))
        assert repeated(isa) == (K.ENDED, D(2026, 4, 10))

    def test_isas_from_before_the_repeat_get_it_from_their_standing_steps(self, site) -> None:
        isa = self.begun(site, (K.SENT, D(2026, 3, 9)), (K.AGENCY_SIGNED, D(2026, 4, 8)))
        signed, sent = (IsaStep.objects.get(isa=isa, kind=kind) for kind in (K.AGENCY_SIGNED, K.SENT))
        isas.isa_step_withdraw(actor=LEAD, step=signed, reason="Another site")
        isas.isa_step_correct(actor=LEAD, step=sent, kind=K.SENT, on=D(2026, 3, 8), reason="The mail")
        others = [self.begun(SiteFactory()) for _ in range(3)]
        without = Isa.objects.create(site=SiteFactory())
        Isa.objects.update(last_kind="", last_on=None)
        migration = import_module("itinstall.migrations.0004_isa_last_step")
        with mock.patch.object(migration, "BATCH", 2):
            migration.repeat_last_steps(apps, None)
        assert [repeated(one) for one in (isa, *others)] == [
            (K.SENT, D(2026, 3, 8)), *[(K.DRAFTED, D(2026, 3, 2))] * 3,
        ]  # fmt: skip
        without.refresh_from_db()
        assert (without.last_kind, without.last_on) == ("", None)

    def test_all_steps_tell_what_corrects_them_in_one_query(self, site, django_assert_num_queries) -> None:
        isa = self.begun(site, (K.SENT, D(2026, 3, 9)))
        sent = IsaStep.objects.get(isa=isa, kind=K.SENT)
        fixed = isas.isa_step_correct(actor=LEAD, step=sent, kind=K.SENT, on=D(2026, 3, 8), reason="The mail")
        with django_assert_num_queries(1):
            found = [(step.pk, getattr(step, "corrected_by", None)) for step in steps_of_isas(isas=[isa])]
        assert found == [(found[0][0], None), (sent.pk, fixed), (fixed.pk, None)]

    def test_one_isa_of_a_site_is_on_its_way_at_a_time_and_one_in_force_is_renewed(self, site) -> None:
        isa = self.begun(site, (K.SENT, D(2026, 3, 9)))
        with pytest.raises(ValidationError, match="still on its way since 2026-03-09"):
            isas.isa_begin(actor=LEAD, site=site, on=D(2026, 4, 1))
        isas.isa_step(actor=LEAD, isa=isa, kind=K.AGENCY_SIGNED, on=D(2026, 4, 8))
        isas.isa_step(actor=LEAD, isa=isa, kind=K.ICE_SIGNED, on=D(2026, 4, 8))
        assert isas.isa_begin(actor=LEAD, site=site, on=D(2026, 5, 1)).number == 2

    def test_an_isa_expires_only_once_it_is_in_force(self, site) -> None:
        isa = self.begun(site, (K.SENT, D(2026, 3, 9)))
        with pytest.raises(ValidationError, match="not in force yet"):
            isas.isa_expiry_set(actor=LEAD, isa=isa, expires_on=D(2029, 1, 1))
        isas.isa_step(actor=LEAD, isa=isa, kind=K.AGENCY_SIGNED, on=D(2026, 4, 8))
        isas.isa_step(actor=LEAD, isa=isa, kind=K.ICE_SIGNED, on=D(2026, 4, 8))
        with pytest.raises(ValidationError, match="expires on a later day"):
            isas.isa_expiry_set(actor=LEAD, isa=isa, expires_on=D(2026, 4, 8))
        isas.isa_expiry_set(actor=LEAD, isa=isa, expires_on=D(2026, 6, 1))
        sites = site_list(user=UserFactory())
        for state, count in ((IsaState.EXPIRED, 1), (IsaState.IN_FORCE, 0), (IsaState.UNDER_WAY, 0)):
            assert sites.filter(with_isa_state(state, today=D(2026, 6, 1))).count() == count
        assert sites.filter(with_isa_state(IsaState.IN_FORCE, today=D(2026, 5, 31))).count() == 1

    def test_sites_are_found_by_the_state_of_their_newest_isa(self, site) -> None:
        def in_force(place):
            steps = ((K.SENT, 3), (K.AGENCY_SIGNED, 4), (K.ICE_SIGNED, 5))
            return self.begun(place, *((kind, D(2026, 3, day)) for kind, day in steps))

        empty, ended, renewed, expired = (SiteFactory() for _ in range(4))
        in_force(site)
        isas.isa_step(actor=LEAD, isa=in_force(ended), kind=K.ENDED, on=D(2026, 4, 1))
        in_force(renewed)
        isas.isa_begin(actor=LEAD, site=renewed, on=D(2026, 5, 1))
        isas.isa_expiry_set(actor=LEAD, isa=in_force(expired), expires_on=D(2026, 6, 1))
        sites, today = site_list(user=UserFactory()), D(2026, 6, 1)
        for state, one in {
            IsaState.NONE: empty, IsaState.ENDED: ended, IsaState.UNDER_WAY: renewed,
            IsaState.EXPIRED: expired, IsaState.IN_FORCE: site,
        }.items():  # fmt: skip
            assert list(sites.filter(with_isa_state(state, today=today))) == [one], state
            row = sites.get(pk=one.pk)
            assert state_of(kind=row.isa_kind, expires_on=row.isa_expires_on, today=today) == state

    def test_isas_are_counted_by_the_party_they_lie_with(self, site) -> None:
        self.begun(site, (K.SENT, D(2026, 3, 9)))
        self.begun(SiteFactory(), (K.SENT, D(2026, 4, 9)))
        self.begun(SiteFactory())
        lines = isas_by_party(user=UserFactory())
        assert [(line.party, line.count, line.oldest_on) for line in lines] == [
            (Party.HEADQUARTERS, 1, D(2026, 3, 2)), (Party.AGENCY, 2, D(2026, 3, 9)),
        ]  # fmt: skip
        rows = isa_list(user=UserFactory())
        assert (
            rows.filter(with_party=Party.AGENCY).count() == rows.filter(lying_with(Party.AGENCY)).count() == 2
        )
        assert not rows.filter(lying_with(Party.OCIO)).exists()
        isas.isa_step(actor=LEAD, isa=rows.get(site=site), kind=K.ENDED, on=D(2026, 5, 1))
        assert rows.get(lying_with("")).site == site

    def test_a_closed_site_begins_nothing(self, site) -> None:
        site_change(actor=LEAD, site=site, name=site.name, note="", is_closed=True)
        with pytest.raises(ValidationError, match="is closed"):
            isas.isa_begin(actor=LEAD, site=site, on=D(2026, 4, 1))


def test_a_site_with_an_open_request_is_not_closed(site) -> None:
    request = request_in(site, "bids")
    with pytest.raises(ValidationError, match=f"{request.ref} is open here"):
        site_change(actor=LEAD, site=site, name=site.name, note="", is_closed=True)


class TestEquipment:
    def add(self, site, serial: str = "", **more):
        given = {"kind": EquipmentKind.objects.get(pk="camera"), "on": D(2026, 5, 1), **more}
        return equipment.equipment_add(actor=LEAD, site=site, serial=serial, **given)

    def test_a_serial_number_is_entered_once_per_kind_however_it_is_written(self, site) -> None:
        self.add(site, "sn  4711")
        with pytest.raises(ValidationError, match="SN 4711 is entered already"):
            self.add(SiteFactory(), " SN 4711 ")
        self.add(site, "SN 4711", kind=EquipmentKind.objects.get(pk="workstation"))
        self.add(site)
        self.add(site)  # two whose numbers are not known yet

    def test_a_status_has_its_day_and_a_step_back_its_reason(self, site) -> None:
        piece = self.add(site)
        set_ = {"actor": LEAD, "piece": piece}
        with pytest.raises(ValidationError, match="lies in the future"):
            equipment.equipment_status_set(**set_, status=EquipmentStatus.SHIPPED, on=D(2026, 6, 2))
        with pytest.raises(ValidationError, match="Check the year"):
            equipment.equipment_status_set(**set_, status=EquipmentStatus.SHIPPED, on=D(2025, 5, 2))
        equipment.equipment_status_set(**set_, status=EquipmentStatus.INSTALLED, on=D(2026, 5, 20))
        with pytest.raises(ValidationError, match="Say why it goes back"):
            equipment.equipment_status_set(**set_, status=EquipmentStatus.SHIPPED, on=D(2026, 5, 21))
        with pytest.raises(ValidationError, match="already"):
            equipment.equipment_status_set(**set_, status=EquipmentStatus.INSTALLED, on=D(2026, 5, 21))
        equipment.equipment_status_set(
            **set_, status=EquipmentStatus.SHIPPED, on=D(2026, 5, 10), reason="Not there after all"
        )
        piece.refresh_from_db()
        assert (piece.status, piece.status_on) == (EquipmentStatus.SHIPPED, D(2026, 5, 10))
        assert TrailEntry.objects.filter(verb="equipment.status_set").count() == 2

    def test_a_piece_goes_to_another_site_for_a_reason_and_leaves_its_request(self, site) -> None:
        request = request_in(site, "bids")
        piece = self.add(site, request=request)
        other = SiteFactory()
        with pytest.raises(ValidationError, match="Say why"):
            equipment.equipment_move(actor=LEAD, piece=piece, site=other, reason="")
        with pytest.raises(ValidationError, match="at this site already"):
            equipment.equipment_move(actor=LEAD, piece=piece, site=site, reason="x")
        piece = equipment.equipment_move(actor=LEAD, piece=piece, site=other, reason="Spare part")
        assert (piece.site, piece.request) == (other, None)
        with pytest.raises(ValidationError, match="of another site"):
            equipment.equipment_describe(actor=LEAD, piece=piece, serial="", request=request)

    def test_a_serial_number_is_replaced_for_a_reason_only(self, site) -> None:
        piece = self.add(site, "A1")
        with pytest.raises(ValidationError, match="Say why it changes"):
            equipment.equipment_describe(actor=LEAD, piece=piece, serial="A2", request=None)
        equipment.equipment_describe(actor=LEAD, piece=piece, serial="A2", request=None, reason="Misread")
        piece.refresh_from_db()
        assert piece.serial == "A2"

    def test_sites_count_what_is_there_or_on_its_way(self, site) -> None:
        for status in EquipmentStatus:
            self.add(site, status=status)
        assert site_list(user=UserFactory()).get(pk=site.pk).n_equipment == 4


class TestInstallers:
    @pytest.fixture
    def one(self):
        return installers.installer_create(actor=LEAD, name="Installer 1", valid_from=D(2026, 1, 1))

    def away(self, one, begins_on, ends_on, kind=AbsenceKind.LEAVE, note=""):
        return installers.absence_add(
            actor=LEAD, installer=one, kind=kind, begins_on=begins_on, ends_on=ends_on, note=note
        )

    def visit(self, one, request, begins_on, ends_on):
        return installers.visit_plan(
            actor=LEAD, request=request, installer=one, begins_on=begins_on, ends_on=ends_on
        )

    def test_a_name_stands_for_one_installer_at_a_time(self, one) -> None:
        with pytest.raises(ValidationError, match="entered already"):
            installers.installer_create(actor=LEAD, name="installer  1", valid_from=D(2026, 7, 1))
        installers.installer_end(actor=LEAD, installer=one, on=D(2026, 7, 1))
        installers.installer_create(actor=LEAD, name="Installer 1", valid_from=D(2026, 7, 1))

    def test_work_for_another_program_names_it(self, one) -> None:
        with pytest.raises(ValidationError, match="for which program"):
            self.away(one, D(2026, 6, 8), D(2026, 6, 10), AbsenceKind.OTHER_PROGRAM)

    def test_an_installer_is_in_one_place_at_a_time(self, one, site) -> None:
        request = request_in(site, "install")
        other = request_in(SiteFactory(name="Annex"), "install")
        self.away(one, D(2026, 6, 8), D(2026, 6, 10))
        self.visit(one, request, D(2026, 6, 10), D(2026, 6, 12))
        with pytest.raises(ValidationError, match="is away from 2026-06-08 until 2026-06-10"):
            self.visit(one, other, D(2026, 6, 9), D(2026, 6, 10))
        with pytest.raises(ValidationError, match=r"is at Main jail \(ITR-"):
            self.visit(one, other, D(2026, 6, 11), D(2026, 6, 15))
        with pytest.raises(ValidationError, match="is at Main jail"):
            self.away(one, D(2026, 6, 11), D(2026, 6, 13))
        self.visit(one, other, D(2026, 6, 12), D(2026, 6, 15))

    def test_a_visit_moves_and_is_not_in_its_own_way(self, one, site) -> None:
        visit = self.visit(one, request_in(site, "install"), D(2026, 6, 10), D(2026, 6, 12))
        move = {"actor": LEAD, "visit": visit, "installer": one}
        installers.visit_move(**move, begins_on=D(2026, 6, 11), ends_on=D(2026, 6, 13))
        visit.refresh_from_db()
        assert visit.begins_on == D(2026, 6, 11)
        with pytest.raises(ValidationError, match="planned already"):
            installers.visit_move(**move, begins_on=D(2026, 6, 11), ends_on=D(2026, 6, 13))
        with pytest.raises(ValidationError, match="after the first day"):
            installers.visit_move(**move, begins_on=D(2026, 6, 11), ends_on=D(2026, 6, 11))
        installers.visit_remove(actor=LEAD, visit=visit, reason="Site not ready")
        assert not InstallationVisit.objects.exists()
        assert TrailEntry.objects.filter(verb__startswith="installation.visit_").count() == 3

    def test_only_requests_in_a_stage_that_needs_one_get_an_installer(self, one, site) -> None:
        request = request_in(site, "equipment")
        with pytest.raises(ValidationError, match=r"is in Equipment\. An installer is planned once it is in"):
            self.visit(one, request, D(2026, 6, 10), D(2026, 6, 12))
        requests.request_cancel(actor=LEAD, request=request, on=D(2026, 5, 1), reason="Given up")
        with pytest.raises(ValidationError, match="is cancelled since 2026-05-01"):
            self.visit(one, request, D(2026, 6, 10), D(2026, 6, 12))

    def test_an_installer_of_one_office_goes_to_its_sites_only(self, site) -> None:
        houston = FieldOfficeFactory(slug="houston")
        local = InstallerFactory(office=houston)
        request = request_in(site, "install")
        with pytest.raises(ValidationError, match="works for Houston only"):
            self.visit(local, request, D(2026, 6, 10), D(2026, 6, 12))
        AgencyOfficeFactory(agency=site.agency, office=houston)
        self.visit(local, request, D(2026, 6, 10), D(2026, 6, 12))

    def test_nothing_is_planned_outside_an_installers_days(self, one, site) -> None:
        request = request_in(site, "install")
        self.visit(one, request, D(2026, 6, 10), D(2026, 6, 12))
        with pytest.raises(ValidationError, match="1 visit after that, the first at Main jail"):
            installers.installer_end(actor=LEAD, installer=one, on=D(2026, 6, 11))
        installers.installer_end(actor=LEAD, installer=one, on=D(2026, 6, 12))
        with pytest.raises(ValidationError, match="from 2026-01-01 until 2026-06-12"):
            self.away(one, D(2026, 6, 12), D(2026, 6, 13))
        with pytest.raises(ValidationError, match="until 2026-06-12 already"):
            installers.installer_end(actor=LEAD, installer=one, on=D(2026, 6, 20))

    def test_a_month_tells_what_the_business_days_go_to(self, one, site) -> None:
        """July 2026 has 22 business days: July 3 is the observed Independence Day."""
        self.away(one, D(2026, 7, 6), D(2026, 7, 8), AbsenceKind.OTHER_PROGRAM, "Other terminals")
        self.away(one, D(2026, 7, 10), D(2026, 7, 14))  # Friday to Monday: two business days
        self.visit(one, request_in(site, "install"), D(2026, 7, 30), D(2026, 8, 4))
        month = {"first": D(2026, 7, 1), "end": D(2026, 8, 1)}
        line = month_lines(installers=[one], calendar=federal_calendar(), **month)[0]
        found = (line.workdays, line.other_program, line.other_absence, line.visits, line.free)
        assert found == (22, 2, 2, 2, 16)
        unknown = month_lines(installers=[one], calendar=FederalCalendar.from_days([]), **month)[0]
        assert unknown.free is None
        spans = working_spans(**month)
        assert [len(span.busy) for span in spans] == [3]

    def test_each_day_of_a_month_shows_what_it_is(self, one, site) -> None:
        absence = self.away(one, D(2026, 7, 6), D(2026, 7, 8))
        visit = self.visit(one, request_in(site, "install"), D(2026, 7, 9), D(2026, 7, 10))
        installers.installer_end(actor=LEAD, installer=one, on=D(2026, 7, 30))
        one.refresh_from_db()
        weeks = weeks_of(
            month=Month(2026, 7),
            installer=one,
            absences=[absence],
            visits=[visit],
            holidays={D(2026, 7, 3): "Independence Day (observed)"},
            calendar=federal_calendar(),
        )
        kinds = {cell.day: cell.kind for week in weeks for cell in week.days}
        assert (weeks[0].monday, weeks[-1].monday, len(kinds)) == (D(2026, 6, 29), D(2026, 7, 27), 35)
        shown = {D(2026, 6, 30): "outside", D(2026, 7, 2): "free", D(2026, 7, 3): "holiday",
                 D(2026, 7, 4): "weekend", D(2026, 7, 7): "away", D(2026, 7, 9): "visit",
                 D(2026, 7, 30): "off", D(2026, 8, 1): "outside"}  # fmt: skip
        assert {day: kinds[day] for day in shown} == shown

    @pytest.mark.parametrize("text", ["2026-13", "26-01", "2026-00", "1999-12", "2101-01", "soon", "2026-1"])
    def test_what_is_no_month_is_none(self, text) -> None:
        assert Month.parse(text) is None
        assert Month.parse("2026-12").next == Month(2027, 1)
        assert Month(2026, 1).previous.text == "2025-12"


class TestPolicies:
    def new(self, **more) -> policies.NewPolicy:
        values = {
            "valid_from": D(2026, 7, 1), "target_days": 150, "clock_start": ClockStart.SIGNED,
            "models_with_equipment": ["TFM", "JEM"], "pausing": [], "source": "Decision of June 1", **more,
        }  # fmt: skip
        return policies.NewPolicy(**values)

    def test_a_new_version_closes_the_open_one_and_requests_keep_theirs(self, site) -> None:
        request = request_in(site, "bids")
        reason = HoldReason.objects.get(pk="isa-lea")
        version = policies.policy_begin(actor=LEAD, new=self.new(pausing=[reason]))
        assert InstallationPolicy.objects.get(pk=request.policy_id).valid_to == D(2026, 7, 1)
        assert (list(version.pausing.all()), version.models_with_equipment) == ([reason], ["JEM", "TFM"])
        request.refresh_from_db()
        assert request.policy.target_days == 180

    def test_a_version_does_not_begin_before_requests_of_the_open_one(self, site) -> None:
        request_in(site, "bids")  # submitted on 2026-01-10
        with pytest.raises(ValidationError, match="The earliest day is 2026-01-11"):
            policies.policy_begin(actor=LEAD, new=self.new(valid_from=D(2026, 1, 10)))
        policies.policy_begin(actor=LEAD, new=self.new(valid_from=D(2026, 1, 11)))

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"target_days": 180}, "what holds already"),
            ({"valid_from": D(2000, 1, 1)}, "Choose a later day"),
            ({"source": "  "}, "cannot be blank"),
            ({"target_days": 0}, "at least one day"),
            ({"models_with_equipment": ["XYZ"]}, "no such support model"),
        ],
    )
    def test_a_version_that_says_nothing_new_or_rests_on_nothing_is_refused(self, more, words) -> None:
        with pytest.raises(ValidationError, match=words):
            policies.policy_begin(actor=LEAD, new=self.new(**more))
        assert InstallationPolicy.objects.get().valid_to is None

    def test_a_mistaken_version_that_no_request_keeps_is_taken_back(self, site) -> None:
        first = InstallationPolicy.objects.get()
        with pytest.raises(ValidationError, match="the only version"):
            policies.policy_withdraw(actor=LEAD, policy=first, reason="no")
        version = policies.policy_begin(actor=LEAD, new=self.new(valid_from=D(2026, 1, 1)))
        with pytest.raises(ValidationError, match="Only the newest"):
            policies.policy_withdraw(actor=LEAD, policy=first, reason="no")
        request = request_in(site, "bids")
        assert request.policy == version
        with pytest.raises(ValidationError, match="1 request keeps this version"):
            policies.policy_withdraw(actor=LEAD, policy=version, reason="no")
        third = policies.policy_begin(actor=LEAD, new=self.new(target_days=120))
        policies.policy_withdraw(actor=LEAD, policy=third, reason="A typing error")
        version.refresh_from_db()
        assert version.valid_to is None
        entry = TrailEntry.objects.get(verb="installation_policy.withdrawn")
        assert entry.before["target_days"] == 120


class TestPublished:
    def test_what_is_public_of_the_audits_chart_is_loaded_once(self) -> None:
        assert published.published_load() == 22
        assert published.published_load() == 0
        rows = PublishedInstallation.objects.filter(report="OIG-18-77")
        assert sorted(row.days for row in rows if row.days is not None) == [143, 143]
        assert {row.target_days for row in rows} == {180}
        found = readable_counts(user=UserFactory())
        assert [(line.lines, line.readable, line.unreadable) for line in found] == [(22, 2, 20)]

    def test_a_line_is_entered_once_and_changed_for_a_reason(self) -> None:
        given = {"actor": LEAD, "report": "OIG-1", "label": "Bar 1", "source": "Chart"}
        line = published.published_add(**given, days=10)
        with pytest.raises(ValidationError, match="entered already"):
            published.published_add(**given)
        with pytest.raises(ValidationError, match="Say why"):
            published.published_change(**given, line=line, days=11, reason="")
        with pytest.raises(ValidationError, match="what is entered already"):
            published.published_change(**given, line=line, days=10, reason="x")
        published.published_change(**given, line=line, days=None, reason="Blurred")
        line.refresh_from_db()
        assert line.days is None
        published.published_remove(actor=LEAD, line=line, reason="Another report")
        assert TrailEntry.objects.filter(verb__startswith="published_installation.").count() == 3


def test_who_may_not_plan_or_set_parameters_is_refused(site) -> None:
    pm = person(UserFactory(role="field_pm"))
    with pytest.raises(NotAllowed):
        installers.installer_create(actor=pm, name="Installer 1", valid_from=D(2026, 1, 1))
    with pytest.raises(NotAllowed):
        policies.policy_begin(actor=pm, new=TestPolicies().new())
    with pytest.raises(NotAllowed):
        published.published_add(actor=pm, report="a", label="b", source="c")
    with pytest.raises(NotAllowed):
        stage_place(actor=pm, stage=stage("bids"), place=1)
    with pytest.raises(type(site).DoesNotExist):  # a field PM without this agency
        isas.isa_begin(actor=pm, site=site, on=D(2026, 4, 1))


def test_stages_put_in_another_order_stop_no_request_that_is_under_way(site) -> None:
    request = request_in(site, "equipment")
    stage_place(actor=LEAD, stage=stage("isa"), place=2)
    assert list(Stage.objects.values_list("key", "place")) == [
        ("request", 1), ("isa", 2), ("bids", 3), ("equipment", 4), ("install", 5), ("access", 6),
    ]  # fmt: skip
    assert TrailEntry.objects.filter(verb="stage.placed").count() == 2
    requests.request_move(actor=LEAD, request=request, stage=stage("install"), on=D(2026, 3, 1))
    with pytest.raises(ValidationError, match="Accounts and cards must come before"):
        requests.request_complete(actor=LEAD, request=request, on=D(2026, 3, 2))
