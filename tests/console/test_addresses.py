"""Addresses of records, made without asking the URL configuration for each, are those that it gives."""

from __future__ import annotations

import pytest
from django.urls import reverse

from oversight.console import addresses
from oversight.console.addresses import record_url


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(addresses, "_around", {})


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("agreements:agency_detail", ["LEA-7K3Q9XZP", "LEA-00000001", "a b&c"]),
        ("agreements:publication_detail", [1, 27, 100_000]),
        ("itinstall:request_detail", ["ITR-7K3Q9XZP", "ITR-1"]),
    ],
)
def test_each_address_is_the_one_of_the_url_configuration(name, keys):
    assert [record_url(name, key) for key in [*keys, *keys]] == [
        reverse(name, args=[key]) for key in [*keys, *keys]
    ]


def test_a_key_that_stands_twice_in_an_address_teaches_nothing():
    assert record_url("agreements:agency_detail", "e") == reverse("agreements:agency_detail", args=["e"])
    assert record_url("agreements:agency_detail", "LEA-2") == reverse(
        "agreements:agency_detail", args=["LEA-2"]
    )
