"""Error pages are the product's own also in development: nothing of its inside is shown."""

from __future__ import annotations

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import Http404
from django.test import Client

from oversight.access.permissions import NotAllowed
from oversight.access.views import Account
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
INSIDE = ("URLconf", "Traceback", "DEBUG", "settings", "urlpatterns")


@pytest.fixture
def debugging(settings) -> Client:
    settings.DEBUG = True
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())
    return client


def fails_with(monkeypatch, error: Exception) -> None:
    def get(self, request):
        raise error

    monkeypatch.setattr(Account, "get", get)


def shows_nothing_of_its_inside(response, heading: str) -> bool:
    text = response.content.decode()
    return heading in text and not any(word in text for word in INSIDE)


def test_an_unknown_address_is_not_found_in_the_products_words(debugging) -> None:
    response = debugging.get("/no-such-page/")
    assert response.status_code == 404
    assert shows_nothing_of_its_inside(response, "Not found")
    assert "X-Frame-Options" in response
    assert debugging.get("/account")["Location"] == "/account/", "a missing slash is still put right"


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (Http404("No agency."), 404, "Not found"),
        (SuspiciousOperation("odd"), 400, "Request not understood"),
        (NotAllowed("You may not."), 403, "Not allowed"),
    ],
)
def test_a_refusing_view_answers_in_the_products_words(
    debugging, monkeypatch, error, status, heading
) -> None:
    fails_with(monkeypatch, error)
    response = debugging.get("/account/")
    assert response.status_code == status
    assert shows_nothing_of_its_inside(response, heading)


def test_a_failure_shows_its_inside_only_to_who_develops_without_the_one_command(
    debugging, settings, monkeypatch, caplog
) -> None:
    fails_with(monkeypatch, ZeroDivisionError("a secret of the inside"))
    settings.EMBEDDED = True
    response = debugging.get("/account/")
    assert response.status_code == 500
    assert "a secret of the inside" not in response.content.decode()
    assert "a secret of the inside" in caplog.text, "it is in the log"
    settings.EMBEDDED = False
    assert "a secret of the inside" in debugging.get("/account/").content.decode()
