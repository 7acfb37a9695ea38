"""The days that requests spent in a stage, as columns of the records behind a figure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import DateField, F, IntegerField, Max, Min, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from itinstall.facts.columns import Ordinal, entries_known
from itinstall.facts.stages import BEFORE_REQUEST

__all__ = ["visits_with_days", "with_days_in_stage"]


def visits_with_days(
    visits: QuerySet[Any], *, as_of: date, known_at: datetime | None = None
) -> QuerySet[Any]:
    """Steps that began a stage, with `left_on` (day of the next step up to `as_of`; NULL: there still) and
    `days` between."""
    return visits.annotate(left_on=_next_day(as_of, known_at)).annotate(
        days=Ordinal("left_on") - Ordinal("on")
    )


def with_days_in_stage(
    rows: QuerySet[Any], stage: str, *, as_of: date, known_at: datetime | None = None
) -> QuerySet[Any]:
    """Completed rows of `requests_of_day` with `entered_on` (the first time), `left_on` (the last) and
    `days_there`: those since the start of the clock, so that all stages add up to `elapsed`.

    `stage` may be `BEFORE_REQUEST`: from the start of the clock to the request.
    """
    if stage == BEFORE_REQUEST:
        return rows.annotate(
            entered_on=Value(None, output_field=DateField()),
            left_on=Value(None, output_field=DateField()),
            days_there=Greatest(Value(0), F("submitted") - F("clock"), output_field=IntegerField()),
        )
    visits = entries_known(known_at).filter(request=OuterRef("pk"), stage=stage, on__lte=as_of)
    visits = visits.annotate(next_on=_next_day(as_of, known_at)).order_by().values("request")
    ends = Coalesce(Ordinal("next_on"), OuterRef("until"), output_field=IntegerField())
    begins = Greatest(Ordinal("on"), OuterRef("clock"), output_field=IntegerField())
    length = Greatest(Value(0), ends - begins, output_field=IntegerField())

    def over_visits(amount: Any, field: Any) -> Subquery:
        return Subquery(visits.annotate(found=amount).values("found"), output_field=field)

    return rows.annotate(
        entered_on=over_visits(Min("on"), DateField()),
        left_on=over_visits(Max("next_on"), DateField()),
        days_there=Coalesce(over_visits(Sum(length), IntegerField()), Value(0)),
    )


def _next_day(as_of: date, known_at: datetime | None) -> Subquery:
    """Of a step: the day of the next one."""
    later = entries_known(known_at).filter(
        request=OuterRef("request"), sequence__gt=OuterRef("sequence"), on__lte=as_of
    )
    return Subquery(later.order_by("sequence").values("on")[:1], output_field=DateField())
