"""API tokens: sign-in by header, expiry, revocation, read-only, and how often their use is noted."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from oversight.access import services
from oversight.access.actors import person
from oversight.access.api_auth import ScopedPermission, required_action_of
from oversight.access.models import ApiToken, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory(role="hq")


@pytest.fixture
def issued(user: User) -> services.IssuedToken:
    return services.api_token_create(actor=person(user), name="nightly", may_write=False, days=30)


def ask(secret: str, scheme: str = "Bearer"):
    client = Client(headers={"Authorization": f"{scheme} {secret}"})
    return client.get(reverse("api:agency-list"))


def test_a_token_signs_in(issued: services.IssuedToken) -> None:
    assert ask(issued.secret).status_code == 200
    assert ask(issued.secret, "bearer").status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer nonsense", "Bearer ÿ"])
def test_a_malformed_or_unknown_token_is_refused_and_told_how(header: str) -> None:
    answer = Client(headers={"Authorization": header}).get(reverse("api:agency-list"))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_another_scheme_is_nobody(issued: services.IssuedToken) -> None:
    assert ask(issued.secret, "Basic").status_code == 401


def test_expired_revoked_and_deactivated(issued: services.IssuedToken, user: User, time_machine) -> None:
    token = issued.token
    time_machine.move_to(token.expires_at - dt.timedelta(seconds=1), tick=False)
    assert ask(issued.secret).status_code == 200
    time_machine.move_to(token.expires_at, tick=False)
    assert "expired" in ask(issued.secret).content.decode()
    time_machine.move_to(token.created_at, tick=False)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert ask(issued.secret).status_code == 401
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert ask(issued.secret).status_code == 200
    services.api_token_revoke(actor=person(user), token=token)
    answer = ask(issued.secret)
    assert answer.status_code == 401
    assert "revoked" in answer.content.decode()


def test_a_demo_accounts_token_works_only_while_developing(issued, user: User, settings) -> None:
    User.objects.filter(pk=user.pk).update(is_synthetic=True)
    settings.DEBUG = False
    assert ask(issued.secret).status_code == 401
    settings.DEBUG = True
    assert ask(issued.secret).status_code == 200


def test_use_is_noted_at_most_once_a_minute(issued: services.IssuedToken, time_machine) -> None:
    def noted() -> dt.datetime | None:
        return ApiToken.objects.get().last_used_at

    start = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
    ApiToken.objects.update(expires_at=start + dt.timedelta(days=1))
    for seconds, expected in ((0, 0), (59, 0), (60, 60), (61, 60), (200, 200)):
        time_machine.move_to(start + dt.timedelta(seconds=seconds), tick=False)
        assert ask(issued.secret).status_code == 200
        assert noted() == start + dt.timedelta(seconds=expected)


def test_the_role_counts_on_the_day_of_use(issued: services.IssuedToken, user: User) -> None:
    User.objects.filter(pk=user.pk).update(role="")
    assert ask(issued.secret).status_code == 403


def test_a_read_only_token_says_why_it_does_not_write(issued: services.IssuedToken) -> None:
    client = Client(headers={"Authorization": f"Bearer {issued.secret}"})
    answer = client.post(reverse("api:export-list"), {}, content_type="application/json")
    assert answer.status_code == 403
    assert "may only read" in answer.content.decode()


def test_a_session_must_carry_the_forms_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get(reverse("api:agency-list")).status_code == 200
    answer = client.post(reverse("api:export-list"), {}, content_type="application/json")
    assert answer.status_code == 403
    assert "CSRF" in answer.content.decode()


def test_a_token_needs_no_forms_token(user: User) -> None:
    issued = services.api_token_create(actor=person(user), name="writer", may_write=True, days=1)
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {issued.secret}"})
    answer = client.post(reverse("api:export-list"), {}, content_type="application/json")
    assert answer.status_code == 400


def test_a_view_that_declares_nothing_is_an_error(user: User) -> None:
    class Forgotten(APIView):
        def get(self, request): ...

    class Misspelt(Forgotten):
        required_action = "record.view"

    request = APIRequestFactory().get("/")
    request.user, request.auth = user, None
    for view in (Forgotten(), Misspelt()):
        with pytest.raises(ImproperlyConfigured, match="declare required_action"):
            ScopedPermission().has_permission(request, view)


def test_operations_may_need_another_action() -> None:
    class Records(APIView):
        required_action = "records.view"
        required_actions = {"suspend": "agreements.change", "delete": "users.manage"}
        action: str | None = None

    view = Records()
    assert required_action_of(view, "GET") == "records.view"
    assert required_action_of(view, "DELETE") == "users.manage"
    view.action = "suspend"
    assert required_action_of(view, "POST") == "agreements.change"
