"""Search finds what was meant, on both databases."""

from __future__ import annotations

import pytest
from django.db import connection

from agreements.search import find_agencies
from tests.factories import AgencyFactory, UserFactory

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return [hit.title for hit in find_agencies(user=UserFactory(role="hq"), text=text, limit=5)]


def test_a_misspelled_name_finds_the_nearest_one_first():
    AgencyFactory(name="Okeechobee County Sheriff's Office")
    AgencyFactory(name="Orange County Sheriff's Office")
    AgencyFactory(name="Alma Police Department")
    assert found("Okechobee County Sheriffs Office")[0] == "Okeechobee County Sheriff's Office"
    assert found("Xyzzy") == []


def test_a_part_of_a_name_is_found_in_any_case():
    AgencyFactory(name="Okeechobee County Sheriff's Office")
    assert found("okeechobee sheriff") == ["Okeechobee County Sheriff's Office"]


@pytest.mark.postgresql
def test_names_have_an_index_of_trigrams():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%%trgm'")
        assert {name for (name,) in cursor.fetchall()} == {"agency_name_trgm", "alias_name_trgm"}
