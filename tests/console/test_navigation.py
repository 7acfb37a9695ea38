"""The navigation: every item leads somewhere, and shows what the role opens."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.urls import resolve, reverse

from oversight.access.choices import Role
from oversight.console.navigation import all_nav, navigation_for
from tests.factories import UserFactory


def labels(user, path: str = "/agencies/") -> list[str]:
    request = RequestFactory().get(path)
    request.user = user
    request.resolver_match = resolve(path)
    nav = navigation_for(request)
    return [link.label for link in (*nav.primary, *nav.more)]


@pytest.mark.parametrize("item", all_nav(), ids=lambda item: item.key)
def test_every_item_names_a_page_that_exists(item) -> None:
    assert reverse(item.url_name)


@pytest.mark.django_db
def test_a_role_sees_the_pages_that_it_opens_and_no_others() -> None:
    hq, pm = labels(UserFactory(role=Role.HQ)), labels(UserFactory(role=Role.FIELD_PM))
    assert {"Imports", "Reviews", "Agencies"} <= set(hq)
    assert "Agencies" in pm
    assert not {"Imports", "Reviews", "Administration"} & set(pm)


@pytest.mark.django_db
def test_one_item_is_marked_current_also_on_pages_below_it() -> None:
    request = RequestFactory().get("/agencies/LEA-1/life/")
    request.user = UserFactory()
    request.resolver_match = resolve("/agencies/LEA-1/life/")
    current = [link for link in navigation_for(request).primary if link.is_current]
    assert [link.label for link in current] == ["Agencies"]
    assert current[0].aria_current == "true"


@pytest.mark.django_db
def test_a_page_has_one_heading_a_skip_link_and_says_where_it_is(client) -> None:
    client.force_login(UserFactory())
    text = client.get(reverse("agreements:agency_list")).content.decode()
    assert text.count("<h1") == 1
    assert 'href="#main"' in text
    assert 'aria-current="page"' in text
    assert "ICE’s published lists" in text
