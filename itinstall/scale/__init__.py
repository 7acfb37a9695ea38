"""Made-up installations at national scale: three sites an agency, a request each, its steps, holds, ISA,
equipment, installers and their visits, some entries corrected.

Steps happen on days of published lists only, so that figures change on few days; the chance of each stage
says how many such days it lasts. Rows go in by the bulk path; tests/itinstall/test_scale.py holds a sample of
the histories against the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max, Min

from agreements.models import Agency, Agreement, FieldOffice
from agreements.scale import list_days
from itinstall.models import Installer
from itinstall.scale.rows import COLUMNS, Rows
from oversight.access.actors import system
from oversight.exchange.scale import Made, ScaleRequest, digest_of, register_scale, rows_insert
from oversight.metrics.scale import register_thin
from oversight.trail.services import Act, record_many

__all__ = ["register_scale_data", "scale_installations_make"]

WINDOW_DAYS = 30  # of the figures that look back
AGENCIES_PER_INSTALLER = 150


def register_scale_data() -> None:
    """Called once, when the app is ready."""
    register_scale(key="itinstall", order=40, make=scale_installations_make)
    register_thin("itinstall.")  # clocks run on every day


@transaction.atomic
def scale_installations_make(request: ScaleRequest) -> Made:
    """Sites, requests and all that hangs on them, for every agency. Into empty tables only."""
    rows = Rows(request)
    for agency in _agencies():
        rows.agency(*agency)
    installers = _installers(request)
    rows.add_visits([installer.pk for installer in installers])
    counts = {"installers": len(installers)}
    for model, values in rows.by_model():
        counts[str(model._meta.verbose_name_plural)] = rows_insert(model, COLUMNS[model], values)
    acts = [Act("sample.made", one, {}, {"is_synthetic": True}) for one in installers]
    record_many(actor=system("make_scale_data"), acts=acts)
    request.changed_on.update(rows.days)
    window = timedelta(days=WINDOW_DAYS)
    request.changed_on.update(day + window for day in rows.days if day + window <= request.until)
    request.tell(f"{len(rows.requests):,} installation requests, {len(rows.transitions):,} entries")
    return Made(counts, digest_of([*rows.lines, *rows.visits]))


def _agencies() -> Iterator[tuple[int, str, int | None, date]]:
    """Key, reference, the agreement that starts the clock, and the day from which something is asked for."""
    with_clock: dict[int, tuple[int, date]] = {}
    signed_ones = Agreement.objects.current().filter(signed_on__isnull=False)
    rows = signed_ones.filter(model__in=("JEM", "TFM")).order_by("signed_on", "pk")
    for agreement, agency, signed in rows.values_list("pk", "agency", "signed_on"):
        if signed is not None:
            with_clock.setdefault(agency, (agreement, signed))
    first = dict(signed_ones.order_by().values_list("agency").annotate(first=Min("signed_on")))
    for pk, ref in Agency.objects.current().order_by("ref").values_list("pk", "ref"):
        if pk in with_clock:
            yield pk, ref, *with_clock[pk]
        elif pk in first:
            yield pk, ref, None, first[pk]


def _installers(request: ScaleRequest) -> list[Installer]:
    offices = list(FieldOffice.objects.order_by("slug"))
    n = max(2, Agency.objects.count() // AGENCIES_PER_INSTALLER)
    begins = min(list_days(request.until))
    before = Installer.objects.aggregate(last=Max("pk"))["last"] or 0
    made = [
        Installer(
            pk=before + place + 1,
            name=f"Synthetic installer {place + 1:03d}",
            office=offices[place % len(offices)] if offices and place % 2 else None,
            valid_from=begins,
            is_synthetic=True,
        )
        for place in range(n)
    ]
    return Installer.objects.bulk_create(made, batch_size=500)
