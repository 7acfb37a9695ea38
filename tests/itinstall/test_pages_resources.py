"""Pages of sites, ISAs, equipment, installers, policy and published lines: what they show, to whom."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from itinstall.choices import AbsenceKind, EquipmentStatus, IsaStepKind
from itinstall.models import (
    Equipment,
    EquipmentKind,
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    Installer,
    InstallerAbsence,
    Isa,
    IsaStep,
    PublishedInstallation,
    Site,
    Stage,
)
from itinstall.services import equipment, isas, published, requests
from oversight.access.actors import system
from oversight.access.models import User
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    InstallerFactory,
    ProgramManagerFactory,
    SiteFactory,
    UserFactory,
)
from tests.support.queries import baseline_queries

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]
D = dt.date
LEAD = system("test")
YES = {"confirmed": "yes"}


@pytest.fixture
def hq(client: Client) -> User:
    user = UserFactory(role="hq")
    client.force_login(user)
    return user


def page(name: str, *args: Any) -> str:
    return reverse(f"itinstall:{name}", args=args)


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", response.content.decode()))


def shown(client: Client, name: str, *args: Any, **query: str) -> str:
    response = client.get(page(name, *args), query)
    assert response.status_code == 200
    return text_of(response)


def full_site(name: str = "Main jail", office: str = "houston") -> Site:
    """A site with a request, an ISA of three entries, two pieces of equipment."""
    agreement = AgreementFactory(model="JEM", signed_on=D(2026, 1, 1))
    AgencyOfficeFactory(agency=agreement.agency, office=FieldOfficeFactory(slug=office))
    site = SiteFactory(agency=agreement.agency, name=name)
    requests.request_create(actor=LEAD, site=site, on=D(2026, 1, 10))
    isa = isas.isa_begin(actor=LEAD, site=site, on=D(2026, 3, 2))
    step = isas.isa_step(actor=LEAD, isa=isa, kind=IsaStepKind.SENT, on=D(2026, 3, 9))
    isas.isa_step_correct(
        actor=LEAD, step=step, kind=IsaStepKind.SENT, on=D(2026, 3, 8), reason="Date of the mail"
    )
    for kind in ("camera", "workstation"):
        equipment.equipment_add(
            actor=LEAD,
            site=site,
            kind=EquipmentKind.objects.get(pk=kind),
            on=D(2026, 5, 1),
            serial=f"{kind}-{site.pk}",
        )
    return site


def to_installation(site: Site) -> InstallationRequest:
    request = InstallationRequest.objects.get(site=site)
    for row in Stage.objects.filter(place__gt=1, place__lte=5):
        requests.request_move(actor=LEAD, request=request, stage=row, on=D(2026, 2, row.place))
    return request


# --- lists and pages


def test_lists_and_pages_cost_the_same_however_much_there_is(client, hq) -> None:
    sites = [full_site(f"Jail {number}") for number in range(4)]
    one = InstallerFactory()
    for number, site in enumerate(sites):
        InstallerFactory()
        request = to_installation(site)
        start = D(2026, 6, 1 + 7 * number)
        end = start + dt.timedelta(days=2)
        InstallationVisit.objects.create(request=request, installer=one, begins_on=start, ends_on=end)
        InstallerAbsence.objects.create(
            installer=one, kind=AbsenceKind.LEAVE, begins_on=end, ends_on=end + dt.timedelta(days=1)
        )
    published.published_load()
    for name, one_of in (
        ("sites", "site"),
        ("isas", "isa"),
        ("equipment", "equipment"),
        ("installers", "installer"),
    ):
        with baseline_queries(f"itinstall.{name}"):
            client.get(page(f"{one_of}_list"))
    with baseline_queries("itinstall.site"):
        client.get(page("site_detail", sites[0].ref))
    with baseline_queries("itinstall.installer"):
        client.get(page("installer_detail", one.pk))
    with baseline_queries("itinstall.installer_months"):
        client.get(page("installer_months"))
    with baseline_queries("itinstall.policy"):
        client.get(page("policy_list"))
    with baseline_queries("itinstall.published"):
        client.get(page("published_list"))


def test_the_list_of_sites_is_found_by_isa_office_request_and_name(client, hq) -> None:
    full_site("Main jail")
    SiteFactory(name="Annex", is_closed=True)
    for query, there in (
        ({"isa": "under-way"}, ("Main jail",)),
        ({"isa": "none"}, ("Annex",)),
        ({"open": "yes"}, ("Main jail",)),
        ({"closed": "yes"}, ("Annex",)),
        ({"office": "houston"}, ("Main jail",)),
        ({"office": "unknown"}, ("Annex",)),
        ({"q": "annex"}, ("Annex",)),
        ({"synthetic": "no"}, ("Annex", "Main jail")),
    ):
        table = client.get(page("site_list"), query).context["table"]
        assert tuple(sorted(row.record.name for row in table.rows)) == there, query
    assert "with the agency since 2026-03-08" in shown(client, "site_list")


def test_isas_are_found_by_party_and_days(client, hq) -> None:
    full_site("Main jail")  # with the agency for 85 days
    isas.isa_begin(actor=LEAD, site=SiteFactory(name="Annex"), on=D(2026, 5, 20))
    for query, there in (
        ({"party": "agency"}, {"Main jail"}),
        ({"party": "hq"}, {"Annex"}),
        ({"party": "nobody"}, set()),
        ({"longer": "60"}, {"Main jail"}),
        ({"longer": "90"}, set()),
    ):
        table = client.get(page("isa_list"), query).context["table"]
        assert {row.record.site.name for row in table.rows} == there, query
    lines = client.get(page("isa_list")).context["parties"]
    assert [(line["label"], line["count"], line["days"]) for line in lines] == [
        ("Law enforcement agency", 1, 85), ("287(g) headquarters", 1, 12),
    ]  # fmt: skip


def test_equipment_is_found_by_serial_number_kind_and_status(client, hq) -> None:
    site = full_site()
    for query, count in (
        ({"q": f"camera-{site.pk}"}, 1),
        ({"kind": "workstation"}, 1),
        ({"status": "ordered"}, 2),
        ({"status": "lost"}, 0),
        ({"serial": "no"}, 0),
        ({"since_from": "2026-05-02"}, 0),
    ):
        assert client.get(page("equipment_list"), query).context["count"] == count, query


def test_a_site_shows_requests_isa_with_days_equipment_and_history(client, hq) -> None:
    site = full_site()
    text = shown(client, "site_detail", site.ref.lower())
    request = InstallationRequest.objects.get()
    assert request.ref in text
    assert "It lay 6 days with ICE and 85 days with the agency." in text
    assert "<del>Sent to the agency</del>" in text
    assert "Date of the mail" in text
    assert f"CAMERA-{site.pk}" in text
    assert "ISA step corrected" in text
    assert client.get(page("site_detail", "SIT-NOBODY")).status_code == 404


def test_an_auditor_reads_and_finds_nothing_to_press(client) -> None:
    site = full_site()
    client.force_login(UserFactory(role="auditor"))
    text = shown(client, "site_detail", site.ref)
    for words in ("Change site", "Begin", "Enter a step", "Add equipment", "Take back", "New request"):
        assert words not in text


def test_a_field_pm_sees_that_an_installer_is_busy_elsewhere_but_not_where(client) -> None:
    far = full_site("Foreign County jail", office="miami")
    one = InstallerFactory()
    InstallationVisit.objects.create(
        request=to_installation(far), installer=one, begins_on=D(2026, 6, 2), ends_on=D(2026, 6, 4)
    )
    manager = ProgramManagerFactory(office=FieldOfficeFactory(slug="houston"))
    client.force_login(manager.user)
    text = shown(client, "installer_detail", one.pk)
    assert text.count("Outside your area") == 3  # two days and the table
    assert "Foreign County" not in text
    assert "Foreign County" not in shown(client, "installer_months")
    assert client.get(page("site_detail", far.ref)).status_code == 404


def test_a_month_that_is_none_is_said_and_todays_is_shown(client, hq) -> None:
    one = InstallerFactory()
    for name, args in (("installer_detail", [one.pk]), ("installer_months", [])):
        response = client.get(page(name, *args), {"month": "2026-13"})
        assert response.status_code == 400
        assert "“2026-13” is no month" in text_of(response)
        assert "Shown is June 2026" in text_of(response)


def test_a_month_whose_holidays_are_not_known_is_not_counted(client, hq) -> None:
    one = InstallerFactory()
    assert "Federal holidays of this month are not known" in shown(
        client, "installer_detail", one.pk, month="2055-01"
    )
    assert "Not known" in shown(client, "installer_months", month="2055-01")


def test_empty_pages_say_what_to_do(client, hq) -> None:
    assert "Nobody installs in June 2026" in shown(client, "installer_months")
    assert "Nothing is entered" in shown(client, "published_list")
    site = SiteFactory()
    text = shown(client, "site_detail", site.ref)
    assert "No installation was requested for this site" in text
    assert "No ISA yet" in text
    assert "No equipment is entered" in text


# --- changes: the form, the sentence, the service


def change(client: Client, address: str, data: dict[str, Any], sentence: str) -> str:
    """Send the form, read the sentence, confirm. The text of the page after it."""
    asked = client.post(address, data)
    assert asked.status_code == 200, text_of(asked)
    assert sentence in text_of(asked), re.findall(r"usa-alert__text\">(.*?)</p>", text_of(asked))
    done = client.post(address, {**data, **YES}, follow=True)
    assert done.redirect_chain
    return text_of(done)


def test_a_site_is_added_to_an_agency_and_changed(client, hq) -> None:
    agency = AgencyFactory(name="Example County Sheriff's Office")
    address = f"{page('site_create')}?agency={agency.ref}"
    assert agency.ref in text_of(client.get(address))
    data = {"agency": "example county", "name": "  Main   jail ", "note": ""}
    change(
        client,
        address,
        data,
        f"{agency.name} ({agency.ref}) has a site named Main   jail".replace("   ", " "),
    )
    site = Site.objects.get()
    again = client.post(address, data)
    assert "already has a site of this name" in text_of(again)
    data = {"name": "Main jail", "note": "North gate", "is_closed": "on", "reason": "Moved"}
    change(client, page("site_change", site.ref), data, "It is closed")
    site.refresh_from_db()
    assert (site.is_closed, site.note) == (True, "North gate")
    assert TrailEntry.objects.get(verb="site.changed").reason == "Moved"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nobody", "is called “nobody”"),
        ("LEA-NOBODY", "has the reference LEA-NOBODY"),
        ("Twin", "Several agencies are called that"),
        ("", "Enter the agency’s reference or name"),
    ],
)
def test_an_agency_that_is_not_one_is_refused_with_the_remedy(client, hq, text, words) -> None:
    AgencyFactory(name="Twin A County")
    AgencyFactory(name="Twin B County")
    response = client.post(page("site_create"), {"agency": text, "name": "Main jail"})
    assert response.status_code == 422
    assert words in text_of(response)
    assert not Site.objects.exists()


def test_an_isa_goes_from_draft_to_expiry_and_a_step_is_corrected(client, hq) -> None:
    site = SiteFactory()
    change(client, page("isa_begin", site.ref), {"kind": "drafted", "on": "2026-03-02"},
           "It then lies with 287(g) headquarters")  # fmt: skip
    isa = Isa.objects.get()
    refused = client.post(page("isa_step", isa.pk), {"kind": "ice_signed", "on": "2026-04-01"})
    assert refused.status_code == 422
    assert "ICE signs after the agency" in text_of(refused)
    for kind, sentence in (
        ("sent", "It then lies with Law enforcement agency"),
        ("agency_signed", "It then lies with OCIO"),
        ("ice_signed", "It is then in force"),
    ):
        change(client, page("isa_step", isa.pk), {"kind": kind, "on": "2026-04-01"}, sentence)
    change(client, page("isa_expiry", isa.pk), {"expires_on": "2029-04-01"}, "holds until 2029-04-01")
    last = IsaStep.objects.get(kind="ice_signed")
    change(
        client,
        page("isa_step_correct", last.pk),
        {"kind": "ice_signed", "on": "2026-04-02", "reason": "Stamp"},
        "Instead of “Signed by ICE’s Chief Information Security Officer on 2026-04-01”",
    )
    newest = IsaStep.objects.get(on=D(2026, 4, 2))
    text = change(client, page("isa_step_withdraw", newest.pk), {"reason": "Draft only"}, "did not happen")
    assert "Taken back" in text
    assert "Draft only" in text
    gone = client.post(page("isa_step_correct", last.pk), {"kind": "sent", "on": "2026-04-01", "reason": "x"})
    assert "corrected meanwhile" in text_of(gone)


def test_equipment_is_added_moved_and_given_another_status(client, hq) -> None:
    site, other = full_site(), SiteFactory(name="Annex")
    request = InstallationRequest.objects.get()
    data = {"site": site.ref, "kind": "fingerprint", "serial": "fp 1", "status": "ordered",
            "on": "2026-05-20", "for_request": "on"}  # fmt: skip
    change(
        client,
        f"{page('equipment_add')}?site={site.ref}",
        data,
        f"for {request.ref}: ordered since 2026-05-20",
    )
    piece = Equipment.objects.get(serial="FP 1")
    assert piece.request == request
    taken = client.post(page("equipment_add"), {**data, "site": other.ref})
    assert "FP 1 is entered already" in text_of(taken)
    wrong = client.post(page("equipment_add"), {**data, "site": "SIT-0"})
    assert "No site that you may change has the reference SIT-0" in text_of(wrong)
    change(client, page("equipment_status", piece.pk), {"status": "shipped", "on": "2026-05-25"},
           "instead of ordered since 2026-05-20")  # fmt: skip
    described = {"serial": "FP 2", "request": "", "reason": "Misread"}
    change(client, page("equipment_describe", piece.pk), described,
           "has the serial number FP 2 and is for no request")  # fmt: skip
    change(client, page("equipment_move", piece.pk), {"site": other.ref, "reason": "Spare"}, "goes from")
    piece.refresh_from_db()
    assert (piece.site, piece.status, piece.serial) == (other, EquipmentStatus.SHIPPED, "FP 2")


def test_installers_absences_and_visits_are_planned(client, hq) -> None:
    request = to_installation(full_site())
    change(client, page("installer_create"), {"name": "Installer 1", "valid_from": "2026-01-01"},
           "Installer 1 installs everywhere from 2026-01-01")  # fmt: skip
    one = Installer.objects.get()
    away = {"kind": "program", "note": "", "begins_on": "2026-06-08", "ends_on": "2026-06-10"}
    assert "Say for which program" in text_of(client.post(page("absence_add", one.pk), away))
    text = change(client, page("absence_add", one.pk), {**away, "note": "Other terminals"},
                  "work for another program (Other terminals)")  # fmt: skip
    assert "2 for other programs, 0 away otherwise, 0 at sites" in text
    waiting = client.get(page("installer_months")).context["waiting"]
    assert [row.ref for row in waiting] == [request.ref]
    assert "badge--synthetic" not in client.get(page("installer_months")).text
    InstallationRequest.objects.update(is_synthetic=True)
    assert "badge--synthetic" in client.get(page("installer_months")).text
    visit = {
        "request": request.ref.lower(),
        "installer": one.pk,
        "begins_on": "2026-06-09",
        "ends_on": "2026-06-11",
    }
    address = f"{page('visit_plan')}?installer={one.pk}&request={request.ref}"
    refused = client.post(address, visit)
    assert refused.status_code == 422
    assert "is away from 2026-06-08 until 2026-06-10" in text_of(refused)
    visit["begins_on"] = "2026-06-10"
    change(client, address, visit, "Installer 1 is at")
    planned = InstallationVisit.objects.get()
    move = {"installer": one.pk, "begins_on": "2026-07-01", "ends_on": "2026-07-03"}
    assert "July 2026" in change(
        client, page("visit_move", planned.pk), move, "from 2026-07-01 until 2026-07-03"
    )
    end = client.post(page("installer_end", one.pk), {"on": "2026-07-01"})
    assert "Move or remove them first" in text_of(end)
    change(client, page("visit_remove", planned.pk), {"reason": "Not ready"}, "does not go to")
    change(client, page("absence_remove", InstallerAbsence.objects.get().pk), {"reason": "x"}, "is not away")
    change(client, page("installer_end", one.pk), {"on": "2026-07-01"}, "installs until 2026-07-01")
    for number in ("x", "9" * 30, "0"):
        assert client.get(page("visit_plan"), {"installer": number}).status_code == 404
    unknown = client.post(page("visit_plan"), {**visit, "request": "ITR-0"})
    assert "No request has the reference ITR-0" in text_of(unknown)


def test_a_policy_version_says_what_it_changes_and_for_whom(client, hq) -> None:
    full_site()
    form = client.get(page("policy_begin")).context["form"]
    assert (form["target_days"].value(), form["models_with_equipment"].value()) == (180, ["JEM", "TFM"])
    data = {"valid_from": "2026-07-01", "target_days": "150", "clock_start": "submitted",
            "models_with_equipment": ["JEM", "WSO"], "pausing": ["isa-lea"],
            "source": "Decision"}  # fmt: skip
    text = change(
        client, page("policy_begin"), data,
        "the target is 150 days instead of 180; the clock starts with the request instead of when the MOA is "
        "signed; WSO agreements start a clock, too; TFM agreements start no clock any more; the hold “ISA "
        "waiting on the agency” stops the clock. 1 open request keeps the version before.",
    )  # fmt: skip
    assert "To come" in text
    assert "1, 1 of them open" in text
    version = InstallationPolicy.objects.get(target_days=150)
    assert version.author == hq
    same = client.post(page("policy_begin"), {**data, "valid_from": "2026-08-01"})
    assert "That is what holds already" in text_of(same)
    text = change(client, page("policy_withdraw", version.pk), {"reason": "Typing error"}, "does not hold")
    assert "To come" not in text


def test_published_lines_stand_apart_and_are_counted(client, hq) -> None:
    published.published_load()
    text = shown(client, "published_list")
    assert "22 lines, 2 with a readable value, 20 without" in text
    data = {"report": "OIG-X", "label": "Bar 1", "source": "Page 3", "days": ""}
    change(client, page("published_add"), data, "no target: its days cannot be read")
    line = PublishedInstallation.objects.get(report="OIG-X")
    change(
        client,
        page("published_change", line.pk),
        {**data, "days": "12", "reason": "Clearer copy"},
        "took 12 days",
    )
    text = change(
        client, page("published_remove", line.pk), {"reason": "Not installations"}, "is no line of OIG-X"
    )
    assert "OIG-X" not in text.replace("OIG-X. To undo", "")


# --- administration


def test_an_administrator_renames_places_and_retires_stages(client) -> None:
    client.force_login(UserFactory(role="", is_administrator=True))
    address = reverse("admin:itinstall_stage_change", args=["isa"])
    data = {"place": "2", "name": "Interconnection agreement", "words": "", "owner": "ocio",
            "is_mandatory": "on", "is_active": "on", "source": "Interview",
            "reason": "ICE's own word"}  # fmt: skip
    assert client.post(address, data).status_code == 302
    assert list(Stage.objects.values_list("key", flat=True))[:3] == ["request", "isa", "bids"]
    assert Stage.objects.get(pk="isa").name == "Interconnection agreement"
    verbs = set(TrailEntry.objects.values_list("verb", flat=True))
    assert {"stage.changed", "stage.placed"} <= verbs
    assert (
        client.post(reverse("admin:itinstall_stage_delete", args=["isa"]), {"post": "yes"}).status_code == 403
    )
    new = {**data, "key": "survey", "name": "Survey", "place": "1"}
    assert client.post(reverse("admin:itinstall_stage_add"), new).status_code == 302
    assert Stage.objects.get(place=1).key == "survey"
    assert client.post(address, {**data, "place": "0"}).status_code == 200
    Stage.objects.exclude(pk="isa").update(is_active=False)
    retired = client.post(address, {key: value for key, value in data.items() if key != "is_active"})
    assert "It is the only stage in use" in text_of(retired)


@pytest.mark.parametrize(("name", "key"), [("holdreason", "bids"), ("equipmentkind", "camera")])
def test_an_administrator_retires_reasons_and_kinds_with_a_trail(client, name, key) -> None:
    client.force_login(UserFactory(role="", is_administrator=True))
    data = {"name": "Another word", "owner": "vendor", "source": "Interview", "reason": "Why"}
    assert client.post(reverse(f"admin:itinstall_{name}_change", args=[key]), data).status_code == 302
    entry = TrailEntry.objects.latest("pk")
    assert entry.reason == "Why"
    assert entry.before["is_active"] is True
