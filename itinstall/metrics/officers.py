"""What late equipment costs: days that certified officers wait for access. Another part knows of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from itinstall.metrics.common import OIG, OfRequests, open_requests
from oversight.metrics.base import NATION, Facts, Figure, Kind, Subject
from oversight.metrics.choices import Level
from oversight.metrics.probes import ask
from oversight.metrics.registry import register

__all__ = ["PROBE", "PROBE_ITEM"]

PROBE = "training.officers_without_access"
PROBE_ITEM = (
    "officer_days"  # key of the item: days that certified officers have had no working access, in all
)
NOT_RECORDED = "officers are not recorded yet"


@register
class OfficerDaysLost(OfRequests):
    key = "itinstall.officer_days_lost"
    name = "Officer-days without working access"
    words = (
        "Calendar days that officers who are certified have waited by the day's end for working access to "
        "ICE's systems, added up over the officers who wait. The records are the open requests of all "
        "sites."
    )
    formula = "sum of (day − certified) over officers without working access"
    unit = "officer-days"
    source = f"{OIG}: without equipment officers cannot log in; restoring access takes more work"
    levels = (Level.NATION,)
    level_gaps = {}
    kind = Kind.STATISTIC
    gaps = ("it.cards",)

    def figures(self, facts: Facts) -> Iterable[Figure]:
        answer = ask(PROBE, on=facts.as_of)
        found = next((item for item in answer or () if item.key == PROBE_ITEM), None)
        if found is None:
            return [Figure(NATION, None, reason=NOT_RECORDED)]
        return [Figure(NATION, found.value, reason=found.reason[:120] if found.value is None else "")]

    def counted(self, as_of: date, known_at: datetime | None, subject: Subject) -> QuerySet[Any]:
        return open_requests(as_of, known_at)
