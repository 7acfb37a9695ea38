"""A store is of one version of the register, whoever else imports meanwhile."""

from __future__ import annotations

import pytest

from agreements.models import Agency, PrintedRow, RegisterState
from agreements.reconciliation.reading import DatedSheet, read_dated
from agreements.reconciliation.types import Parameters
from agreements.services import store as stores
from agreements.services.imports import PreviewOutdated, roster_import
from agreements.services.store import Store
from agreements.services.verification import register_verify
from oversight.access.actors import system
from tests.agreements.importing import SAMPLE

pytestmark = pytest.mark.django_db
FIRST, SECOND = [path for path in SAMPLE if "2025" in path.name and "participating" in path.name][:2]


def read(path) -> DatedSheet:
    return read_dated(path, file_name=path.name, kind="auto", parameters=Parameters(), max_bytes=10**8)


def imported(path, store: Store) -> None:
    roster_import(actor=system("test"), store=store, dated=read(path))


def test_a_store_read_before_another_import_writes_nothing():
    early = Store.load()
    imported(FIRST, Store.load())
    version = RegisterState.objects.get(pk=1).version
    with pytest.raises(PreviewOutdated):
        imported(SECOND, early)
    assert RegisterState.objects.get(pk=1).version == version
    imported(SECOND, Store.load())
    assert register_verify().is_whole


def test_an_import_between_two_queries_of_a_load_is_noticed(monkeypatch):
    later = Store.load()
    real, meanwhile = stores._clean_rows, [lambda: imported(FIRST, later)]

    def rows():
        found = real()
        if meanwhile:
            meanwhile.pop()()  # its list is there when the lists are read, its rows were not
        return found

    monkeypatch.setattr(stores, "_clean_rows", rows)
    loaded = Store.load()
    assert loaded.version == RegisterState.objects.get(pk=1).version
    assert loaded.clean.keys() == set(PrintedRow.objects.values_list("digest", flat=True))
    assert loaded.derived().hash == RegisterState.objects.get(pk=1).hash


def test_rows_read_by_an_older_version_of_the_software_are_read_again():
    imported(FIRST, Store.load())
    before = Store.load()
    PrintedRow.objects.update(cleaning_version=0, canonical="nonsense", moa_url="")
    assert Store.load().clean == before.clean
    imported(SECOND, Store.load())
    assert not PrintedRow.objects.filter(cleaning_version=0).exists()
    assert register_verify().is_whole


def test_the_day_an_agency_was_first_listed_follows_an_earlier_list_and_is_verified():
    imported(SECOND, Store.load())
    (later,) = set(Agency.objects.values_list("first_listed_on", flat=True))
    imported(FIRST, Store.load())
    earlier = Agency.objects.filter(first_listed_on__lt=later)
    assert earlier.count() > 1
    assert register_verify().is_whole
    agency = earlier[0]
    Agency.objects.filter(pk=agency.pk).update(first_listed_on=None)
    assert register_verify().differences == (f"agency {agency.ref}: first listed",)
