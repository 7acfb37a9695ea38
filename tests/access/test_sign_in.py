"""Signing in and out, lockout, demo accounts, and pages for people who are not signed in."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from oversight.access.models import User
from oversight.trail.models import TrailEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def user() -> User:
    user = UserFactory(username="pat", first_name="Pat", last_name="Example")
    user.set_password(PASSWORD)
    user.save()
    return user

    return Client(headers={"X-Forwarded-Proto": "https"})


@pytest.fixture(autouse=True)
def as_served(settings) -> None:
    settings.AXES_ENABLED = True


def sign_in(client: Client, password: str = PASSWORD, **extra):
    return client.post(reverse("access:sign_in"), {"username": "pat", "password": password, **extra})


def test_the_right_password_signs_in_and_the_trail_says_so(client: Client, user: User) -> None:
    response = sign_in(client, next=reverse("access:tokens"))
    assert response.status_code == 302
    assert response.url == reverse("access:tokens")
    assert int(client.session["_auth_user_id"]) == user.pk
    entry = TrailEntry.objects.get()
    assert (entry.verb, entry.actor, entry.object_id) == ("user.signed_in", user, str(user.pk))
    assert entry.request_id


def test_a_wrong_password_does_not_and_does_not_say_what_was_wrong(client: Client, user: User) -> None:
    wrong = sign_in(client, password="wrong")
    unknown = client.post(reverse("access:sign_in"), {"username": "nobody", "password": "wrong"})
    sentence = "User name and password do not match an active account."
    assert sentence in wrong.content.decode()
    assert sentence in unknown.content.decode()
    assert "_auth_user_id" not in client.session


def test_sign_in_leads_nowhere_outside_this_site(client: Client, user: User, settings) -> None:
    settings.LOGIN_REDIRECT_URL = "access:account"
    response = sign_in(client, next="https://elsewhere.example/")
    assert "elsewhere" not in response.url


def test_after_eight_failures_sign_in_is_closed_even_to_the_right_password(
    client: Client, user: User
) -> None:
    answers = [sign_in(client, password="wrong") for _ in range(8)]
    assert [answer.status_code for answer in answers[:-1]] == [200] * 7
    assert answers[-1].status_code == 429
    locked = sign_in(client)
    assert locked.status_code == 429
    assert "Wait 15 minutes" in locked.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_failure_of_one_name_does_not_lock_another(client: Client, user: User) -> None:
    for _ in range(9):
        client.post(reverse("access:sign_in"), {"username": "someone", "password": "wrong"})
    assert sign_in(client).status_code == 302


def test_demo_accounts_sign_in_only_while_developing(client: Client, user: User, settings) -> None:
    User.objects.filter(pk=user.pk).update(is_synthetic=True)
    settings.DEBUG = False
    assert sign_in(client).status_code == 200
    assert "_auth_user_id" not in client.session
    settings.DEBUG = True
    assert sign_in(client).status_code == 302
    assert client.get(reverse("access:account")).status_code == 200
    settings.DEBUG = False  # a session from before the switch does not outlive it
    assert client.get(reverse("access:account")).status_code == 302


def test_a_session_ends_when_the_account_is_deactivated(client: Client, user: User) -> None:
    sign_in(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get(reverse("access:account")).status_code == 302


def test_sign_out_takes_a_form_not_a_link(client: Client, user: User) -> None:
    sign_in(client)
    assert client.get(reverse("access:sign_out")).status_code == 405
    assert client.post(reverse("access:sign_out")).status_code == 302
    assert "_auth_user_id" not in client.session
    assert TrailEntry.objects.filter(verb="user.signed_out").count() == 1


def test_after_sign_in_people_are_back_where_they_were(client: Client) -> None:
    asked = client.get(reverse("access:tokens") + "?a=1")
    assert asked.url == reverse("access:sign_in") + "?next=/account/tokens/%3Fa%3D1"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client: Client, settings) -> None:
    settings.LOGIN_REDIRECT_URL = "access:account"
    answer = client.get(
        reverse("access:tokens"),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/account/?x=1"},
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == reverse("access:sign_in") + "?next=/account/%3Fx%3D1"


def test_a_form_sent_too_late_does_not_lead_back_to_its_address(client: Client, settings) -> None:
    settings.LOGIN_REDIRECT_URL = "access:account"
    answer = client.post(reverse("access:sign_out"), headers={"Referer": "https://elsewhere.example/x"})
    assert answer.url == reverse("access:sign_in") + "?next=/account/"


def test_error_pages_are_plain_words(client: Client, user: User) -> None:
    client.force_login(user)
    missing = client.get("/no-such-page/")
    assert missing.status_code == 404
    assert "There is no page at this address" in missing.content.decode()
    refused = client.get(reverse("admin:index"))
    assert refused.status_code == 403
    assert "Your role does not allow this" in refused.content.decode()


def test_an_error_on_our_side_names_the_request(client: Client, user: User, monkeypatch) -> None:
    client.force_login(user)
    client.raise_request_exception = False
    monkeypatch.setattr("oversight.access.views.api_tokens_of", lambda **kwargs: 1 / 0)
    answer = client.get(reverse("access:tokens"))
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert answer["X-Request-ID"] in answer.content.decode()
