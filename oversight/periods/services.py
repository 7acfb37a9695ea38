"""Keeping the federal calendar: filled once from the law, then changed by administrators, with a trail."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.metadata import version

from django.db import transaction

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.periods.models import Holiday
from oversight.trail.services import record

__all__ = ["FIRST_YEAR", "LAST_YEAR", "holiday_change", "holiday_create", "holiday_remove", "holidays_load"]

ACTION = "reference.change"
FIRST_YEAR, LAST_YEAR = 2000, 2040
OBSERVED = "(observed)"
HALF_DAY = "half-day"
BATCH = 200


@transaction.atomic
def holidays_load() -> bool:
    """Fill an empty table of holidays; False when it has rows. Run after every migrate.

    Holidays of 5 U.S.C. 6103(a) with their observed days, and the whole days on which a President
    closed federal departments. Half days stay business days. Inauguration Day is left out: it is
    a holiday in the District of Columbia area alone (5 U.S.C. 6103(c)).
    """
    if Holiday.objects.exists():
        return False
    Holiday.objects.bulk_create(
        (
            Holiday(day=day, name=name, is_observed=observed, source=source)
            for day, name, observed, source in _seed()
        ),
        batch_size=BATCH,
    )
    return True


@cache
def _seed() -> tuple[tuple[date, str, bool, str], ...]:
    """(day, name, is it an observed day, source), in order."""
    import holidays  # heavy: not at start-up

    years = range(FIRST_YEAR, LAST_YEAR + 1)
    by_law = holidays.country_holidays("US", years=years, categories=("public",))
    closed = holidays.country_holidays("US", years=years, categories=("government",))
    library = f"as computed by the library holidays {version('holidays')}"
    law = f"5 U.S.C. 6103(a), {library}"
    in_lieu = f"5 U.S.C. 6103(b) and Executive Order 11582, {library}"
    order = f"Closing of federal departments by the President, {library}"
    rows = []
    for day, name in sorted(closed.items()):
        if HALF_DAY in name:
            continue
        observed = name.endswith(OBSERVED)
        rows.append((day, name, observed, order if day not in by_law else in_lieu if observed else law))
    return tuple(rows)


@transaction.atomic
def holiday_create(
    *, actor: Actor, day: date, name: str, source: str, is_observed: bool = False, reason: str = ""
) -> Holiday:
    """Add a holiday. Raises NotAllowed, ValidationError (also when the day is a holiday already)."""
    require(actor, ACTION)
    holiday = Holiday(day=day, name=name.strip(), source=source.strip(), is_observed=is_observed)
    holiday.full_clean()
    holiday.save()
    record(actor=actor, verb="holiday.created", obj=holiday, after=_values(holiday), reason=reason)
    return holiday


@transaction.atomic
def holiday_change(
    *, actor: Actor, holiday: Holiday, name: str, source: str, is_observed: bool, reason: str = ""
) -> Holiday:
    """Correct what is said of a holiday; its day stays. Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    holiday = Holiday.objects.select_for_update().get(pk=holiday.pk)
    before = _values(holiday)
    holiday.name, holiday.source, holiday.is_observed = name.strip(), source.strip(), is_observed
    holiday.full_clean()
    after = _values(holiday)
    changed = [field for field, value in after.items() if value != before[field]]
    if not changed:
        return holiday
    holiday.save(update_fields=changed)
    record(
        actor=actor,
        verb="holiday.changed",
        obj=holiday,
        before={field: before[field] for field in changed},
        after={field: after[field] for field in changed},
        reason=reason,
    )
    return holiday


@transaction.atomic
def holiday_remove(*, actor: Actor, holiday: Holiday, reason: str = "") -> None:
    """Take a holiday out: its day becomes a business day. It stays in the trail. Raises NotAllowed."""
    require(actor, ACTION)
    holiday = Holiday.objects.select_for_update().get(pk=holiday.pk)
    record(actor=actor, verb="holiday.deleted", obj=holiday, before=_values(holiday), reason=reason)
    holiday.delete()


def _values(holiday: Holiday) -> dict[str, object]:
    return {
        "day": holiday.day,
        "name": holiday.name,
        "is_observed": holiday.is_observed,
        "source": holiday.source,
    }
