"""What reports publish of single installations: shown beside the register's figures, never among them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from itinstall.models import PublishedInstallation
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.trail.services import record

__all__ = ["ACTION", "published_add", "published_change", "published_load", "published_remove"]

ACTION = "parameters.change"
LINES = Path(settings.BASE_DIR) / "sample_data" / "reference" / "published_installations.csv"
NUMBERS = ("target_days", "days")


@transaction.atomic
def published_load() -> int:
    """Enter the lines of the product's own file whose report has none yet. How many were entered."""
    with LINES.open(encoding="utf-8", newline="") as file:
        lines: list[dict[str, Any]] = list(csv.DictReader(file))
    known = set(PublishedInstallation.objects.values_list("report", flat=True))
    rows = [
        PublishedInstallation(
            **{
                name: (int(value) if value else None) if name in NUMBERS else value
                for name, value in line.items()
            }
        )
        for line in lines
        if line["report"] not in known
    ]
    PublishedInstallation.objects.bulk_create(rows)
    return len(rows)


@transaction.atomic
def published_add(
    *,
    actor: Actor,
    report: str,
    label: str,
    source: str,
    fiscal_years: str = "",
    target_days: int | None = None,
    days: int | None = None,
    reason: str = "",
) -> PublishedInstallation:
    """One line of a report. `days` None: its value is not readable. Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    line = PublishedInstallation(
        report=report.strip(),
        label=label.strip(),
        source=source.strip(),
        fiscal_years=fiscal_years.strip(),
        target_days=target_days,
        days=days,
    )
    line.full_clean()
    line.save()
    record(actor=actor, verb="published_installation.added", obj=line, after=_values(line), reason=reason)
    return line


@transaction.atomic
def published_change(
    *,
    actor: Actor,
    line: PublishedInstallation,
    report: str,
    label: str,
    source: str,
    fiscal_years: str = "",
    target_days: int | None = None,
    days: int | None = None,
    reason: str,
) -> PublishedInstallation:
    """Put other words or values in place. Raises NotAllowed, ValidationError: no reason, nothing changed."""
    require(actor, ACTION)
    line = PublishedInstallation.objects.select_for_update().get(pk=line.pk)
    if not reason.strip():
        raise ValidationError({"reason": "Say why, for example which page shows it."})
    before = _values(line)
    line.report, line.label, line.source = report.strip(), label.strip(), source.strip()
    line.fiscal_years, line.target_days, line.days = fiscal_years.strip(), target_days, days
    line.full_clean()
    after = _values(line)
    changed = [key for key, value in after.items() if value != before[key]]
    if not changed:
        raise ValidationError("That is what is entered already. Change a value, or cancel.")
    line.save(update_fields=changed)
    record(
        actor=actor,
        verb="published_installation.changed",
        obj=line,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        reason=reason,
    )
    return line


@transaction.atomic
def published_remove(*, actor: Actor, line: PublishedInstallation, reason: str) -> None:
    """Take a line out; it stays in the trail. Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    line = PublishedInstallation.objects.select_for_update().get(pk=line.pk)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is removed."})
    record(actor=actor, verb="published_installation.removed", obj=line, before=_values(line), reason=reason)
    line.delete()


def _values(line: PublishedInstallation) -> dict[str, object]:
    return {
        "report": line.report,
        "label": line.label,
        "fiscal_years": line.fiscal_years,
        "target_days": line.target_days,
        "days": line.days,
        "source": line.source,
    }
