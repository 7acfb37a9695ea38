"""The hash over an app's rows: the same exactly when the rows are."""

from __future__ import annotations

import datetime as dt
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction

from itinstall import models as m
from itinstall.choices import AbsenceKind, EquipmentStatus, IsaStepKind, Party
from itinstall.operations import KEYS
from itinstall.services.holds import hold_begin, hold_end
from itinstall.services.isas import isa_begin, isa_step_correct
from itinstall.services.requests import entry_correct
from oversight.exchange.backup import register_contents
from oversight.exchange.backup.fingerprints import fingerprint_all
from oversight.exchange.models import Job
from oversight.trail.triggers import unlocked
from tests.factories import InstallerFactory, SiteFactory, UserFactory
from tests.itinstall.installations import SYSTEM, request_in, stage

DAY = dt.date(2026, 3, 1)
# What the database itself keeps true of a row is not to be had by changing one column.
KEPT_BY_DATABASE = {
    ("stagetransition", "kind"), ("installationrequest", "state"), ("installationrequest", "closed_on"),
}  # fmt: skip


def now() -> str:
    return fingerprint_all()["installations"].value


def fill() -> None:
    """Two rows of everything, a correction among them."""
    for number in (1, 2):
        request = request_in("isa", agreement=None)
        later = request.transitions.get(sequence=3)
        entry_correct(
            actor=SYSTEM, entry=later, on=later.on + dt.timedelta(days=1), stage=stage("isa"), reason="Letter"
        )
        why = m.HoldReason.objects.get(pk="bids")
        hold = hold_begin(actor=SYSTEM, request=request, why=why, owner=Party.VENDOR, on=DAY)
        hold_end(actor=SYSTEM, hold=hold, on=DAY + dt.timedelta(days=9))
        isa = isa_begin(actor=SYSTEM, site=request.site, kind=IsaStepKind.DRAFTED, on=DAY)
        step = isa.steps.get()
        isa_step_correct(actor=SYSTEM, step=step, kind=IsaStepKind.SENT, on=DAY, reason="Letter")
        kind = m.EquipmentKind.objects.get(pk="camera")
        m.Equipment.objects.create(
            site=request.site, request=request, kind=kind, serial=f"S{number}", status_on=DAY,
            status=EquipmentStatus.ORDERED,
        )  # fmt: skip
        days = {"begins_on": DAY, "ends_on": DAY + dt.timedelta(days=number)}
        installer = InstallerFactory()
        m.InstallerAbsence.objects.create(installer=installer, kind=AbsenceKind.LEAVE, **days)
        m.InstallationVisit.objects.create(request=request, installer=installer, **days)
        m.PublishedInstallation.objects.create(report="OIG-18-77", label=f"Bar {number}", source="p. 9")
        m.Forecast.objects.create(as_of=DAY, seed=number, runs=5, results={"p50": 1})
    m.InstallationPolicy.objects.create(
        valid_from=DAY, target_days=90, clock_start="signed", source="Memo", author=UserFactory()
    )
    UserFactory()
    Job.objects.create(kind="itinstall.forecast")
    for policy in m.InstallationPolicy.objects.all():
        policy.pausing.add("bids")
    # What rows may be made to point to without doing what the database forbids.
    m.Isa.objects.create(site=SiteFactory(), number=7)
    SiteFactory()
    m.InstallationPolicy.objects.create(
        valid_from=DAY + dt.timedelta(days=9), target_days=90, clock_start="signed", source="Memo"
    )


def other(field: Any, row: Any) -> Any:
    """Another value of the column."""
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        return field.remote_field.model._base_manager.exclude(pk=value).order_by("-pk").first().pk
    if isinstance(field, models.DateTimeField):
        return value + dt.timedelta(microseconds=1)
    if isinstance(field, models.DateField):
        return (value or dt.date(2027, 1, 1)) + dt.timedelta(days=1)
    if isinstance(value, bool):
        return not value
    if isinstance(field, models.IntegerField):
        return (value or 0) + 7
    return {"changed": 1} if isinstance(field, models.JSONField) else f"{value[:-1]}~"


def columns() -> Iterator[tuple[type[models.Model], Any]]:
    for model in apps.get_app_config("itinstall").get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if not field.primary_key:
                yield model, field


@pytest.mark.django_db
def test_any_one_value_changed_in_any_column_of_any_table_changes_the_hash() -> None:
    fill()
    before, refused = now(), set()
    for model, field in columns():
        row: Any = model._base_manager.order_by("-pk").first()
        assert row is not None, model
        with unlocked():
            try:
                seen = changed(model, row.pk, {field.attname: other(field, row)})
            except IntegrityError:
                refused.add((model._meta.model_name, field.attname))
                continue
        assert seen != before, f"{model.__name__}.{field.name}"
    assert now() == before
    assert refused == KEPT_BY_DATABASE


def changed(model: type[models.Model], pk: Any, values: dict[str, Any]) -> str:
    """The hash while the row holds `values`."""
    with transaction.atomic():
        assert model._base_manager.filter(pk=pk).update(**values) == 1
        seen = now()
        transaction.set_rollback(True)
    return seen


@pytest.mark.django_db
def test_a_row_more_or_less_changes_the_hash() -> None:
    fill()
    before = now()
    row = m.InstallerAbsence.objects.first()
    m.InstallerAbsence.objects.filter(pk=row.pk).delete()
    assert now() != before
    row.save(force_insert=True)
    assert now() == before
    row.pk = None
    row.save()
    assert now() != before


@pytest.mark.django_db
def test_rows_that_come_back_under_other_numbers_and_in_another_order_have_the_same_hash() -> None:
    fill()
    before = now()
    for old in m.Installer.objects.order_by("-pk"):
        new = m.Installer.objects.get(pk=old.pk)
        new.pk = old.pk + 1000
        new.save(force_insert=True)
        m.InstallerAbsence.objects.filter(installer=old).update(installer=new)
        m.InstallationVisit.objects.filter(installer=old).update(installer=new)
        m.Installer.objects.filter(pk=old.pk).delete()
    assert now() == before


@pytest.mark.django_db
def test_no_more_memory_is_needed_for_more_rows() -> None:
    agency = SiteFactory().agency

    def peak(n: int) -> int:
        made = m.Site.objects.count()
        m.Site.objects.bulk_create(
            m.Site(ref=f"SIT-{made + i}", agency=agency, name=f"Jail {made + i}", note="n" * 300)
            for i in range(n)
        )
        tracemalloc.start()
        now()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    few = peak(2000)
    assert peak(10_000) < few * 1.5


def test_an_app_that_does_not_say_how_its_rows_are_named_is_told() -> None:
    with pytest.raises(ValueError, match=r"Say which columns name a row of itinstall\.Site"):
        register_contents("half", app="itinstall", keys={k: v for k, v in KEYS.items() if k is not m.Site})
