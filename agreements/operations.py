"""What the register answers for when the installation is looked after: backups and measurements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Max
from django.utils import timezone

from agreements.models import Publication, RosterImport
from agreements.services.verification import register_verify
from oversight.console.telemetry import Measurement, register_measurements
from oversight.exchange.backup import Fingerprint, register_fingerprint
from oversight.metrics.calendar import register_fact_days

__all__ = ["imports_measured", "list_days", "register_fingerprint_of", "register_operations"]


def register_fingerprint_of() -> Fingerprint:
    """The register's hash; a problem when its tables are not what its lists amount to."""
    result = register_verify()
    if result.is_whole:
        return Fingerprint(result.stored)
    count = len(result.differences)
    return Fingerprint(
        result.stored,
        f"The register is not what its lists amount to ({count} differences). "
        "Run `manage.py verify_register`.",
    )


def imports_measured() -> Iterator[Measurement]:
    """How long ago a list was last applied; silence means that nobody brings new ones."""
    applied = RosterImport.objects.aggregate(last=Max("applied_at"))["last"]
    seconds = (timezone.now() - applied).total_seconds() if applied else None
    yield Measurement.single(
        "oversight_last_import_age_seconds", "Since a published list was last applied.", seconds
    )


def list_days() -> list[dt.date]:
    """The days with a published list: it is then that figures of agreements move."""
    days = Publication.objects.filter(sequence__isnull=False).order_by("published_on")
    return list(days.values_list("published_on", flat=True).distinct())


def register_operations() -> None:
    """Called once, when the app is ready."""
    register_fact_days("agreements.lists", list_days)
    register_fingerprint("register", register_fingerprint_of)
    register_measurements("agreements", imports_measured)
