"""Administration: for administrators only, every change in the trail, nobody locked out."""

from __future__ import annotations

import datetime as dt

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from agreements.models import FieldOffice, FieldOfficeArea, State
from oversight.access.models import User
from oversight.trail.admin import TrailedAdmin
from oversight.trail.models import TrailEntry
from tests.factories import (
    AgencyFactory,
    AssignmentFactory,
    CountyFactory,
    FieldOfficeFactory,
    StateFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    user = UserFactory(username="keeper", role="", is_administrator=True)
    client.force_login(user)
    return user


def person_data(user: User, **changes: object) -> dict[str, object]:
    data = {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": "",
        "time_zone": user.time_zone,
        "role": user.role,
        "is_active": "on",
        "reason": "",
    }
    if user.is_administrator:
        data["is_administrator"] = "on"
    return {key: value for key, value in {**data, **changes}.items() if value is not None}


def change_url(user: User) -> str:
    return reverse("admin:access_user_change", args=[user.pk])


@pytest.mark.parametrize("role", ["hq", "field_pm", "auditor", ""])
def test_only_administrators_enter_whatever_django_calls_them(client: Client, role: str) -> None:
    client.force_login(UserFactory(role=role, is_staff=True, is_superuser=True))
    for name in ("admin:index", "admin:access_user_changelist", "admin:agreements_fieldoffice_add"):
        assert client.get(reverse(name)).status_code == 403
    assert client.get(reverse("admin:login")).status_code == 403


def test_admin_has_no_sign_in_or_password_page_of_its_own(client: Client, administrator: User) -> None:
    assert client.get(reverse("admin:login")).url == reverse("admin:index")
    assert client.get(reverse("admin:password_change")).url == reverse("access:password_change")
    assert client.post(reverse("admin:logout")).url == reverse("access:sign_in")
    assert client.get(reverse("admin:index")).url.startswith(reverse("access:sign_in"))
    assert client.get(reverse("admin:login")).url.startswith(reverse("access:sign_in"))
    assert TrailEntry.objects.filter(verb="user.signed_out").count() == 1


def test_every_admin_page_is_trailed() -> None:
    ours = {model: page for model, page in admin.site._registry.items() if "axes" not in model.__module__}
    assert len(ours) >= 8
    assert [page for page in ours.values() if not isinstance(page, TrailedAdmin)] == []


def test_lockout_records_are_not_shown_or_changed_there(client: Client, administrator: User) -> None:
    assert client.get(reverse("admin:axes_accessattempt_changelist")).status_code == 403


def test_a_person_is_created_with_a_role(client: Client, administrator: User) -> None:
    data = {
        "username": "newcomer",
        "usable_password": "true",
        "password1": "a long enough passphrase",
        "password2": "a long enough passphrase",
        "role": "auditor",
        "reason": "New OIG colleague",
    }
    assert client.post(reverse("admin:access_user_add"), data).status_code == 302
    created = User.objects.get(username="newcomer")
    assert created.roles == {"auditor"}
    entry = TrailEntry.objects.get(verb="user.created")
    assert entry.actor == administrator
    assert entry.after["role"] == "auditor"
    assert entry.reason == "New OIG colleague"
    assert "password" not in entry.after


def test_a_role_change_is_recorded_field_by_field(client: Client, administrator: User) -> None:
    user = UserFactory(role="hq")
    assert client.post(change_url(user), person_data(user, role="auditor")).status_code == 302
    entry = TrailEntry.objects.get(verb="user.changed")
    assert (entry.before, entry.after) == ({"role": "hq"}, {"role": "auditor"})


def test_a_new_password_for_somebody_is_recorded_but_not_told(client: Client, administrator: User) -> None:
    user = UserFactory()
    data = {
        "usable_password": "true",
        "password1": "a long enough passphrase",
        "password2": "a long enough passphrase",
        "set-password": "x",
    }
    assert client.post(reverse("admin:auth_user_password_change", args=[user.pk]), data).status_code == 302
    user.refresh_from_db()
    assert user.check_password("a long enough passphrase")
    entry = TrailEntry.objects.get(verb="user.password_set")
    assert (entry.object_id, entry.before, entry.after) == (str(user.pk), {}, {})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"is_administrator": None}, "You cannot end your own administration"),
        ({"is_active": None}, "You cannot deactivate your own account"),
    ],
)
def test_nobody_locks_themselves_out(client: Client, administrator: User, changes, sentence) -> None:
    answer = client.post(change_url(administrator), person_data(administrator, **changes))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_administrator
    assert administrator.is_active
    other = UserFactory(is_administrator=True)
    assert client.post(change_url(other), person_data(other, **changes)).status_code == 302
    other.refresh_from_db()
    assert not (other.is_administrator and other.is_active)


def test_nobody_is_deleted(client: Client, administrator: User) -> None:
    user = UserFactory()
    assert (
        client.post(reverse("admin:access_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
    )
    client.post(
        reverse("admin:access_user_changelist"),
        {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"},
    )
    assert User.objects.filter(pk=user.pk).exists()


def test_sign_in_is_opened_again(client: Client, administrator: User) -> None:
    user = UserFactory(username="pat")
    AccessAttempt.objects.create(
        username="pat",
        ip_address="127.0.0.1",
        user_agent="x",
        failures_since_start=8,
        get_data="",
        post_data="",
    )
    client.post(
        reverse("admin:access_user_changelist"), {"action": "open_sign_in", "_selected_action": [user.pk]}
    )
    assert not AccessAttempt.objects.exists()
    assert TrailEntry.objects.get(verb="user.unlocked").object_id == str(user.pk)


def test_an_area_moves_and_agencies_follow(client: Client, administrator: User) -> None:
    FieldOfficeArea.objects.all().delete()
    texas, harris = StateFactory(), CountyFactory()
    old, new = FieldOfficeFactory(slug="houston"), FieldOfficeFactory(slug="dallas")
    agency = AgencyFactory(state=texas, county=harris, agency_type="county")

    def add(office: FieldOffice, valid_from: str) -> object:
        return client.post(
            reverse("admin:agreements_fieldofficearea_add"),
            {
                "office": office.pk,
                "state": "TX",
                "county": harris.pk,
                "valid_from": valid_from,
                "source": "test",
            },
        )

    assert add(old, "2020-01-01").status_code == 302
    overlap = add(new, "2025-01-01")
    assert overlap.status_code == 200
    assert "End that first" in overlap.content.decode()
    area = FieldOfficeArea.objects.get()
    ended = client.post(
        reverse("admin:agreements_fieldofficearea_change", args=[area.pk]),
        {
            "office": old.pk,
            "state": "TX",
            "county": harris.pk,
            "valid_from": "2020-01-01",
            "valid_to": "2025-01-01",
            "source": "test",
        },
    )
    assert ended.status_code == 302
    assert add(new, "2025-01-01").status_code == 302
    assert [*agency.offices.order_by("valid_from").values_list("office", "valid_from", "valid_to")] == [
        ("houston", dt.date(2020, 1, 1), dt.date(2025, 1, 1)),
        ("dallas", dt.date(2025, 1, 1), None),
    ]
    verbs = [*TrailEntry.objects.order_by("pk").values_list("verb", flat=True)]
    assert verbs == ["field_office_area.created", "field_office_area.changed", "field_office_area.created"]
    changed = TrailEntry.objects.get(verb="field_office_area.changed")
    assert (changed.before, changed.after) == ({}, {"valid_to": "2025-01-01"})


def test_a_county_of_another_state_is_refused(client: Client, administrator: User) -> None:
    StateFactory(code="FL")
    data = {
        "office": FieldOfficeFactory().pk,
        "state": "FL",
        "county": CountyFactory().pk,
        "valid_from": "2020-01-01",
        "source": "test",
    }
    answer = client.post(reverse("admin:agreements_fieldofficearea_add"), data)
    assert "is not in" in answer.content.decode()


def test_a_deletion_keeps_what_was_deleted_in_the_trail(client: Client, administrator: User) -> None:
    area = FieldOfficeArea.objects.create(
        office=FieldOfficeFactory(), state=StateFactory(), valid_from=dt.date(2019, 1, 1), source="by mistake"
    )
    client.post(reverse("admin:agreements_fieldofficearea_delete", args=[area.pk]), {"post": "yes"})
    entry = TrailEntry.objects.get(verb="field_office_area.deleted")
    assert entry.object_id == str(area.pk)
    assert entry.before["source"] == "by mistake"
    client.post(reverse("admin:agreements_state_delete", args=["TX"]), {"post": "yes"})
    assert State.objects.filter(code="TX").exists()


@pytest.mark.parametrize("name", ["staffing_programmanager", "staffing_assignment", "periods_parameter"])
def test_what_headquarters_keeps_is_read_only_there(client: Client, administrator: User, name: str) -> None:
    AssignmentFactory()
    page = client.get(reverse(f"admin:{name}_changelist"))
    assert page.status_code == 200
    assert client.get(reverse(f"admin:{name}_add")).status_code == 403
    row = page.context["cl"].result_list[0]
    assert client.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200
    assert client.post(reverse(f"admin:{name}_change", args=[row.pk]), {"name": "x"}).status_code == 403


def test_the_history_button_leads_to_the_trail(client: Client, administrator: User) -> None:
    answer = client.get(reverse("admin:access_user_history", args=[administrator.pk]))
    assert answer.url == f"{reverse('trail:entry_list')}?object_type=access.user&object_id={administrator.pk}"
