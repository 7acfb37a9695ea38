"""One's own account: name, time zone, password, API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from oversight.access import services
from oversight.access.actors import person, system
from oversight.access.models import ApiToken, User
from oversight.access.permissions import NotAllowed
from oversight.trail.models import TrailEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    user = UserFactory(username="pat", first_name="Pat", last_name="Example")
    client.force_login(user)
    return user


def test_name_and_time_zone_are_changed_with_a_trail(client: Client, user: User) -> None:
    data = {"first_name": "Pat", "last_name": "Sample", "time_zone": "America/Chicago"}
    assert client.post(reverse("access:account"), data).status_code == 302
    user.refresh_from_db()
    assert (user.last_name, user.time_zone) == ("Sample", "America/Chicago")
    entry = TrailEntry.objects.get(verb="user.changed")
    assert entry.before == {"last_name": "Example", "time_zone": "America/New_York"}
    assert entry.after == {"last_name": "Sample", "time_zone": "America/Chicago"}


def test_saving_without_a_change_writes_no_history(client: Client, user: User) -> None:
    data = {"first_name": "Pat", "last_name": "Example", "time_zone": "America/New_York"}
    assert client.post(reverse("access:account"), data).status_code == 302
    assert not TrailEntry.objects.filter(verb="user.changed").exists()


def test_an_unknown_time_zone_is_refused_and_nothing_else_can_be_set(client: Client, user: User) -> None:
    data = {"first_name": "X", "last_name": "Y", "time_zone": "Mars/Olympus"}
    assert client.post(reverse("access:account"), data).status_code == 200
    data |= {"time_zone": "America/Denver", "role": "auditor", "is_administrator": "on"}
    assert client.post(reverse("access:account"), data).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.role, user.is_administrator) == ("X", "hq", False)
    with pytest.raises(ValidationError, match="not a known time zone"):
        services.account_change(actor=person(user), first_name="X", last_name="Y", time_zone="Mars/Olympus")


def test_password_change_asks_for_the_old_one_and_keeps_this_session(client: Client, user: User) -> None:
    user.set_password("an old password that was long")
    user.save()
    client.force_login(user)
    data = {"new_password1": "another long passphrase 9", "new_password2": "another long passphrase 9"}
    refused = client.post(reverse("access:password_change"), data | {"old_password": "wrong"})
    assert refused.status_code == 200
    accepted = client.post(
        reverse("access:password_change"), data | {"old_password": "an old password that was long"}
    )
    assert accepted.status_code == 302
    user.refresh_from_db()
    assert user.check_password("another long passphrase 9")
    assert client.get(reverse("access:account")).status_code == 200
    entry = TrailEntry.objects.get(verb="user.password_changed")
    assert "passphrase" not in f"{entry.before}{entry.after}"


def test_weak_passwords_are_refused(user: User) -> None:
    for weak in ("short", "password1234", "patexample12"):
        with pytest.raises(ValidationError):
            services.password_change(actor=person(user), password=weak)


def test_a_tokens_secret_is_shown_once_and_only_its_digest_is_kept(client: Client, user: User) -> None:
    answer = client.post(
        reverse("access:token_create"), {"name": "nightly report", "access": "read", "days": 30}
    )
    token = ApiToken.objects.get()
    page = answer.content.decode()
    secret = page.split('value="o287_')[1].split('"')[0]
    assert services.digest_of(f"o287_{secret}") == token.digest
    assert "no-store" in answer["Cache-Control"]
    listing = client.get(reverse("access:tokens")).content.decode()
    assert token.prefix in listing
    assert secret not in listing
    assert secret not in str(TrailEntry.objects.get(verb="api_token.created").after)
    assert not token.may_write
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)


@pytest.mark.parametrize("days", [0, -1, 366, 10_000])
def test_no_token_lives_longer_than_a_year(client: Client, user: User, days: int) -> None:
    answer = client.post(reverse("access:token_create"), {"name": "x", "access": "read", "days": days})
    assert "from 1 to 365" in answer.content.decode()
    with pytest.raises(ValidationError):
        services.api_token_create(actor=person(user), name="x", may_write=False, days=days)
    assert not ApiToken.objects.exists()


def test_revoking_asks_first_and_happens_once(client: Client, user: User) -> None:
    token = services.api_token_create(actor=person(user), name="x", may_write=True, days=1).token
    page = client.get(reverse("access:token_revoke", args=[token.pk]))
    assert page.status_code == 200
    token.refresh_from_db()
    assert token.revoked_at is None
    for _ in range(2):
        assert client.post(reverse("access:token_revoke", args=[token.pk])).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert TrailEntry.objects.filter(verb="api_token.revoked").count() == 1


def test_another_persons_token_does_not_exist_for_me(client: Client, user: User) -> None:
    theirs = services.api_token_create(
        actor=person(UserFactory()), name="theirs", may_write=True, days=1
    ).token
    address = reverse("access:token_revoke", args=[theirs.pk])
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 404
    assert "theirs" not in client.get(reverse("access:tokens")).content.decode()
    with pytest.raises(NotAllowed):
        services.api_token_revoke(actor=person(user), token=theirs)
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_somebody_without_a_role_has_an_account_but_no_actions() -> None:
    nobody = UserFactory(role="")
    with pytest.raises(NotAllowed):
        services.api_token_create(actor=person(nobody), name="x", may_write=False, days=1)


def test_the_system_has_no_account() -> None:
    with pytest.raises(ValueError, match="Only a person"):
        services.password_change(actor=system("test"), password="a long enough passphrase")


def test_create_administrator(monkeypatch, capsys) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough passphrase\n"))
    call_command("create_administrator", "root1")
    user = User.objects.get(username="root1")
    assert user.is_administrator
    assert user.roles == {"administrator"}
    assert user.check_password("a long enough passphrase")
    assert TrailEntry.objects.get(verb="user.created").actor_label == "create_administrator"
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough passphrase\n"))
    with pytest.raises(CommandError, match="already exists"):
        call_command("create_administrator", "root1")
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    with pytest.raises(CommandError, match="too short"):
        call_command("create_administrator", "root2")
    assert not User.objects.filter(username="root2").exists()
