"""A site, an installer's calendar and the policy in a browser: axe at both widths, a visit by keyboard."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from itinstall.choices import AbsenceKind, EquipmentStatus, IsaStepKind
from itinstall.models import Equipment, InstallationPolicy, InstallationRequest, Isa, IsaStep
from tests.factories import AgreementFactory, InstallerFactory, SiteFactory, UserFactory
from tests.support.browser import axe_findings, too_wide

pytestmark = pytest.mark.django_db(transaction=True)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
D = dt.date


def test_pages_have_no_finding_and_a_visit_is_planned_by_keyboard(page: Page, sign_in) -> None:
    user = UserFactory(first_name="Hannah", last_name="Quill")
    sign_in(user)
    agreement = AgreementFactory()
    site = SiteFactory(agency=agreement.agency, name="Intake and booking center, north annex")
    policy = InstallationPolicy.objects.get()
    request = InstallationRequest.objects.create(
        ref="ITR-BROWSER1", site=site, agreement=agreement, policy=policy, stage_id="install",
        stage_on=D(2026, 3, 2),
    )  # fmt: skip
    isa = Isa.objects.create(site=site, last_kind=IsaStepKind.SENT, last_on=D(2026, 3, 2))
    for number, kind in enumerate((IsaStepKind.DRAFTED, IsaStepKind.SENT), start=1):
        IsaStep.objects.create(isa=isa, sequence=number, kind=kind, on=D(2026, 3, number), entered_by=user)
    for status in EquipmentStatus:
        Equipment.objects.create(
            site=site, request=request, kind_id="camera", status=status, status_on=D(2026, 3, 1)
        )
    one = InstallerFactory(name="Installer 1")
    one.absences.create(
        kind=AbsenceKind.OTHER_PROGRAM, begins_on=D(2026, 11, 2), ends_on=D(2026, 11, 4), note="Terminals"
    )
    problems: list[str] = []

    def check(name: str) -> None:
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            problems.extend(f"{name} {size['width']}: {finding}" for finding in axe_findings(page))
            if wide := too_wide(page):
                problems.append(f"{name} {size['width']}: {wide} px too wide")
        page.set_viewport_size(WIDE)

    calendar = f"{reverse('itinstall:installer_detail', args=[one.pk])}?month=2026-11"
    addresses = [reverse("itinstall:site_detail", args=[site.ref]), calendar]
    addresses += [reverse(f"itinstall:{name}") for name in ("policy_list", "policy_begin", "isa_list")]
    for address in addresses:
        page.goto(address)
        check(address)

    page.goto(calendar)
    page.get_by_role("link", name="Plan a visit").press("Enter")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    check("refused")
    page.get_by_label("Request").fill("itr-browser1")
    page.get_by_label("First day there").fill("2026-11-09")
    page.get_by_label("Day of leaving").fill("2026-11-11")
    page.get_by_role("button", name="Continue").press("Enter")
    expect(page.get_by_text("Installer 1 is at")).to_be_visible()
    page.get_by_role("button", name="Yes, plan visit").press("Enter")
    expect(page.get_by_text("The visit is planned")).to_be_visible()
    expect(page.get_by_text("2 for other programs, 0 away otherwise, 2 at sites")).to_be_visible()
    check("planned")
    assert problems == []
