"""What the register answers for when the installation is looked after: backups and measurements."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max
from django.utils import timezone

from agreements.models import RosterImport
from agreements.services.verification import register_verify
from oversight.console.telemetry import Measurement, register_measurements
from oversight.exchange.backup import Fingerprint, register_fingerprint

__all__ = ["imports_measured", "register_fingerprint_of", "register_operations"]


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


def register_operations() -> None:
    """Called once, when the app is ready."""
    register_fingerprint("register", register_fingerprint_of)
    register_measurements("agreements", imports_measured)
