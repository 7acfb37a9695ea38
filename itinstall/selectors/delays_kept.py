"""What the page of delays shows, computed once for each state of the facts behind it.

Reading every request of the nation takes a second or two, so what came out is kept under a mark of all that
it was read from: as long as nobody writes, everybody sees the same. After a write it is computed anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.cache import cache
from django.db.models import BigIntegerField, F, Func, QuerySet, Subquery

from agreements.models import AgencyOffice, RegisterState
from agreements.selectors.reference import place_names
from itinstall.metrics.subjects import stage_names
from itinstall.models import Hold, InstallationRequest, StageTransition
from itinstall.selectors.delay_types import Asked, Delays
from itinstall.selectors.delays import STORED, delays, published
from oversight.metrics.models import Snapshot

__all__ = ["facts_mark", "kept_delays"]

KEPT_SECONDS = 3600
FORM = 2  # of what is kept: counted up with the classes of `delay_types`, so that none of older code is read


def kept_delays(*, asked: Asked) -> Delays:
    """`delays`, computed when somebody first looks after a write. Two queries when it is kept."""
    names = (sorted(place_names().offices.items()), list(stage_names().items()))
    told = repr((asked, facts_mark(as_of=asked.as_of), names))
    key = f"itinstall.delays.{FORM}.{hashlib.sha256(told.encode()).hexdigest()}"
    found: Delays | None = cache.get(key)
    if found is not None:
        return replace(found, published=published())
    found = delays(asked=asked)
    cache.set(key, found, KEPT_SECONDS)
    return found


def facts_mark(*, as_of: date) -> tuple[Any, ...]:
    """Other whenever something is written that the page of a day reads. One query.

    Every write of a request, its steps or its holds counts up its version: their sum grows with each, in
    whatever order two writes are committed. Lists move the version of the register (signing dates, merged
    agreements and agencies). Areas of field offices are replaced, not changed. A policy in use never changes.
    """
    snapshots = Snapshot.objects.filter(as_of=as_of, metric__in=STORED)
    parts = {
        "writes": _whole(InstallationRequest.objects.all(), "SUM", "version"),
        "requests": _whole(InstallationRequest.objects.all(), "COUNT", "pk"),
        "step": _whole(StageTransition.objects.all(), "MAX", "pk"),
        "pause": _whole(Hold.objects.all(), "MAX", "pk"),
        "areas": _whole(AgencyOffice.objects.all(), "COUNT", "pk"),
        "area": _whole(AgencyOffice.objects.all(), "MAX", "pk"),
        "figure": _whole(snapshots, "MAX", "pk"),
    }
    rows = RegisterState.objects.annotate(**parts)
    return rows.values_list("version", "updated_at", *parts).first() or ()


def _whole(rows: QuerySet[Any], function: str, column: str) -> Subquery:
    """One number over all rows, as a column of another statement."""
    field = BigIntegerField()
    number = Func(F(column), function=function, output_field=field)
    return Subquery(rows.order_by().annotate(number=number).values("number"), output_field=field)
